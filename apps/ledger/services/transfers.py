"""The acts that write the books: post transfers, reverse them.

Locks: accounts with a floor, in the order of their codes; then the key, by its unique index. Platform-wide
accounts are never locked, so no row of the platform is hot.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from apps.core.errors import KeyReused
from apps.ledger.errors import (
    AlreadyReversed,
    InsufficientFunds,
    LegsInvalid,
    UnknownAccount,
    UnknownTransfer,
)
from apps.ledger.models import Account, Transfer
from apps.ledger.services.accounts import accounts_lock
from apps.ledger.sql import WRITE

LIMIT = 10**17  # of one leg: far above any supply of NOS in micro-NOS, far below what a bigint holds
BALANCE_LIMIT = 2**63 - 1


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


def transfer_post(
    *, key: str, legs: Sequence[Leg], reason: str, at: datetime, details: Mapping[str, Any] | None = None
) -> Transfer:
    """Post one transfer; the same key with the same legs returns the first one and posts nothing.

    Raises KeyReused for the same key with other legs, InsufficientFunds below a floor, UnknownAccount and
    LegsInvalid; then nothing is posted.
    """
    return transfer_post_many([Posting(key=key, legs=legs, reason=reason, at=at, details=details or {})])[0]


def transfer_post_many(postings: Sequence[Posting]) -> list[Transfer]:
    """Post the transfers in the order given, all or none, in one lock and one writing statement.

    Repeats return their first transfer. Raises as `transfer_post`; then nothing is posted.
    """
    if not postings:
        return []
    unique = _without_twins(postings)
    with transaction.atomic():
        accounts = accounts_lock(leg.code for posting in unique for leg in posting.legs)
        for posting in unique:
            _check_legs(posting, accounts)
        # One transfer is written without a look at its key: the unique index tells. A batch must know its
        # repeats before it adds up running balances.
        known = _known(unique) if len(unique) > 1 else {}
        shortage = _shortage([p for p in unique if p.key not in known], accounts)
        if shortage is not None and not known:
            known = _known(unique)
            shortage = _shortage([p for p in unique if p.key not in known], accounts)
        if shortage is not None:
            raise shortage
        fresh = [posting for posting in unique if posting.key not in known]
        written = {transfer.key: transfer for transfer in _write(fresh, accounts)} if fresh else {}
        if len(written) < len(fresh):
            known |= _known([posting for posting in fresh if posting.key not in written])
    return [(written.get(posting.key) or known[posting.key]) for posting in postings]


def transfer_reverse(key: str, *, of: str, reason: str, at: datetime) -> Transfer:
    """Post the opposite of the transfer whose key is `of`; the same key again returns the first reversal.

    Raises UnknownTransfer, AlreadyReversed if another key reversed it, InsufficientFunds if the amounts are gone.
    """
    with transaction.atomic():
        original = Transfer.objects.filter(key=of).first()
        if original is None:
            raise UnknownTransfer(f"There is no transfer {of} to reverse; check its key.")
        entries = list(original.entries.select_related("account").order_by("id"))
        accounts_lock(entry.account.code for entry in entries)
        earlier = Transfer.objects.filter(reverses=original).exclude(key=key).first()
        if earlier is not None:
            raise AlreadyReversed(f"Transfer {of} was reversed before, by {earlier.key}.")
        posting = Posting(
            key=key,
            legs=[Leg(entry.account.code, -entry.amount) for entry in entries],
            reason=reason,
            at=at,
            details={"reverses": of},
            reverses=original.id,
        )
        return transfer_post_many([posting])[0]


def _without_twins(postings: Sequence[Posting]) -> list[Posting]:
    unique: dict[str, Posting] = {}
    for posting in postings:
        first = unique.setdefault(posting.key, posting)
        if first.fingerprint != posting.fingerprint:
            raise _reused(posting.key)
    return list(unique.values())


def _reused(key: str) -> KeyReused:
    return KeyReused(f"Key {key} was already used for a transfer with other legs; use a new key.")


def _known(postings: Sequence[Posting]) -> dict[str, Transfer]:
    fingerprints = {posting.key: posting.fingerprint for posting in postings}
    known = {transfer.key: transfer for transfer in Transfer.objects.filter(key__in=fingerprints)}
    for key, transfer in known.items():
        if transfer.fingerprint != fingerprints[key]:
            raise _reused(key)
    return known


def _check_legs(posting: Posting, accounts: Mapping[str, Account]) -> None:
    where = f"Transfer {posting.key}"
    if not posting.key:
        raise LegsInvalid("A transfer needs a key that names its intent.")
    if len({leg.code for leg in posting.legs}) != len(posting.legs) or not posting.legs:
        raise LegsInvalid(f"{where} must have legs, and each account in one leg only; add the amounts up.")
    sums: dict[str, int] = {}
    for leg in posting.legs:
        account = accounts.get(leg.code)
        if account is None:
            raise UnknownAccount(f"{where} names the account {leg.code}, which is not open; open it first.")
        if type(leg.amount) is not int or leg.amount == 0 or abs(leg.amount) > LIMIT:
            raise LegsInvalid(f"{where} has the amount {leg.amount!r} for {leg.code}; use a whole number, not 0.")
        if leg.currency not in (None, account.currency):
            raise LegsInvalid(f"{where} posts {leg.currency} to {leg.code}, which is in {account.currency}.")
        sums[account.currency] = sums.get(account.currency, 0) + leg.amount
    for currency, total in sums.items():
        if total:
            raise LegsInvalid(f"{where} does not balance: its {currency} legs sum to {total}, not to 0.")


def _shortage(postings: Iterable[Posting], accounts: Mapping[str, Account]) -> InsufficientFunds | None:
    running = {code: account.balance for code, account in accounts.items()}
    for posting in postings:
        for leg in posting.legs:
            balance, floor = running[leg.code], accounts[leg.code].floor
            if balance is None or floor is None:
                continue
            running[leg.code] = balance = balance + leg.amount
            if balance < floor and leg.amount < 0:
                return InsufficientFunds(account=leg.code, missing=floor - balance, key=posting.key)
            if balance > BALANCE_LIMIT:
                raise LegsInvalid(f"Transfer {posting.key} makes {leg.code} larger than the books can hold.")
    return None


def _write(postings: Sequence[Posting], accounts: Mapping[str, Account]) -> list[Transfer]:
    legs = [(posting.key, accounts[leg.code].id, leg.amount) for posting in postings for leg in posting.legs]
    params = {
        "keys": [posting.key for posting in postings],
        "fingerprints": [posting.fingerprint for posting in postings],
        "reasons": [posting.reason for posting in postings],
        "details": [json.dumps(dict(posting.details), cls=DjangoJSONEncoder) for posting in postings],
        "times": [posting.at for posting in postings],
        "reverses": [posting.reverses for posting in postings],
        "leg_keys": [key for key, _, _ in legs],
        "leg_accounts": [account for _, account, _ in legs],
        "leg_amounts": [amount for _, _, amount in legs],
    }
    return list(Transfer.objects.raw(WRITE, params))
