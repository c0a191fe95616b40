"""The steps of a month's close, each ticked by fact and never by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min

from apps.billing import chart
from apps.billing.models import CreditNoteDue, InvoiceDue
from apps.billing.services.statements import EASTMOST, UNCLOSED
from apps.core.errors import NotFound
from apps.ledger.models import DayDigest, Transfer
from apps.support.closing.models import MonthAct, MonthClose
from apps.support.reconciliation.models import ReconciliationDay, ReconciliationItem
from apps.support.treasury import treasury_standing


@dataclass(frozen=True)
class Step:
    """One thing that must be so before a month is over, and what is missing of it."""

    name: str
    done: bool
    says: str
    url_name: str = ""


@dataclass(frozen=True)
class Checklist:
    """A month with its steps and who signed it."""

    month: date
    over: bool
    steps: list[Step]
    close: MonthClose | None

    @property
    def left(self) -> list[str]:
        """The names of the steps that are not done."""
        return [step.name for step in self.steps if not step.done]


def bounds(month: date) -> tuple[datetime, datetime]:
    """Return when a month begins and ends, UTC."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def month_read(text: str) -> date:
    """Return the first day of "2026-10". Raises NotFound for what is no month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise NotFound from None


def months_known(*, now: datetime) -> list[tuple[date, MonthClose | None]]:
    """Return every month since the books began, the newest first, with its signature."""
    first = Transfer.objects.aggregate(first=Min("at"))["first"]
    if first is None:
        return []
    signed, months = {row.month: row for row in MonthClose.objects.select_related("signed_by")}, []
    month = first.astimezone(UTC).date().replace(day=1)
    while month <= now.astimezone(UTC).date():
        months.append((month, signed.get(month)))
        month = bounds(month)[1].date()
    return months[::-1]


def checklist(month: date, *, now: datetime) -> Checklist:
    """Return how the month's close stands."""
    close = MonthClose.objects.select_related("signed_by").filter(month=month).first()
    return Checklist(month, bounds(month)[1] <= now, list(_steps(month, close, now=now)), close)


def _steps(month: date, close: MonthClose | None, *, now: datetime) -> Iterator[Step]:
    start, end = bounds(month)
    missing, left = _days_missing(start.date(), min(end, now).date()), _items_open(start.date(), end.date())
    said = f"Days not read to their end: {missing}; open items: {left}."
    yield Step("All days are reconciled", not missing and not left, said, "support:reconciliation_items")
    frozen = _statements_open(month, end)
    yield Step("All statements are frozen", not frozen, f"Organisations without a statement: {frozen}.")
    invoices = InvoiceDue.objects.filter(created_at__lt=end, invoice=None).count()
    notes = CreditNoteDue.objects.filter(created_at__lt=end, credit_note=None).count()
    said = f"Waiting for a number: invoices {invoices}, credit notes {notes}."
    yield Step("All invoices and credit notes are issued", not invoices + notes, said)
    drawn = close.acts.filter(act=MonthAct.Act.VAT).order_by("-id").first() if close else None
    late = drawn is None or drawn.at < end
    said = "It was not drawn after the month's end." if late else f"Drawn by {drawn.user} on {drawn.at:%Y-%m-%d}."  # type: ignore[union-attr]
    yield Step("The VAT report is drawn", not late, said)
    posted = Transfer.objects.filter(at__lt=end).exists()
    chained = not posted or DayDigest.objects.filter(day__gte=end.date() - timedelta(days=1)).exists()
    yield Step("All days are chained by digests", chained, "Digests of the books up to the month's last day.")
    standing = treasury_standing(now=now)
    backed = standing.reading is not None and standing.backing_micro >= standing.owed_micro
    percent = "nothing is owed" if standing.percent is None else f"{standing.percent} %"
    yield Step(
        "Credits are backed in full", backed, f"The treasury's newest reading: {percent}.", "support:treasury"
    )


def _days_missing(start: date, end: date) -> int:
    first = Transfer.objects.aggregate(first=Min("at"))["first"]
    begin = max(start, first.astimezone(UTC).date()) if first else end
    read = ReconciliationDay.objects.filter(day__gte=begin, day__lt=end, finished_at__isnull=False).count()
    return max(0, (end - begin).days - read)


def _items_open(start: date, end: date) -> int:
    items = ReconciliationItem.objects.filter(day__gte=start, day__lt=end, matched_at=None, resolved_at=None)
    return items.count()


def _statements_open(month: date, end: datetime) -> int:
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"available": chart.available("%"), "month": month, "ends_at": end + EASTMOST}
        cursor.execute(UNCLOSED, asked)
        return len(cursor.fetchall())
