"""Refunds of a charge, as Stripe has them now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class StripeRefund:
    """One refund as Stripe has it now, in minor units."""

    id: str
    charge: str
    status: str  # pending | requires_action | succeeded | failed | canceled
    currency: str  # upper case
    amount_minor: int
    moved: bool  # the money left our balance
    returned: bool  # and came back to it
    failure: str
    metadata: Mapping[str, str]

    @property
    def failed(self) -> bool:
        """Whether it will never arrive."""
        return self.status in ("failed", "canceled")


def refund_create(
    *, key: str, payment_intent: str, amount_minor: int, metadata: Mapping[str, str]
) -> StripeRefund:
    """Send money of a payment back, once per idempotency key. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        made = client.v1.refunds.create(
            {"payment_intent": payment_intent, "amount": amount_minor, "metadata": dict(metadata)},
            {"idempotency_key": key},
        )
        return _refund(made.to_dict())


def refund_find(*, payment_intent: str, refund_id: str) -> StripeRefund | None:
    """Return the payment's refund that carries this id of ours, or None. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        listed = client.v1.refunds.list({"payment_intent": payment_intent, "limit": 100})
        found = [_refund(item.to_dict()) for item in listed.auto_paging_iter()]
    return next((refund for refund in found if refund.metadata.get("refund_id") == refund_id), None)


def refunds_of(charge_id: str) -> tuple[StripeRefund, ...]:
    """Return every refund of a charge, oldest first. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        listed = client.v1.refunds.list({"charge": charge_id, "limit": 100})
        return tuple(reversed([_refund(item.to_dict()) for item in listed.auto_paging_iter()]))


def _refund(data: dict[str, Any]) -> StripeRefund:
    return StripeRefund(
        id=data["id"],
        charge=str(data.get("charge") or ""),
        status=data.get("status") or "",
        currency=data["currency"].upper(),
        amount_minor=int(data["amount"]),
        moved=bool(data.get("balance_transaction")),
        returned=bool(data.get("failure_balance_transaction")),
        failure=str(data.get("failure_reason") or "").replace("_", " "),
        metadata=data.get("metadata") or {},
    )
