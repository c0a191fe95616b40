"""The one place that speaks to Stripe. What it returns is plain data; what it raises is one of our refusals."""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from stripe.params.checkout import SessionCreateParams

from apps.core.errors import AppError

logger = logging.getLogger(__name__)

TOLERANCE_SECONDS = 300  # how old a signed delivery may be
TIMEOUT_SECONDS = 20.0
RETRIES = 2  # by the library, with the same idempotency key
EXPANDED = ["payment_intent.latest_charge.balance_transaction"]


class StripeUnavailable(AppError):
    """Stripe did not answer, or not usefully: nothing is known to have happened, and a repeat is safe."""

    code = "stripe_unavailable"
    status = 503


class StripeRefused(AppError):
    """Stripe understood the request and refused it: a repeat would be refused too."""

    code = "stripe_refused"
    status = 502


class SignatureRefused(AppError):
    """A delivery that Stripe did not sign with our secret, or too long ago."""

    code = "signature_refused"
    status = 400


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


@dataclass(frozen=True)
class Charge:
    """A charge as Stripe has it now, in minor units."""

    id: str
    payment_intent: str | None
    currency: str  # upper case
    refunded_minor: int  # in all
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Movement:
    """What Stripe moved on our balance for a dispute, in minor units; below 0 when it withdrew."""

    id: str
    currency: str  # upper case
    amount_minor: int
    fee_minor: int


@dataclass(frozen=True)
class Dispute:
    """A dispute as Stripe has it now."""

    id: str
    charge: str
    status: str  # warning_… | needs_response | under_review | won | lost | prevented
    reason: str
    currency: str  # upper case
    amount_minor: int
    movements: tuple[Movement, ...]


def session_create(
    *,
    key: str,
    lines: list[Line],
    currency: str,
    customer_email: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    reference: str,
    metadata: Mapping[str, str],
) -> Session:
    """Open a Checkout session, once per idempotency key: a repeat returns the first session.

    Raises StripeUnavailable (repeat safely) or StripeRefused.
    """
    params: SessionCreateParams = {
        "mode": "payment",
        # Cards settle at once, so the quote holds; methods that settle later need the rate of their settlement.
        "allowed_payment_method_types": ["card"],
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
        "customer_email": customer_email,
        "client_reference_id": reference,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
        "metadata": dict(metadata),
        "payment_intent_data": {"metadata": dict(metadata)},
    }
    with _stripe() as client:
        session = client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        return _session(session.to_dict())


def session_get(session_id: str) -> Session:
    """Return the session as it is now, with its payment and Stripe's fee.

    Raises StripeUnavailable or StripeRefused.
    """
    with _stripe() as client:
        return _session(client.v1.checkout.sessions.retrieve(session_id, {"expand": EXPANDED}).to_dict())


def charge_get(charge_id: str) -> Charge:
    """Return the charge as it is now. Raises StripeUnavailable or StripeRefused."""
    with _stripe() as client:
        data = client.v1.charges.retrieve(charge_id).to_dict()
    return Charge(
        id=data["id"],
        payment_intent=data.get("payment_intent"),
        currency=data["currency"].upper(),
        refunded_minor=int(data["amount_refunded"]),
        metadata=data.get("metadata") or {},
    )


def dispute_get(dispute_id: str) -> Dispute:
    """Return the dispute as it is now, with what Stripe moved for it. Raises StripeUnavailable or StripeRefused."""
    with _stripe() as client:
        data = client.v1.disputes.retrieve(dispute_id).to_dict()
    moved = data.get("balance_transactions") or []
    return Dispute(
        id=data["id"],
        charge=data["charge"],
        status=data["status"],
        reason=data.get("reason") or "",
        currency=data["currency"].upper(),
        amount_minor=int(data["amount"]),
        movements=tuple(
            Movement(row["id"], row["currency"].upper(), int(row["amount"]), int(row["fee"])) for row in moved
        ),
    )


def events_since(since: datetime, types: list[str]) -> list[dict[str, Any]]:
    """Return Stripe's events of these types created at `since` or later, oldest first.

    Raises StripeUnavailable or StripeRefused.
    """
    with _stripe() as client:
        page = client.v1.events.list({"created": {"gte": int(since.timestamp())}, "types": types, "limit": 100})
        events = [event.to_dict() for event in page.auto_paging_iter()]
    return sorted(events, key=lambda event: int(event["created"]))


def balance_net() -> dict[str, int]:
    """Return what Stripe's balance transactions add up to, net of its fees: minor units by currency.

    Raises StripeUnavailable or StripeRefused.
    """
    net: Counter[str] = Counter()
    with _stripe() as client:
        for movement in client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
            net[movement.currency.upper()] += movement.net
    return dict(net)


def event_verify(raw_body: bytes, signature: str, *, now: datetime) -> dict[str, Any]:
    """Return the event in a delivery that Stripe signed with our secret in the last five minutes.

    Raises SignatureRefused.
    """
    try:
        stripe.WebhookSignature.verify_header(raw_body, signature, settings.STRIPE_WEBHOOK_SECRET)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise SignatureRefused(
            "This delivery is not signed with this endpoint's secret; compare the signing secret in Stripe's"
            " dashboard with STRIPE_WEBHOOK_SECRET."
        ) from error
    signed_at = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
    if now.timestamp() - signed_at > TOLERANCE_SECONDS:
        raise SignatureRefused(
            "This delivery was signed more than five minutes ago; let Stripe send it again, and check this"
            " machine's clock."
        )
    try:
        event = json.loads(raw_body)
    except ValueError:
        event = None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise SignatureRefused("This delivery holds no event; subscribe the endpoint to snapshot events.")
    return event


@contextmanager
def _stripe() -> Iterator[stripe.StripeClient]:
    """Lend the client outside any transaction, and turn Stripe's errors into ours."""
    if not settings.STRIPE_SECRET_KEY:
        raise StripeUnavailable("Card payments are not set up here: STRIPE_SECRET_KEY is empty.")
    with transaction.atomic(durable=True):
        pass  # raises inside a transaction: a slow answer must never hold locks
    try:
        yield _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_URL)
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        logger.warning("Stripe refused: %s", error)
        raise StripeRefused(f"Stripe refused this: {error.user_message or error}") from error
    except stripe.StripeError as error:
        logger.warning("Stripe did not help: %s %s", type(error).__name__, error)
        raise StripeUnavailable(
            "Stripe does not answer right now, and nothing was charged; try again in a minute."
        ) from error


@cache
def _client(key: str, url: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": url},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


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
        fee=_fee(details),
    )


def _fee(intent: dict[str, Any]) -> Fee | None:
    charge = intent.get("latest_charge")
    movement = charge.get("balance_transaction") if isinstance(charge, dict) else None
    if not isinstance(movement, dict):  # Stripe books the charge a little later
        return None
    return Fee(currency=movement["currency"].upper(), amount_minor=int(movement["fee"]))
