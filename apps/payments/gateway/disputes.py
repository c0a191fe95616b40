"""Disputes, with what Stripe moved on our balance for them."""

from dataclasses import dataclass

from apps.payments.gateway.client import stripe_client


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


def dispute_get(dispute_id: str) -> Dispute:
    """Return the dispute as it is now, with what Stripe moved for it. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
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
