"""Charges: what paid a top-up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class Charge:
    """A charge as Stripe has it now."""

    id: str
    payment_intent: str | None
    currency: str  # upper case
    metadata: Mapping[str, str]


def charge_get(charge_id: str) -> Charge:
    """Return the charge as it is now. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        data = client.v1.charges.retrieve(charge_id).to_dict()
    return Charge(
        id=data["id"],
        payment_intent=data.get("payment_intent"),
        currency=data["currency"].upper(),
        metadata=data.get("metadata") or {},
    )


@dataclass(frozen=True)
class Outcome:
    """What came of one charge: whose card, what Radar says of it, and why it was refused, if it was."""

    charge: str
    fingerprint: str  # Stripe's word for one card, whoever has it
    risk_level: str  # normal | elevated | highest | not_assessed | unknown
    risk_score: int | None
    code: str  # why it was refused; "" where it was not
    payment_intent: str | None = None
    metadata: Mapping[str, str] | None = None


def outcome_get(charge_id: str) -> Outcome:
    """Return what came of the charge. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        return outcome_read(client.v1.charges.retrieve(charge_id).to_dict())


def outcome_of(intent: Mapping[str, Any]) -> Outcome | None:
    """Return what came of an intent's latest charge, where that came expanded."""
    charge = intent.get("latest_charge")
    return outcome_read(charge) if isinstance(charge, dict) else None


def outcome_read(charge: dict[str, Any]) -> Outcome:
    """Return the outcome that a charge of Stripe's tells."""
    details = charge.get("payment_method_details") or {}
    card, told = details.get(details.get("type") or "") or {}, charge.get("outcome") or {}
    score, failed = told.get("risk_score"), charge.get("status") == "failed"
    return Outcome(
        charge=charge["id"],
        fingerprint=str(card.get("fingerprint") or "")[:64],
        risk_level=str(told.get("risk_level") or "")[:20],
        risk_score=score if isinstance(score, int) and 0 <= score <= 1_000 else None,
        code=str(told.get("reason") or charge.get("failure_code") or "")[:60] if failed else "",
        payment_intent=charge.get("payment_intent"),
        metadata=charge.get("metadata") or {},
    )
