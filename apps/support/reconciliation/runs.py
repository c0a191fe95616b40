"""The day's run: read what each side tells, write it down, match it. Restartable at any point, and safe to run twice.

Nothing here books anything. What was written down stays; reading a day again adds only what is new.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F, Min, QuerySet

from apps.billing import chart
from apps.bridge.selectors import Position, position
from apps.core.errors import AppError
from apps.ledger.models import Transfer
from apps.ledger.selectors import balances
from apps.support.reconciliation.models import ReconciliationDay as Day
from apps.support.reconciliation.models import ReconciliationItem as Item
from apps.support.reconciliation.sides import BATCH, chain_items, ledger_items, standing_items, stripe_items

logger = logging.getLogger(__name__)

SETTLED = timedelta(minutes=30)  # after midnight, until a day is read: what was under way has arrived
AGAIN = 2  # days before the last that are read again, for what came late
STANDING = (Item.Kind.ESCROW, Item.Kind.STRAY, Item.Kind.GAP)  # true until they are not, and matched by nothing


class ReconciliationFailed(AppError):
    """A side did not answer; what was read stays, and the next run goes on."""

    code = "reconciliation_failed"
    status = 503


def days_run(*, now: datetime) -> list[date]:
    """Read every day that is over and was not read to its end, and the last few again; return which.

    Speaks to Stripe and to the chain; never call it inside a transaction. Raises ReconciliationFailed.
    """
    last = (now - SETTLED).astimezone(UTC).date() - timedelta(days=1)
    begin = Transfer.objects.aggregate(first=Min("at"))["first"]
    if begin is None or begin.astimezone(UTC).date() > last:
        return []
    first = begin.astimezone(UTC).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    done = set(Day.objects.filter(finished_at__isnull=False).values_list("day", flat=True))
    wanted = [day for day in days if day not in done or (last - day).days <= AGAIN]
    for day in wanted:
        day_run(day=day, first=day == first, now=now)
    standing_run(now=now)
    return wanted


def day_run(*, day: date, now: datetime, first: bool = False) -> Day:
    """Read one day from Stripe, ledger and chain and match it; of the `first` day also all that Stripe had before.

    Raises ReconciliationFailed when Stripe or the chain does not answer.
    """
    row, _made = Day.objects.get_or_create(day=day)
    Day.objects.filter(pk=row.pk).update(runs=F("runs") + 1, begun_at=now)
    try:
        for items in stripe_items(day, first=first):
            _write(items)
        for items in ledger_items(day):
            _write(items)
        for items in chain_items(day):
            _write(items)
    except Exception as error:
        _failed(row, error)
    items_match(now=now)
    Day.objects.filter(pk=row.pk).update(finished_at=now, error="")
    row.refresh_from_db()
    return row


def standing_run(*, now: datetime) -> None:
    """Write down what holds at this moment and belongs to no movement, and close what holds no more.

    Speaks to the chain. Raises ReconciliationFailed.
    """
    row = Day.objects.order_by("-day").first()
    try:
        found = position()
    except Exception as error:
        _failed(row, error)
    items = standing_items(found, now=now)
    _write(items)
    items_match(now=now)
    gap = _gap(found)
    _close([item.reference for item in items], gap=gap, now=now)
    if gap:
        number = Item.objects.filter(kind=Item.Kind.GAP).count()
        today = Item(day=now.astimezone(UTC).date(), at=now, pair=Item.Pair.CHAIN, side=Item.Side.CHAIN)
        today.kind, today.currency, today.amount = Item.Kind.GAP, chart.NOS, gap
        today.reference = today.match = f"gap:{number}"
        if not Item.objects.filter(kind=Item.Kind.GAP, matched_at=None, amount=gap).exists():
            _write([today])


def items_match(*, now: datetime) -> int:
    """Match what both sides tell, whichever day each tells it of; return how many items matched now.

    Within what they have in common, equal amounts match one to one; what is left matches when it adds up to the same.
    Reads a few items at a time, however many there are. Runs at once wait for each other, in the same order.
    """
    count, batch = 0, []
    with transaction.atomic():
        for item in _matched(Item.objects.select_for_update().filter(matched_at=None).exclude(kind__in=STANDING)):
            batch.append(item.pk)
            if len(batch) == BATCH:
                count += Item.objects.filter(pk__in=batch).update(matched_at=now)
                batch.clear()
        return count + Item.objects.filter(pk__in=batch).update(matched_at=now)


def _matched(rows: QuerySet[Item]) -> Iterator[Item]:
    ordered = rows.order_by("match", "currency", "id").iterator(chunk_size=BATCH)
    for _name, group in groupby(ordered, key=lambda item: (item.match, item.currency)):
        yield from _matching(list(group))


def _matching(group: Sequence[Item]) -> list[Item]:
    ours = [item for item in group if item.side == Item.Side.LEDGER]
    theirs, matched = [item for item in group if item.side != Item.Side.LEDGER], []
    for item in list(theirs):
        twin = next((one for one in ours if one.amount == item.amount), None)
        if twin:
            matched += [item, twin]
            ours.remove(twin)
            theirs.remove(item)
    if ours and theirs and sum(item.amount for item in ours) == sum(item.amount for item in theirs):
        matched += [*ours, *theirs]
    return matched


def _write(items: Sequence[Item]) -> None:
    Item.objects.bulk_create(items, ignore_conflicts=True)


def _close(held: Sequence[str], *, gap: int, now: datetime) -> None:
    """Let what was true at a moment and is no more count as matched."""
    over = Item.objects.filter(kind__in=STANDING, matched_at=None)
    over.exclude(kind=Item.Kind.GAP).exclude(reference__in=held).update(matched_at=now)
    over.filter(kind=Item.Kind.GAP).exclude(amount=gap).update(matched_at=now)


def _gap(found: Position) -> int:
    """Return what the chain has beyond the books, in all and not told by an open item, micro-NOS."""
    books = balances([chart.TREASURY, chart.NETWORK_SPEND])
    has = found.treasury_micro + found.deposits_micro
    gap = has - (books.get(chart.TREASURY, 0) - books.get(chart.NETWORK_SPEND, 0))
    told = Item.objects.filter(pair=Item.Pair.CHAIN, matched_at=None, kind=Item.Kind.PAYOUT)
    for side, amount in told.values_list("side", "amount"):
        gap += amount if side == Item.Side.LEDGER else -amount
    return gap


def _failed(row: Day | None, error: Exception) -> None:
    """Keep why a run did not end, and raise it as a refusal; nothing that was read is lost."""
    logger.exception("reconciliation did not end")
    sentence = f"{type(error).__name__}: {error}"[:300]
    if row is not None:
        Day.objects.filter(pk=row.pk).update(error=sentence)
    raise ReconciliationFailed(f"The run did not end: {sentence}") from error
