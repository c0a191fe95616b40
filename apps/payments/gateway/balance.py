"""Our balance at Stripe."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.payments.gateway.client import stripe_client


@dataclass(frozen=True)
class BalanceMovement:
    """One balance transaction, in minor units; `source` is the object it is of, as far as Stripe names it."""

    id: str
    type: str
    currency: str  # upper case
    amount_minor: int
    fee_minor: int
    at: datetime
    source: str
    source_kind: str  # charge | refund | dispute | … as Stripe calls it; "" where there is none
    payment_intent: str
    refund_id: str  # ours, of a refund that was asked for here


def balance_net() -> dict[str, int]:
    """Return what Stripe's balance transactions add up to, net of its fees: minor units by currency.

    Raises StripeUnavailable or StripeRefused.
    """
    net: Counter[str] = Counter()
    with stripe_client() as client:
        for movement in client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
            net[movement.currency.upper()] += movement.net
    return dict(net)


def balance_movements(
    *, since: datetime | None, until: datetime, type: str | None = None
) -> Iterator[BalanceMovement]:
    """Yield Stripe's balance transactions, of a type or all, made from `since` (or ever) until before `until`.

    They are read page by page, newest first.

    Raises StripeUnavailable or StripeRefused.
    """
    span: dict[str, int] = {"lt": int(until.timestamp())}
    if since is not None:
        span["gte"] = int(since.timestamp())
    asked: Any = {"limit": 100, "created": span, "expand": ["data.source"]}
    if type is not None:
        asked["type"] = type
    with stripe_client() as client:
        listed = client.v1.balance_transactions.list(asked)
        for movement in listed.auto_paging_iter():
            yield _movement(movement.to_dict())


def _movement(data: dict[str, Any]) -> BalanceMovement:
    source = data.get("source")
    thing: dict[str, Any] = source if isinstance(source, dict) else {"id": source or ""}
    return BalanceMovement(
        id=data["id"],
        type=data.get("type") or "",
        currency=data["currency"].upper(),
        amount_minor=int(data["amount"]),
        fee_minor=int(data.get("fee") or 0),
        at=datetime.fromtimestamp(data["created"], UTC),
        source=thing["id"],
        source_kind=thing.get("object") or "",
        payment_intent=str(thing.get("payment_intent") or ""),
        refund_id=str((thing.get("metadata") or {}).get("refund_id") or ""),
    )
