"""What each type of Stripe event leads to: one table, read from top to bottom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.payments import gateway
from apps.payments.gateway import Session
from apps.payments.models import TopUp
from apps.payments.services import (
    dispute_apply,
    dispute_fetch,
    refund_apply,
    refund_fetch,
    session_apply,
    topup_of,
)


class Apply(Protocol):
    """Writes what was fetched, inside the transaction that marks the event as handled."""

    def __call__(self, fetched: Any, /, *, now: datetime) -> object: ...


@dataclass(frozen=True)
class Handler:
    """Two steps, so that no network call happens in a transaction: fetch the truth, then apply it.

    `fetch` gets the event's object and returns None when there is nothing to apply.
    """

    fetch: Callable[[dict[str, Any]], Any]
    apply: Apply


def session_fetch(checkout_session: dict[str, Any]) -> Session:
    """Return the session of a checkout.session event as Stripe has it now."""
    return gateway.session_get(checkout_session["id"])


def session_of_payment(payment: dict[str, Any]) -> Session | None:
    """Return the session that an intent or a charge belongs to, or None while we do not know its session.

    The session's own events tell the same payment, so nothing is lost then. Raises Parked for foreign ones.
    """
    topup = TopUp.objects.filter(id=topup_of(payment.get("metadata") or {})).first()
    if topup is None or topup.stripe_session_id is None:
        return None
    return gateway.session_get(topup.stripe_session_id)


CHECKOUT = Handler(fetch=session_fetch, apply=session_apply)
PAYMENT = Handler(fetch=session_of_payment, apply=session_apply)
REFUND = Handler(fetch=refund_fetch, apply=refund_apply)
DISPUTE = Handler(fetch=dispute_fetch, apply=dispute_apply)

HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": CHECKOUT,
    "checkout.session.async_payment_succeeded": CHECKOUT,
    "checkout.session.async_payment_failed": CHECKOUT,
    "checkout.session.expired": CHECKOUT,
    "payment_intent.succeeded": PAYMENT,
    "charge.updated": PAYMENT,  # Stripe's fee is often booked a moment after the payment
    "charge.refunded": REFUND,
    "refund.created": REFUND,
    "refund.updated": REFUND,
    "refund.failed": REFUND,
    "charge.dispute.created": DISPUTE,
    "charge.dispute.updated": DISPUTE,
    "charge.dispute.closed": DISPUTE,
    "charge.dispute.funds_withdrawn": DISPUTE,
    "charge.dispute.funds_reinstated": DISPUTE,
}
