"""What is asked of the books, and how a batch of it goes to the database in one call."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from apps.ledger.models import Transfer
from apps.ledger.sql import POST

LIMIT = 10**17  # of one leg: far above any supply of NOS in micro-NOS, far below what a bigint holds
BALANCE_LIMIT = 2**63 - 1
KEY_LENGTH, REASON_LENGTH = 200, 60


@dataclass(frozen=True)
class Leg:
    """An amount into (positive) or out of (negative) an account; the currency, if given, must be the account's."""

    code: str
    amount: int
    currency: str | None = None


@dataclass(frozen=True)
class Posting:
    """A transfer to be posted."""

    key: str
    legs: Sequence[Leg]
    reason: str
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    reverses: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the legs, whatever their order."""
        legs = sorted((leg.code, leg.amount) for leg in self.legs)
        return hashlib.sha256(json.dumps([legs, self.reverses]).encode()).hexdigest()


@dataclass
class _Change:
    """What a batch does to one account: in all, and at its lowest on the way; `place` counts from 1."""

    place: int
    currency: str | None
    net: int = 0
    lowest: int = 0


class Batch:
    """Postings that look right, column by column as `ledger_post` takes them."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self.postings = postings
        self.changes: dict[str, _Change] = {}
        self.legs: list[tuple[int, int, int]] = []  # posting and account by place, amount

    @classmethod
    def of(cls, postings: Sequence[Posting]) -> "Batch | None":
        """Return the batch, or None if something can be seen to be wrong without a look at the books."""
        batch = cls(postings)
        return batch if all(batch._add(place, posting) for place, posting in enumerate(postings, 1)) else None

    def _add(self, number: int, posting: Posting) -> bool:
        total, codes, legs = 0, set(), posting.legs
        for leg in legs:
            amount = leg.amount
            if type(amount) is not int or not 0 < abs(amount) <= LIMIT:
                return False
            codes.add(leg.code)
            total += amount
            change = self.changes.get(leg.code)
            if change is None:
                change = self.changes[leg.code] = _Change(len(self.changes) + 1, leg.currency)
            elif leg.currency not in (None, change.currency):
                if change.currency is not None:
                    return False
                change.currency = leg.currency
            change.net += amount
            if amount < 0 and change.net < change.lowest:
                change.lowest = change.net
            self.legs.append((number, change.place, amount))
        named = is_name(posting.key, KEY_LENGTH) and is_name(posting.reason, REASON_LENGTH)
        return named and not total and len(codes) == len(legs) > 0

    def write(self) -> list[Transfer] | None:
        """Post all in their order, or return None if the books refuse any. Raises IntegrityError for a lost race."""
        postings, changes = self.postings, self.changes.values()
        details = [json.dumps(dict(posting.details), cls=DjangoJSONEncoder) for posting in postings]
        columns: tuple[Any, ...] = (
            list(self.changes),
            [change.currency for change in changes],
            [change.net for change in changes],
            [change.lowest for change in changes],
            [posting.key for posting in postings],
            [posting.fingerprint for posting in postings],
            [posting.reason for posting in postings],
            f"[{','.join(details)}]",
            [posting.at for posting in postings],
            [posting.reverses for posting in postings],
            *(list(column) for column in zip(*self.legs, strict=True)),
        )
        with connection.cursor() as cursor:
            cursor.execute(POST, columns)
            rows = cursor.fetchall()
        return (
            [
                Transfer(
                    id=row[0],
                    key=posting.key,
                    fingerprint=posting.fingerprint,
                    reason=posting.reason,
                    details=json.loads(facts),
                    at=posting.at,
                    reverses_id=posting.reverses,
                    created_at=row[1],
                )
                for row, posting, facts in zip(rows, postings, details, strict=True)
            ]
            if rows
            else None
        )


def is_name(text: str, length: int) -> bool:
    """Return whether the text can name a transfer: not empty, not too long, printable."""
    return 0 < len(text) <= length and text.isprintable()
