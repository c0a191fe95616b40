"""What the sandbox chain keeps on disk: accounts as of the last closed slot, and every transaction.

One SQLite transaction a slot, without fsync: killing the process loses the open slot at most, cutting the power
may lose more, as befits a sandbox.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (
    address BLOB PRIMARY KEY, owner BLOB NOT NULL, lamports INTEGER NOT NULL, data BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    signature TEXT PRIMARY KEY, slot INTEGER NOT NULL, place INTEGER NOT NULL, time INTEGER NOT NULL,
    error TEXT, fee INTEGER NOT NULL, units INTEGER NOT NULL, blob BLOB NOT NULL, details TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_slot ON entry (slot);
CREATE TABLE IF NOT EXISTS touch (
    address BLOB NOT NULL, slot INTEGER NOT NULL, place INTEGER NOT NULL, signature TEXT NOT NULL,
    PRIMARY KEY (address, slot, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS touch_slot ON touch (slot);
"""


@dataclass(slots=True)
class Entry:
    """One processed transaction; `error` is the JSON-RPC value, `details` its balances before and after."""

    signature: str
    slot: int
    place: int
    time: int
    error: Any
    fee: int
    units: int
    blob: bytes
    logs: list[str]
    addresses: list[Pubkey]
    pre_balances: list[int]
    post_balances: list[int]
    inner: list[Any]
    pre_tokens: list[Any]
    post_tokens: list[Any]


class InUse(RuntimeError):
    """Another process has the chain's file open, or it cannot be written; the text is one sentence."""


class Store:
    """The database file of one chain."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, timeout=0.5)
        pragmas = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;"
        try:
            self.db.executescript(pragmas + SCHEMA)
        except sqlite3.OperationalError as error:
            raise InUse(f"The chain in {path.parent} is in use by another process ({error}).") from None

    def close(self) -> None:
        """Close the file; everything written stays."""
        self.db.close()

    def meta(self) -> dict[str, Any]:
        """Return the named values."""
        return {name: json.loads(value) for name, value in self.db.execute("SELECT name, value FROM meta")}

    def accounts(self) -> Iterator[tuple[Pubkey, Account]]:
        """Yield every account."""
        for address, owner, lamports, data in self.db.execute(
            "SELECT address, owner, lamports, data FROM account"
        ):
            yield Pubkey.from_bytes(address), Account(lamports, data, Pubkey.from_bytes(owner))

    def write(
        self, meta: dict[str, Any], accounts: Iterable[tuple[Pubkey, Account | None]], entries: Iterable[Entry]
    ) -> None:
        """Write one slot, wholly or not at all."""
        db = self.db
        db.execute("BEGIN")
        db.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in meta.items()],
        )
        changed = list(accounts)
        gone = [(bytes(address),) for address, account in changed if account is None]
        db.executemany("DELETE FROM account WHERE address = ?", gone)
        rows = [(bytes(a), bytes(held.owner), held.lamports, held.data) for a, held in changed if held is not None]
        db.executemany("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)", rows)
        for entry in entries:
            self._write_entry(entry)
        db.execute("COMMIT")

    def _write_entry(self, entry: Entry) -> None:
        details = {
            "logs": entry.logs, "pre": entry.pre_balances, "post": entry.post_balances, "inner": entry.inner,
            "pre_tokens": entry.pre_tokens, "post_tokens": entry.post_tokens,
        }  # fmt: skip
        error = None if entry.error is None else json.dumps(entry.error)
        row = (
            entry.signature, entry.slot, entry.place, entry.time, error, entry.fee, entry.units, entry.blob,
            json.dumps(details),
        )  # fmt: skip
        self.db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self.db.executemany(
            "INSERT OR REPLACE INTO touch VALUES (?, ?, ?, ?)",
            [(bytes(address), entry.slot, entry.place, entry.signature) for address in entry.addresses],
        )

    def drop_from(self, slot: int) -> None:
        """Forget the transactions of this slot and later ones (a dropped fork)."""
        self.db.execute("BEGIN")
        self.db.execute("DELETE FROM entry WHERE slot >= ?", (slot,))
        self.db.execute("DELETE FROM touch WHERE slot >= ?", (slot,))
        self.db.execute("COMMIT")

    def entry(self, signature: str) -> Entry | None:
        """Return a transaction, None when unknown."""
        row = self.db.execute(
            "SELECT signature, slot, place, time, error, fee, units, blob, details FROM entry WHERE signature = ?",
            (signature,),
        ).fetchone()
        if row is None:
            return None
        found, slot, place, time, error, fee, units, blob, details = row
        more = json.loads(details)
        balances = more["pre"], more["post"], more["inner"], more["pre_tokens"], more["post_tokens"]
        problem = json.loads(error) if error else None
        return Entry(found, slot, place, time, problem, fee, units, blob, more["logs"], [], *balances)

    def touched(self, address: Pubkey, before: tuple[int, int], limit: int) -> list[str]:
        """Return signatures that named the address, newest first, older than (slot, place)."""
        rows = self.db.execute(
            "SELECT signature FROM touch WHERE address = ? AND (slot, place) < (?, ?) "
            "ORDER BY slot DESC, place DESC LIMIT ?",
            (bytes(address), *before, limit),
        )
        return [signature for (signature,) in rows]
