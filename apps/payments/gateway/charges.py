"""Charges: what paid a top-up."""

from collections.abc import Mapping
from dataclasses import dataclass

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
