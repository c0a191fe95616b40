"""Charges, with what was refunded of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class Charge:
    """A charge as Stripe has it now, in minor units."""

    id: str
    payment_intent: str | None
    currency: str  # upper case
    refunded_minor: int  # in all
    metadata: Mapping[str, str]


def charge_get(charge_id: str) -> Charge:
    """Return the charge as it is now. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        data = client.v1.charges.retrieve(charge_id).to_dict()
    return Charge(
        id=data["id"],
        payment_intent=data.get("payment_intent"),
        currency=data["currency"].upper(),
        refunded_minor=int(data["amount_refunded"]),
        metadata=data.get("metadata") or {},
    )
