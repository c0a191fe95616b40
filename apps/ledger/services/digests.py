"""The close of a day: one digest over all its entries, bound to the day before."""

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from apps.core.merkle import EMPTY, day_digest, root_of
from apps.ledger.models import AccountDigest, DayDigest, Transfer
from apps.ledger.selectors.days import Span, account_days, day_end

CLOSING = 0x6C656467  # the number of the advisory lock of those who close days
CLOSE_LOCK = "SELECT pg_advisory_xact_lock(%s)"
WRITERS_LOCK = "LOCK TABLE ledger_transfer IN SHARE MODE"


def digests_close(*, now: datetime) -> list[DayDigest]:
    """Close every day (UTC) that is over and not closed, oldest first, each in a transaction of its own.

    A day holds what is dated on it or earlier and no closed day holds: what is posted late joins the next close.
    A repeat closes nothing. Raises OperationalError when posting does not pause for 3 seconds; try again later.
    """
    through_id = _posted_through()
    closed = []
    while (digest := _next_close(through_id, now=now)) is not None:
        closed.append(digest)
    return closed


def _posted_through() -> int:
    """Return an id up to which every transfer is committed or never will be.

    Ids are given before the commit, so the largest one seen says nothing of smaller ones. Writers hold the table's
    ROW EXCLUSIVE lock from before they take an id; SHARE waits for those under way and keeps new ones out.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute(WRITERS_LOCK)
        return Transfer.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _next_close(through_id: int, *, now: datetime) -> DayDigest | None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLOSE_LOCK, [CLOSING])
        last = DayDigest.objects.order_by("-number").first()
        day = last.day + timedelta(days=1) if last else _first_day(through_id)
        if day is None or day >= now.astimezone(UTC).date():
            return None
        span = Span(day, max(through_id, last.through_id if last else 0), last)
        return _close(span, number=last.number + 1 if last else 1, now=now)


def _first_day(through_id: int) -> date | None:
    first = Transfer.objects.filter(id__lte=through_id).aggregate(at=Min("at"))["at"]
    return first.astimezone(UTC).date() if first else None


def _close(span: Span, *, number: int, now: datetime) -> DayDigest:
    accounts = 0

    def leaves() -> Iterator[bytes]:
        nonlocal accounts
        for found in account_days(span, number=number):
            rows = []
            for one in found:
                blind = secrets.token_bytes(16)
                rows.append(
                    AccountDigest(
                        day_id=number,
                        account_id=one.account_id,
                        blind=blind,
                        before=one.before,
                        entries=one.entries,
                        opening=one.opening,
                        closing=one.closing,
                        first_entry_id=one.first_entry_id,
                        last_entry_id=one.last_entry_id,
                        root=one.root,
                        leaf=one.leaf(blind),
                    )
                )
            AccountDigest.objects.bulk_create(rows)
            accounts += len(rows)
            yield from (bytes(row.leaf) for row in rows)

    root = root_of(leaves())
    before = bytes(span.before.digest) if span.before else EMPTY
    return DayDigest.objects.create(
        number=number,
        day=span.day,
        through_id=span.through_id,
        open_from_id=_open_from(span),
        accounts=accounts,
        root=root,
        digest=day_digest(before, span.day, root, accounts),
        closed_at=now,
    )


def _open_from(span: Span) -> int:
    """Return the smallest id that is left for later days."""
    left = Transfer.objects.filter(id__lte=span.through_id, at__gte=day_end(span.day))
    if span.before is not None:
        left = left.filter(id__gte=span.before.open_from_id)
    return left.order_by("id").values_list("id", flat=True).first() or span.through_id + 1
