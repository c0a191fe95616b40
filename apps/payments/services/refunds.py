"""Refunds at Stripe, written into billing's books."""

from datetime import datetime
from typing import Any

from apps.billing.services import topup_refund
from apps.payments.errors import Parked
from apps.payments.services.reversals import Reversed, parking, reversal_topup, reversed_of


def refund_fetch(thing: dict[str, Any]) -> Reversed:
    """Return the charge of a charge's or a refund's event as Stripe has it now. Raises as `reversed_of`."""
    charge_id = thing["id"] if thing.get("object") == "charge" else thing.get("charge")
    if not charge_id:
        raise Parked("This refund names no charge.")
    return reversed_of(str(charge_id))


def refund_apply(fetched: Reversed, *, now: datetime) -> None:
    """Book what Stripe refunded of the charge in all; repeats and old news change nothing. Raises Parked."""
    topup = reversal_topup(fetched, now=now)
    if fetched.charge.refunded_minor:
        with parking(topup):
            topup_refund(topup_id=topup.id, refunded_minor=fetched.charge.refunded_minor, now=now)


def refund_failed_apply(fetched: Reversed, *, now: datetime) -> None:
    """Leave a refund that the bank sent back to a person: it may be booked, and the customer has no money."""
    topup = reversal_topup(fetched, now=now)
    raise Parked("The bank sent a refund back; pay it another way, or book it back by hand.", topup_id=topup.id)
