"""The kept digests: the proof of an account's entries, and the check of the whole book against them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from apps.core.merkle import EMPTY, day_digest, path_of, root_of
from apps.ledger.models import Account, AccountDigest, DayDigest
from apps.ledger.proofs import FORMAT
from apps.ledger.records import moment_text
from apps.ledger.selectors.days import RECORD, AccountDay, Span, account_days


@dataclass(frozen=True)
class Finding:
    """Where the book and its digests differ: the day, the account where it is known, and what is wrong."""

    day: date
    account: str
    sentence: str


def digests_known() -> dict[str, str]:
    """Return the digest (hexadecimal) of every closed day ("2026-11-02"), oldest first: what is published."""
    rows = DayDigest.objects.order_by("number").values_list("day", "digest")
    return {day.isoformat(): bytes(digest).hex() for day, digest in rows}


def digest_proof(*, codes: Sequence[str], first: date, last: date, now: datetime) -> Iterator[str]:
    """Yield, piece by piece, the JSON file that proves these accounts' entries of the closed days first…last.

    It has the digests of all days, and of other accounts nothing but hashes. docs/ledger.md describes it.
    """
    head = {
        "format": FORMAT,
        "made_at": moment_text(now),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "accounts": sorted(codes),
    }
    yield json.dumps(head, indent=1)[:-2] + ',\n "chain": ['
    yield from _rows(_chain_row(day) for day in DayDigest.objects.order_by("number").iterator())
    yield '],\n "days": ['
    yield from _rows(_day_rows(codes, first, last))
    yield "]\n}\n"


def _rows(rows: Iterator[dict[str, object]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield (",\n  " if number else "\n  ") + json.dumps(row)


def _chain_row(day: DayDigest) -> dict[str, object]:
    return {
        "day": day.day.isoformat(),
        "accounts": day.accounts,
        "root": bytes(day.root).hex(),
        "digest": bytes(day.digest).hex(),
    }


def _day_rows(codes: Sequence[str], first: date, last: date) -> Iterator[dict[str, object]]:
    accounts = dict(Account.objects.filter(code__in=codes).values_list("id", "code"))
    before: DayDigest | None = None
    mine = AccountDigest.objects.filter(account_id__in=accounts)
    for day in DayDigest.objects.filter(day__lte=last).order_by("number").iterator():
        kept = list(mine.filter(day=day).order_by("account_id")) if day.day >= first else []
        leaves = list(day.leaves.order_by("account_id").values_list("account_id", "leaf")) if kept else []
        places = {account_id: place for place, (account_id, _) in enumerate(leaves)}
        hashes = [bytes(leaf) for _, leaf in leaves]
        for row in kept:
            place = places[row.account_id]
            yield {
                "day": day.day.isoformat(),
                "account": accounts[row.account_id],
                "blind": bytes(row.blind).hex(),
                "before": row.before,
                "opening": row.opening,
                "closing": row.closing,
                "index": place,
                "path": [step.hex() for step in path_of(hashes, place)],
                "entries": list(_entries(Span(day.day, day.through_id, before), row)),
            }
        before = day


def _entries(span: Span, kept: AccountDigest) -> Iterator[dict[str, object]]:
    near = span.entries().filter(account_id=kept.account_id, id__range=(kept.first_entry_id, kept.last_entry_id))
    for amount, fingerprint, at, reason, key in near.order_by("id").values_list("amount", *RECORD).iterator():
        yield {"key": key, "reason": reason, "at": moment_text(at), "amount": amount, "fingerprint": fingerprint}


def book_verify() -> Iterator[Finding]:
    """Compute every closed day again from its entries and yield where it is not what was kept.

    Reads the whole book, in constant memory.
    """
    before: DayDigest | None = None
    for day in DayDigest.objects.order_by("number").iterator():
        if before is not None and (day.number, day.day.toordinal()) != (
            before.number + 1,
            before.day.toordinal() + 1,
        ):
            yield Finding(day.day, "", f"it follows {before.day}: a day between them is gone")
        yield from _day_verify(day, before)
        before = day


def _day_verify(day: DayDigest, before: DayDigest | None) -> Iterator[Finding]:
    found: list[Finding] = []
    accounts = 0

    def leaves() -> Iterator[bytes]:
        nonlocal accounts
        for computed in account_days(Span(day.day, day.through_id, before), number=day.number):
            rows = day.leaves.filter(account_id__in=[one.account_id for one in computed])
            kept = {row.account_id: row for row in rows}
            accounts += len(computed)
            for one in computed:
                row = kept.get(one.account_id)
                if row is None or not _same(one, row):
                    found.append(Finding(day.day, one.code, "its entries are not the ones that were closed"))
                yield one.leaf(bytes(row.blind)) if row else b""

    root = root_of(leaves())
    yield from found
    if day.leaves.count() != accounts:
        yield Finding(day.day, "", f"{day.leaves.count()} accounts were closed, {accounts} have entries")
    digest = day_digest(bytes(before.digest) if before else EMPTY, day.day, root, accounts)
    if (root, digest) != (bytes(day.root), bytes(day.digest)):
        yield Finding(day.day, "", f"its digest is {bytes(day.digest).hex()}, the book gives {digest.hex()}")


def _same(one: AccountDay, row: AccountDigest) -> bool:
    computed = (one.before, one.entries, one.opening, one.closing, one.root)
    return computed == (row.before, row.entries, row.opening, row.closing, bytes(row.root))
