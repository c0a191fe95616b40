"""What each type of Stripe event leads to: one table, read from top to bottom."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.payments import gateway
from apps.payments.gateway import Session, SetupSession
from apps.payments.models import TopUp
from apps.payments.services import (
    card_apply,
    card_fetch,
    customer_fetch,
    customer_forget,
    decline_apply,
    decline_fetch,
    dispute_apply,
    dispute_fetch,
    refund_apply,
    refund_fetch,
    setup_apply,
    topup_of,
)
from apps.payments.services.news import News, news_apply, payment_news


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


def session_fetch(checkout_session: dict[str, Any]) -> Session | SetupSession:
    """Return the session of a checkout.session event as Stripe has it now."""
    if checkout_session.get("mode") == "setup":
        return gateway.setup_session_get(checkout_session["id"])
    return gateway.session_get(checkout_session["id"])


def session_apply(session: Session | SetupSession, /, *, now: datetime) -> None:
    """Credit what a session paid, or keep the card it brought."""
    if isinstance(session, SetupSession):
        setup_apply(session, now=now)
    else:
        news_apply(session, now=now)


def news_of_payment(payment: dict[str, Any]) -> News | None:
    """Return what Stripe has of the top-up that an intent or a charge belongs to, or None while that is not known.

    The session's own events tell the same payment, so nothing is lost then. Raises Parked for foreign ones.
    """
    topup = TopUp.objects.filter(id=topup_of(payment.get("metadata") or {})).first()
    if topup is None:
        return None
    intent = payment["id"] if payment.get("object") == "payment_intent" else payment.get("payment_intent")
    return payment_news(topup, intent=intent)


CHECKOUT = Handler(fetch=session_fetch, apply=session_apply)
PAYMENT = Handler(fetch=news_of_payment, apply=news_apply)
DECLINE = Handler(fetch=decline_fetch, apply=decline_apply)
REFUND = Handler(fetch=refund_fetch, apply=refund_apply)
DISPUTE = Handler(fetch=dispute_fetch, apply=dispute_apply)
CARD = Handler(fetch=card_fetch, apply=card_apply)
CUSTOMER = Handler(fetch=customer_fetch, apply=customer_forget)

HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": CHECKOUT,
    "checkout.session.async_payment_succeeded": CHECKOUT,
    "checkout.session.async_payment_failed": CHECKOUT,
    "checkout.session.expired": CHECKOUT,
    "payment_intent.succeeded": PAYMENT,
    "payment_intent.payment_failed": DECLINE,  # at Checkout the person tries again, and each try is counted
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
    "payment_method.attached": CARD,
    "payment_method.updated": CARD,
    "payment_method.automatically_updated": CARD,  # the bank sent a new card with another date
    "payment_method.detached": CARD,
    "customer.deleted": CUSTOMER,
}
