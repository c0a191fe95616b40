"""Questions about days and items."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from apps.core.errors import NotFound
from apps.support.reconciliation.models import ReconciliationDay, ReconciliationItem

AGES = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
DAYS_SHOWN, ITEMS_SHOWN = 62, 200
Item = ReconciliationItem
OPEN = Q(matched_at=None, resolved_at=None)
MATCHED, RESOLVED = Q(matched_at__isnull=False), Q(matched_at=None, resolved_at__isnull=False)


@dataclass(frozen=True)
class Row:
    """A day with how many of its items matched, are open, and were resolved by hand."""

    day: ReconciliationDay
    matched: int = 0
    open: int = 0
    resolved: int = 0


@dataclass(frozen=True)
class Figure:
    """What one side tells of a kind on one day: counts and amounts, matched and not."""

    pair: str
    kind: str
    side: str
    currency: str
    matched: int
    matched_amount: int
    unmatched: int
    unmatched_amount: int


@dataclass(frozen=True)
class DayView:
    """A day with its figures and its items that did not match."""

    row: Row
    figures: Sequence[Figure]
    items: Sequence[ReconciliationItem]


@dataclass(frozen=True)
class ItemView:
    """An item with what the other side tells under the same name, and what staff did about it."""

    item: ReconciliationItem
    others: Sequence[ReconciliationItem] = field(default_factory=list)


def items_open() -> QuerySet[ReconciliationItem]:
    """Return the items somebody must see to."""
    return Item.objects.filter(OPEN)


def days_table() -> list[Row]:
    """Return the newest days with their counts, in two queries."""
    days = list(ReconciliationDay.objects.order_by("-day")[:DAYS_SHOWN])
    counted = Item.objects.filter(day__in=[day.day for day in days]).order_by().values("day")
    counts: dict[date, dict[str, Any]] = {
        row["day"]: dict(row)
        for row in counted.annotate(
            matched=Count("pk", filter=MATCHED),
            left=Count("pk", filter=OPEN),
            resolved=Count("pk", filter=RESOLVED),
        )
    }
    return [_row(day, counts) for day in days]


def _row(day: ReconciliationDay, counts: dict[date, dict[str, Any]]) -> Row:
    found: dict[str, Any] = counts.get(day.day, {})
    return Row(day, found.get("matched", 0), found.get("left", 0), found.get("resolved", 0))


def day_view(day: date) -> DayView:
    """Return one day. Raises NotFound where it was never read."""
    row = ReconciliationDay.objects.filter(day=day).first()
    if row is None:
        raise NotFound
    items = Item.objects.filter(day=day)
    grouped = items.order_by().values("pair", "kind", "side", "currency").annotate(
        matched=Count("pk", filter=MATCHED),
        matched_amount=Sum("amount", filter=MATCHED, default=0),
        unmatched=Count("pk", filter=~MATCHED),
        unmatched_amount=Sum("amount", filter=~MATCHED, default=0),
    )  # fmt: skip
    figures = [Figure(**group) for group in grouped.order_by("-pair", "kind", "currency", "side")]
    totals = items.aggregate(
        matched=Count("pk", filter=MATCHED), left=Count("pk", filter=OPEN), resolved=Count("pk", filter=RESOLVED)
    )
    left = items.filter(matched_at=None).select_related("owner").order_by("resolved_at", "at", "id")
    counted = Row(row, totals["matched"], totals["left"], totals["resolved"])
    return DayView(counted, figures, list(left[:ITEMS_SHOWN]))


def items_found(
    *, now: datetime, age: str = "", owner: int | None = None, nobody: bool = False
) -> Sequence[ReconciliationItem]:
    """Return open items, the oldest first: older than so many days, of an owner, or of nobody."""
    found = items_open().select_related("owner")
    if age in AGES:
        found = found.filter(at__lt=now - AGES[age])
    if nobody:
        found = found.filter(owner=None)
    elif owner:
        found = found.filter(owner_id=owner)
    return list(found.order_by("at", "id")[:ITEMS_SHOWN])


def item_view(item_id: int) -> ItemView:
    """Return one item. Raises NotFound."""
    item = Item.objects.select_related("owner", "resolved_by").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    others = Item.objects.filter(match=item.match).exclude(pk=item.pk).order_by("at", "id")
    return ItemView(item, list(others[:20]))
