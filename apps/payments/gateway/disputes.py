"""Disputes, with what Stripe moved on our balance for them, and the evidence we hand in."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class Movement:
    """What Stripe moved on our balance for a dispute, in minor units; below 0 when it withdrew."""

    id: str
    currency: str  # upper case
    amount_minor: int
    fee_minor: int


@dataclass(frozen=True)
class StripeDispute:
    """A dispute as Stripe has it now."""

    id: str
    charge: str
    status: str  # warning_… | needs_response | under_review | won | lost | prevented
    reason: str
    currency: str  # upper case
    amount_minor: int
    opened_at: datetime
    due_at: datetime | None  # until when evidence can be handed in
    submitted: bool
    movements: tuple[Movement, ...]


def dispute_get(dispute_id: str) -> StripeDispute:
    """Return the dispute as it is now, with what Stripe moved for it. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        return _dispute(client.v1.disputes.retrieve(dispute_id).to_dict())


def evidence_upload(*, key: str, name: str, content: bytes) -> str:
    """Upload one PDF as evidence, once per idempotency key; return its id at Stripe.

    Raises StripeUnavailable or StripeRefused.
    """
    file = io.BytesIO(content)
    file.name = name
    with stripe_client() as client:
        return client.v1.files.create({"purpose": "dispute_evidence", "file": file}, {"idempotency_key": key}).id


def evidence_submit(*, key: str, dispute_id: str, evidence: Mapping[str, str]) -> StripeDispute:
    """Hand the evidence in, which can be done once. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        answer = client.v1.disputes.update(
            dispute_id, {"evidence": cast(Any, dict(evidence)), "submit": True}, {"idempotency_key": key}
        )
        return _dispute(answer.to_dict())


def _dispute(data: dict[str, Any]) -> StripeDispute:
    details = data.get("evidence_details") or {}
    due = details.get("due_by")
    return StripeDispute(
        id=data["id"],
        charge=data["charge"],
        status=data["status"],
        reason=data.get("reason") or "",
        currency=data["currency"].upper(),
        amount_minor=int(data["amount"]),
        opened_at=datetime.fromtimestamp(data["created"], UTC),
        due_at=datetime.fromtimestamp(due, UTC) if due else None,
        submitted=bool(details.get("submission_count")),
        movements=tuple(
            Movement(row["id"], row["currency"].upper(), int(row["amount"]), int(row["fee"]))
            for row in data.get("balance_transactions") or []
        ),
    )
