"""Payments that a bank takes back: opened, won, lost, and what the provider moves meanwhile."""

from datetime import datetime
from typing import Any

from apps.billing.services import dispute_funds_post, dispute_lost, dispute_open, dispute_won
from tests.simulation.operations.refunds import paid
from tests.simulation.world import Operation, World


def opened(world: World) -> Operation | None:
    """Return a new dispute."""
    topup = paid(world)
    if topup is None:
        return None
    payment, key = world.payments[topup], world.name("dp")
    minor = world.chance.choice([payment.quote.total_minor, payment.quote.total_minor // 2])

    def run(now: datetime) -> Any:
        return dispute_open(topup_id=topup, gross_minor=minor, key=key, reason="fraudulent", now=now)

    def done(result: Any) -> None:
        world.disputes[key] = topup

    return Operation("dispute_open", run, payment.place, done)


def won(world: World) -> Operation | None:
    """Return a bank's decision for us."""
    return _decided(world, "dispute_won", dispute_won)


def lost(world: World) -> Operation | None:
    """Return a bank's decision against us."""
    return _decided(world, "dispute_lost", dispute_lost)


def _decided(world: World, name: str, act: Any) -> Operation | None:
    if not world.disputes:
        return None
    key = world.chance.choice(list(world.disputes))
    place = world.payments[world.disputes[key]].place
    return Operation(name, lambda now: act(key=key, now=now), place)


def funds(world: World) -> Operation | None:
    """Return money that the provider withdrew or returned for a dispute."""
    if not world.disputes:
        return None
    key, name = world.chance.choice(list(world.disputes)), world.name("txn")
    payment = world.payments[world.disputes[key]]
    amount = world.chance.choice([-1, 1]) * payment.quote.total_minor
    fee = world.chance.choice([0, 2_000])

    def run(now: datetime) -> Any:
        return dispute_funds_post(key=key, balance_transaction=name, amount_minor=amount, fee_minor=fee, now=now)

    def done(result: Any) -> None:
        world.dispute_funds[name] = (payment.quote.currency, amount, fee)

    return Operation("dispute_funds_post", run, payment.place, done)


OFFERS = [(1, opened), (0.6, won), (0.6, lost), (0.6, funds)]
