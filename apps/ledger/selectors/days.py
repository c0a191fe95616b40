"""The days of the books: which entries each holds, and what each account had on it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from apps.core.merkle import leaf_hash, root_of
from apps.ledger.models import DayDigest, Entry
from apps.ledger.records import account_mark, account_record, entry_record
from apps.ledger.sql import OPENINGS

BATCH = 500  # accounts


@dataclass(frozen=True)
class Span:
    """The bounds of a day: which transfers it may hold, and which of these the day before holds already."""

    day: date
    through_id: int
    before: DayDigest | None

    def entries(self) -> QuerySet[Entry]:
        """Return the day's entries."""
        inside = Q(transfer_id__lte=self.through_id, transfer__at__lt=day_end(self.day))
        if self.before is None:
            return Entry.objects.filter(inside)
        earlier = Q(transfer_id__lte=self.before.through_id, transfer__at__lt=day_end(self.before.day))
        return Entry.objects.filter(inside, transfer_id__gte=self.before.open_from_id).exclude(earlier)


@dataclass(frozen=True)
class AccountDay:
    """What one account had on a day."""

    account_id: int
    code: str
    before: int
    entries: int
    opening: int
    closing: int
    root: bytes
    first_entry_id: int
    last_entry_id: int

    def leaf(self, blind: bytes) -> bytes:
        """Return the account's leaf in the day's tree."""
        return leaf_hash(
            account_record(
                mark=account_mark(blind, self.code),
                before=self.before,
                entries=self.entries,
                opening=self.opening,
                closing=self.closing,
                root=self.root,
            )
        )


def day_end(day: date) -> datetime:
    """Return the moment (UTC) at which the day is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def account_days(span: Span, *, number: int) -> Iterator[list[AccountDay]]:
    """Yield what each account had on the day that gets this number, by account id, in lists of at most BATCH."""
    columns = ("account_id", "account__code", "id", "amount", *RECORD)
    rows = span.entries().order_by("account_id", "id").values_list(*columns).iterator(chunk_size=2000)
    tallied: list[_Tally] = []
    for (account_id, code), group in groupby(rows, key=itemgetter(0, 1)):
        tallied.append(_Tally(account_id, code, group))
        if len(tallied) == BATCH:
            yield _opened(tallied, number)
            tallied = []
    if tallied:
        yield _opened(tallied, number)


RECORD = ("transfer__fingerprint", "transfer__at", "transfer__reason", "transfer__key")


class _Tally:
    """The entries of one account, counted, added up and hashed in one pass."""

    def __init__(self, account_id: int, code: str, rows: Iterable[Sequence[Any]]) -> None:
        self.account_id, self.code = account_id, code
        self.entries = self.total = self.first_id = self.last_id = 0
        self.root = root_of(self._leaves(rows))

    def _leaves(self, rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        for _, _, entry_id, amount, fingerprint, at, reason, key in rows:
            self.first_id, self.last_id = self.first_id or entry_id, entry_id
            self.entries += 1
            self.total += amount
            record = entry_record(fingerprint=fingerprint, at=at, amount=amount, reason=reason, key=key)
            yield leaf_hash(record)


def _opened(tallied: Sequence[_Tally], number: int) -> list[AccountDay]:
    with connection.cursor() as cursor:
        cursor.execute(OPENINGS, {"accounts": [tally.account_id for tally in tallied], "number": number})
        known = {account: (before, opening) for account, before, opening in cursor.fetchall()}
    return [_account_day(tally, *known.get(tally.account_id, (0, 0))) for tally in tallied]


def _account_day(tally: _Tally, before: int, opening: int) -> AccountDay:
    return AccountDay(
        account_id=tally.account_id,
        code=tally.code,
        before=before,
        entries=tally.entries,
        opening=opening,
        closing=opening + tally.total,
        root=tally.root,
        first_entry_id=tally.first_id,
        last_entry_id=tally.last_id,
    )
