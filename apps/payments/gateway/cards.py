"""Cards kept at Stripe, and the hosted page on which a person has one kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.payments.gateway.client import SessionCreateParams, StripeRefused, stripe_client


@dataclass(frozen=True)
class KeptCard:
    """A payment method as Stripe has it now; what is no card has no brand."""

    id: str
    customer: str | None  # None once it was removed: Stripe never gives such a one back
    brand: str
    last4: str
    expires_month: int
    expires_year: int
    country: str


@dataclass(frozen=True)
class SetupSession:
    """A Checkout session that keeps a card, as Stripe has it now."""

    id: str
    url: str
    status: str  # open | complete | expired
    metadata: Mapping[str, str]
    card: KeptCard | None  # once it is complete


def setup_session_create(
    *,
    key: str,
    customer: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    metadata: Mapping[str, str],
) -> SetupSession:
    """Open a page that keeps a card for charges without its holder, once per idempotency key.

    Raises StripeUnavailable (repeat safely) or StripeRefused.
    """
    params: SessionCreateParams = {
        "mode": "setup",
        "allowed_payment_method_types": ["card"],
        "customer": customer,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "metadata": dict(metadata),
        "setup_intent_data": {"metadata": dict(metadata)},
    }
    with stripe_client() as client:
        return _setup(client.v1.checkout.sessions.create(params, {"idempotency_key": key}).to_dict())


def setup_session_get(session_id: str) -> SetupSession:
    """Return the session as it is now, with the card it kept. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        expanded = {"expand": ["setup_intent.payment_method"]}
        return _setup(client.v1.checkout.sessions.retrieve(session_id, expanded).to_dict())  # type: ignore[arg-type]


def card_get(payment_method: str) -> KeptCard:
    """Return the payment method as it is now. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        return _card(client.v1.payment_methods.retrieve(payment_method).to_dict())


def card_detach(payment_method: str) -> None:
    """Have Stripe forget the card of its customer; one that it has forgotten before is no error.

    Raises StripeUnavailable or StripeRefused.
    """
    try:
        with stripe_client() as client:
            client.v1.payment_methods.detach(payment_method)
    except StripeRefused:
        if card_get(payment_method).customer is not None:
            raise


def _setup(data: dict[str, Any]) -> SetupSession:
    intent = data.get("setup_intent")
    method = intent.get("payment_method") if isinstance(intent, dict) else None
    return SetupSession(
        id=data["id"],
        url=data.get("url") or "",
        status=data.get("status") or "",
        metadata=data.get("metadata") or {},
        card=_card(method) if isinstance(method, dict) and data.get("status") == "complete" else None,
    )


def _card(data: dict[str, Any]) -> KeptCard:
    card = data.get("card") or {}
    return KeptCard(
        id=data["id"],
        customer=data.get("customer"),
        brand=card.get("brand") or "",
        last4=card.get("last4") or "",
        expires_month=int(card.get("exp_month") or 0),
        expires_year=int(card.get("exp_year") or 0),
        country=card.get("country") or "",
    )
