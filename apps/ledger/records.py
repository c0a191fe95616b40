"""What is hashed: the exact bytes that stand for an entry and for an account's day (docs/ledger.md, "Proofs").

Lines are joined by a newline and none may hold one, so that no two facts have the same bytes.
"""

import hashlib
from datetime import UTC, datetime


def entry_record(*, fingerprint: str, at: datetime, amount: int, reason: str, key: str) -> bytes:
    """Return the bytes of one entry: what its transfer is, and what it does to this account."""
    return "\n".join((fingerprint, moment_text(at), str(amount), reason, key)).encode()


def account_record(*, mark: str, before: int, entries: int, opening: int, closing: int, root: bytes) -> bytes:
    """Return the bytes of one account's day."""
    return "\n".join((mark, str(before), str(entries), str(opening), str(closing), root.hex())).encode()


def account_mark(blind: bytes, code: str) -> str:
    """Return what stands for the account's code in its record; only who knows `blind` can tell which it is."""
    return hashlib.sha256(f"{blind.hex()}:{code}".encode()).hexdigest()


def moment_text(at: datetime) -> str:
    """Return a time in UTC to the microsecond, always 27 characters: 2026-11-02T12:00:00.000000Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
