"""Checkout sessions: opened once per idempotency key, read as Stripe has them now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.payments.gateway.charges import Outcome, outcome_of
from apps.payments.gateway.client import SessionCreateParams, stripe_client

SHOWN = ["always", "limited", "unspecified"]  # whichever way a card came to be kept
EXPANDED = ["payment_intent.latest_charge.balance_transaction"]


@dataclass(frozen=True)
class Line:
    """One line of what the person pays at Checkout, in minor units."""

    name: str
    amount_minor: int


@dataclass(frozen=True)
class Fee:
    """What Stripe kept of a charge, in minor units of the currency it settles in."""

    currency: str
    amount_minor: int


@dataclass(frozen=True)
class Session:
    """A Checkout session as Stripe has it now."""

    id: str
    url: str
    status: str  # open | complete | expired
    payment_status: str  # unpaid | paid | no_payment_required
    currency: str  # upper case
    total_minor: int
    metadata: Mapping[str, str]
    payment_intent: str | None
    payment_error: str  # what the bank last said, as Stripe words it for the payer
    payment_failed: bool  # the intent can no longer be paid through this session
    fee: Fee | None
    country: str = ""  # of the card or account that paid, as an ISO 3166 code
    outcome: Outcome | None = None  # of the latest charge


def session_create(
    *,
    key: str,
    lines: list[Line],
    currency: str,
    customer: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    reference: str,
    metadata: Mapping[str, str],
    method: str = "card",
    keep_card: bool = False,
    note: str = "",
) -> Session:
    """Open a Checkout session, once per idempotency key: a repeat returns the first session.

    `note` stands at the button that pays; `keep_card` keeps the card for charges while its holder is away. Paid by
    card, the page offers the customer's kept cards, and without `keep_card` to keep the one that is typed.

    Raises StripeUnavailable (repeat safely) or StripeRefused.
    """
    params: SessionCreateParams = {
        "mode": "payment",
        # One method a session: whether the rate holds or is that of the settlement was said before it was chosen.
        "allowed_payment_method_types": [method],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency.lower(),
                    "unit_amount": line.amount_minor,
                    "product_data": {"name": line.name},
                },
            }
            for line in lines
        ],
        "customer": customer,
        "client_reference_id": reference,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "metadata": dict(metadata),
        "payment_intent_data": {"metadata": dict(metadata)},
    }
    if method == "card":
        # Checkout offers the customer's kept cards, and to keep another unless that was chosen before.
        params["saved_payment_method_options"] = {"allow_redisplay_filters": SHOWN}
        if not keep_card:
            params["saved_payment_method_options"]["payment_method_save"] = "enabled"
    if keep_card:
        params["payment_intent_data"] = {"metadata": dict(metadata), "setup_future_usage": "off_session"}
    if note:
        params["custom_text"] = {"submit": {"message": note}}
    with stripe_client() as client:
        session = client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return _session(session.to_dict())


def session_get(session_id: str) -> Session:
    """Return the session as it is now, with its payment and Stripe's fee.

    Raises StripeUnavailable or StripeRefused.
    """
    with stripe_client() as client:
        return _session(client.v1.checkout.sessions.retrieve(session_id, {"expand": EXPANDED}).to_dict())


def _session(data: dict[str, Any]) -> Session:
    intent = data.get("payment_intent")
    details = intent if isinstance(intent, dict) else {}
    error = details.get("last_payment_error") or {}
    return Session(
        id=data["id"],
        url=data.get("url") or "",
        status=data.get("status") or "",
        payment_status=data.get("payment_status") or "",
        currency=(data.get("currency") or "").upper(),
        total_minor=int(data.get("amount_total") or 0),
        metadata=data.get("metadata") or {},
        payment_intent=details.get("id") if details else intent,
        payment_error=error.get("message") or "",
        payment_failed=details.get("status") in ("requires_payment_method", "canceled"),
        fee=fee_of(details),
        country=country_of(details),
        outcome=outcome_of(details),
    )


def country_of(intent: dict[str, Any]) -> str:
    """Return the country of the card or account that paid an intent whose charge came expanded, or ""."""
    charge = intent.get("latest_charge")
    details = (charge.get("payment_method_details") or {}) if isinstance(charge, dict) else {}
    return (details.get(details.get("type") or "") or {}).get("country") or ""


def fee_of(intent: dict[str, Any]) -> Fee | None:
    """Return Stripe's fee of an intent whose charge came expanded; None while it is not booked."""
    charge = intent.get("latest_charge")
    movement = charge.get("balance_transaction") if isinstance(charge, dict) else None
    if not isinstance(movement, dict):  # Stripe books the charge a little later
        return None
    return Fee(currency=movement["currency"].upper(), amount_minor=int(movement["fee"]))
