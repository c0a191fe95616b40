"""The acts that write the books: post transfers, reverse them.

Locks: accounts with a floor, in the order of their codes; then the key, by its unique index. Platform-wide
accounts are never locked, so no row of the platform is hot.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.core.errors import KeyReused
from apps.ledger.errors import (
    AlreadyReversed,
    InsufficientFunds,
    LegsInvalid,
    UnknownAccount,
    UnknownTransfer,
)
from apps.ledger.models import Account, Transfer
from apps.ledger.postings import (
    BALANCE_LIMIT,
    KEY_LENGTH,
    LIMIT,
    REASON_LENGTH,
    Batch,
    Leg,
    Posting,
    is_name,
)
from apps.ledger.services.accounts import accounts_lock


def transfer_post(
    *, key: str, legs: Sequence[Leg], reason: str, at: datetime, details: Mapping[str, Any] | None = None
) -> Transfer:
    """Post one transfer; the same key with the same legs returns the first one and posts nothing.

    Raises KeyReused for the same key with other legs, InsufficientFunds below a floor, UnknownAccount and
    LegsInvalid; then nothing is posted.
    """
    return transfer_post_many([Posting(key=key, legs=legs, reason=reason, at=at, details=details or {})])[0]


def transfer_post_many(postings: Sequence[Posting]) -> list[Transfer]:
    """Post the transfers in the order given, all or none, in one call to the database.

    Repeats return their first transfer. Raises as `transfer_post`; then nothing is posted.
    """
    if not postings:
        return []
    unique = _without_twins(postings)
    posted = _post_at_once(unique)
    if posted is None:
        posted = _post_with_care(unique)
    if len(posted) == len(postings):
        return posted
    by_key = {transfer.key: transfer for transfer in posted}
    return [by_key[posting.key] for posting in postings]


def transfer_reverse(key: str, *, of: str, reason: str, at: datetime) -> Transfer:
    """Post the opposite of the transfer whose key is `of`; the same key again returns the first reversal.

    Raises UnknownTransfer, AlreadyReversed if another key reversed it, InsufficientFunds if the amounts are gone.
    """
    with transaction.atomic():
        original = Transfer.objects.filter(key=of).first()
        if original is None:
            raise UnknownTransfer(_("There is no transfer %(of)s to reverse; check its key.") % {"of": of})
        entries = list(original.entries.select_related("account").order_by("id"))
        accounts_lock(entry.account.code for entry in entries)
        earlier = Transfer.objects.filter(reverses=original).exclude(key=key).first()
        if earlier is not None:
            raise AlreadyReversed(
                _("Transfer %(of)s was reversed before, by %(key)s.") % {"of": of, "key": earlier.key}
            )
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
        if first is not posting and first.fingerprint != posting.fingerprint:
            raise _reused(posting.key)
    return list(unique.values())


def _post_at_once(postings: Sequence[Posting]) -> list[Transfer] | None:
    """Post in one statement, or return None: there are repeats or something is wrong, and nothing was posted."""
    batch = Batch.of(postings)
    if batch is None:
        return None
    try:
        # A statement is all or nothing by itself. In a caller's transaction a batch that fails needs a savepoint.
        with transaction.atomic() if connection.in_atomic_block and len(postings) > 1 else nullcontext():
            return batch.write()
    except IntegrityError:
        return None


def _post_with_care(postings: Sequence[Posting], tries: int = 3) -> list[Transfer]:
    """Post step by step, under the locks, so that whatever is wrong gets its own sentence."""
    try:
        with transaction.atomic():
            return _post_step_by_step(postings)
    except IntegrityError:  # a key of the batch was taken by somebody who shares no account with it
        if tries == 1:
            raise
        return _post_with_care(postings, tries - 1)


def _post_step_by_step(postings: Sequence[Posting]) -> list[Transfer]:
    accounts = accounts_lock(leg.code for posting in postings for leg in posting.legs)
    for posting in postings:
        _check_legs(posting, accounts)
    known = _known(postings)
    fresh = [posting for posting in postings if posting.key not in known]
    shortage = _shortage(fresh, accounts)
    if shortage is not None:
        raise shortage
    if fresh:
        batch = Batch.of(fresh)
        written = batch.write() if batch else None
        known |= {transfer.key: transfer for transfer in written or _known(fresh).values()}
    return [known[posting.key] for posting in postings]


def _reused(key: str) -> KeyReused:
    return KeyReused(
        _("Key %(key)s was already used for a transfer with other legs; use a new key.") % {"key": key}
    )


def _known(postings: Sequence[Posting]) -> dict[str, Transfer]:
    fingerprints = {posting.key: posting.fingerprint for posting in postings}
    known = {transfer.key: transfer for transfer in Transfer.objects.filter(key__in=fingerprints)}
    for key, transfer in known.items():
        if transfer.fingerprint != fingerprints[key]:
            raise _reused(key)
    return known


def _check_legs(posting: Posting, accounts: Mapping[str, Account]) -> None:
    where = f"Transfer {posting.key[:KEY_LENGTH]}"
    if not is_name(posting.key, KEY_LENGTH):
        raise LegsInvalid(
            _("A transfer needs a key of 1 to %(key_length)s printable characters that names its intent.")
            % {"key_length": KEY_LENGTH}
        )
    if not is_name(posting.reason, REASON_LENGTH):
        raise LegsInvalid(
            _("%(where)s needs a reason of 1 to %(reason_length)s printable characters.")
            % {"where": where, "reason_length": REASON_LENGTH}
        )
    if len({leg.code for leg in posting.legs}) != len(posting.legs) or not posting.legs:
        raise LegsInvalid(
            _("%(where)s must have legs, and each account in one leg only; add the amounts up.") % {"where": where}
        )
    sums: dict[str, int] = {}
    for leg in posting.legs:
        account = accounts.get(leg.code)
        if account is None:
            raise UnknownAccount(
                _("%(where)s names the account %(code)s, which is not open; open it first.")
                % {"where": where, "code": leg.code}
            )
        if type(leg.amount) is not int or leg.amount == 0 or abs(leg.amount) > LIMIT:
            raise LegsInvalid(
                _("%(where)s has the amount %(amount)r for %(code)s; use a whole number, not 0.")
                % {"where": where, "amount": leg.amount, "code": leg.code}
            )
        if leg.currency not in (None, account.currency):
            raise LegsInvalid(
                _("%(where)s posts %(currency)s to %(code)s, which is in %(currency2)s.")
                % {"where": where, "currency": leg.currency, "code": leg.code, "currency2": account.currency}
            )
        sums[account.currency] = sums.get(account.currency, 0) + leg.amount
    for currency, total in sums.items():
        if total:
            raise LegsInvalid(
                _("%(where)s does not balance: its %(currency)s legs sum to %(total)s, not to 0.")
                % {"where": where, "currency": currency, "total": total}
            )


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
                raise LegsInvalid(
                    _("Transfer %(key)s makes %(code)s larger than the books can hold.")
                    % {"key": posting.key, "code": leg.code}
                )
    return None
