"""Money that goes back: reserved, refunded (as the provider tells it: cumulative, at times twice), or not."""

from datetime import datetime
from typing import Any

from apps.billing.models import CreditNoteDue
from apps.billing.services import refund_bounced, refund_cancel, refund_repaid, refund_reserve, topup_refund
from apps.billing.services.credit_notes import credit_note_number
from tests.simulation.world import Operation, World


def paid(world: World) -> str | None:
    """Return a top-up that was credited; half of the time a young one, so that acts on one meet."""
    found = [topup for topup, payment in world.payments.items() if payment.credited]
    return world.chance.choice(found[-2:] if world.chance.random() < 0.5 else found) if found else None


def reserved(world: World) -> Operation | None:
    """Return the start of a refund."""
    topup = paid(world)
    if topup is None:
        return None
    payment, key = world.payments[topup], world.name("refund")
    minor, exceed = world.chance.randrange(1, payment.quote.total_minor + 1), world.chance.random() < 0.2

    def run(now: datetime) -> Any:
        return refund_reserve(
            topup_id=topup, gross_minor=minor, key=key, reason="simulated", now=now, exceed=exceed
        )

    def done(result: Any) -> None:
        world.refunds[key] = topup

    return Operation("refund_reserve", run, payment.place, done)


def refunded(world: World) -> Operation | None:
    """Return the provider's news of what was refunded in all."""
    topup = paid(world)
    if topup is None:
        return None
    payment = world.payments[topup]
    minor = world.chance.randrange(1, payment.quote.total_minor + 1)

    def run(now: datetime) -> Any:
        return topup_refund(topup_id=topup, refunded_minor=minor, now=now)

    def done(result: Any) -> None:
        payment.refunded_minor = max(payment.refunded_minor, minor)

    return Operation("topup_refund", run, payment.place, done)


def cancelled(world: World) -> Operation | None:
    """Return the end of a refund that the provider did not make."""
    if not world.refunds:
        return None
    key = world.chance.choice(list(world.refunds))
    place = world.payments[world.refunds[key]].place
    return Operation("refund_cancel", lambda now: refund_cancel(key=key, now=now), place)


def bounced(world: World) -> Operation | None:
    """Return a refund that the customer's bank sent back: it is owed again."""
    refunded_ones = [topup for topup, payment in world.payments.items() if payment.refunded_minor]
    if not refunded_ones:
        return None
    topup, reference = world.chance.choice(refunded_ones), world.name("re")
    payment = world.payments[topup]
    currency, minor = payment.quote.currency, world.chance.randrange(1, payment.refunded_minor + 1)

    def run(now: datetime) -> Any:
        return refund_bounced(topup_id=topup, currency=currency, minor=minor, reference=reference, now=now)

    def done(result: Any) -> None:
        world.bounced[reference] = (topup, currency, minor)

    return Operation("refund_bounced", run, payment.place, done)


def repaid(world: World) -> Operation | None:
    """Return its payment another way, from the bank."""
    if not world.bounced:
        return None
    reference = world.chance.choice(list(world.bounced))
    topup, currency, minor = world.bounced[reference]

    def run(now: datetime) -> Any:
        return refund_repaid(
            topup_id=topup, currency=currency, minor=minor, key=reference, reference="transfer", now=now
        )

    return Operation(
        "refund_repaid", run, None, lambda result: world.repaid.update({reference: (currency, minor)})
    )


def numbered(world: World) -> Operation | None:
    """Return the numbering of a credit note that is due, perhaps one that has its number; mostly of a young one."""
    dues = CreditNoteDue.objects.order_by("-created_at", "-id").values_list("id", flat=True)
    found = list(dues[: 2 if world.chance.random() < 0.8 else 20])
    if not found:
        return None
    due_id = world.chance.choice(found)
    return Operation("credit_note_number", lambda now: credit_note_number(credit_note_due_id=due_id, now=now))


OFFERS = [(2, reserved), (1, refunded), (1, cancelled), (0.4, bounced), (0.4, repaid), (1, numbered)]
