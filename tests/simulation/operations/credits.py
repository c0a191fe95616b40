"""Credits that are given, redeemed, moved, or expire."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from apps.billing.models import Lot
from apps.billing.services import (
    Purse,
    credits_move,
    goodwill_give,
    lot_grant,
    lots_expire,
    trial_extend,
    voucher_redeem,
)
from tests.simulation.world import CREDIT, Operation, World


def granted(world: World) -> Operation:
    """Return a gift of credits."""
    place, chance, key = world.place(), world.chance, world.name("grant")
    micro, days = chance.randrange(1, 30 * CREDIT), chance.choice([None, 1, 7, 30])
    expires_at = world.now + timedelta(days=days) if days else None

    def run(now: datetime) -> Any:
        return lot_grant(
            organisation_id=place.organisation.id,
            kind=Lot.Kind.PROMOTIONAL,
            micro=micro,
            key=key,
            now=now,
            expires_at=expires_at,
        )

    return Operation("lot_grant", run, place)


def goodwill(world: World) -> Operation:
    """Return credits that staff give; many of them only ask for a second person."""
    place, chance = world.place(), world.chance
    micro = chance.choice([chance.randrange(1, 20 * CREDIT), chance.randrange(1, 2_000 * CREDIT)])
    goodwill_id, days = uuid.UUID(bytes=chance.randbytes(16), version=4), chance.choice([None, 7])

    def run(now: datetime) -> Any:
        return goodwill_give(
            goodwill_id=goodwill_id,
            organisation_id=place.organisation.id,
            micro=micro,
            credit_days=days,
            reason="simulated",
            actor=world.staff,
            now=now,
        )

    def done(result: Any) -> None:
        if result.approval_id is None:
            world.goodwill[str(goodwill_id)] = micro

    return Operation("goodwill_give", run, place, done)


def lengthened(world: World) -> Operation:
    """Return a trial that staff make longer, mostly with more credits; much of it only asks for a second person."""
    place, chance = world.place(), world.chance
    extension_id, days = uuid.UUID(bytes=chance.randbytes(16), version=4), chance.randrange(1, 100)
    micro = chance.choice([0, chance.randrange(1, 20 * CREDIT)])

    def run(now: datetime) -> Any:
        return trial_extend(
            extension_id=extension_id,
            organisation_id=place.organisation.id,
            days=days,
            micro=micro,
            reason="simulated",
            actor=world.staff,
            now=now,
        )

    return Operation("trial_extend", run, place)


def redeemed(world: World) -> Operation:
    """Return the use of a voucher, which is good for fewer organisations than there are."""
    place, code = world.place(), world.chance.choice(world.codes)

    def run(now: datetime) -> Any:
        return voucher_redeem(membership=place.owner, code=code, actor=place.actor, now=now)

    return Operation("voucher_redeem", run, place)


def moved(world: World) -> Operation:
    """Return a move of credits between two purses of one owner, or an attempt between strangers'."""
    chance, key = world.chance, world.name("move")
    place, other = chance.choice(world.places), chance.choice(world.places)
    source = Purse(place.organisation, chance.choice([None, None, *place.projects]))
    target = Purse(other.organisation, chance.choice([None, *other.projects]))
    micro = chance.randrange(1, 20 * CREDIT)

    def run(now: datetime) -> Any:
        return credits_move(
            source=source,
            target=target,
            membership=place.owner,
            micro=micro,
            key=key[-60:],
            actor=place.actor,
            now=now,
        )

    return Operation("credits_move", run, place)


def expired(world: World) -> Operation:
    """Return the sweep of credits whose time is over."""
    return Operation("lots_expire", lambda now: lots_expire(now=now))


OFFERS = [(4, granted), (1, goodwill), (1, lengthened), (2, redeemed), (4, moved), (2, expired)]
