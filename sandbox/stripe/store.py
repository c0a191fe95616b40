"""What the sandbox remembers: objects, webhook deliveries, idempotency keys and settings in one SQLite file."""

import json
import secrets
import sqlite3
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
LETTERS = string.ascii_letters + string.digits

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, due INTEGER,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, said TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh id such as `cus_Ab3…`."""
    return f"{prefix}_{''.join(secrets.choice(LETTERS) for _ in range(length))}"


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint; `attempts` counts those made."""

    id: int
    event: str
    endpoint: str
    attempts: int


class Store:
    """One SQLite file; every act is one transaction, so a crash leaves all of it or nothing."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written within, or nothing when an error leaves it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # objects

    def put(self, thing: Json, *, due: int | None = None) -> Json:
        """Write an object, new or changed; `due` is the second at which the timer looks at it."""
        self.db.execute(
            "INSERT INTO objects (id, kind, due, data) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET due = excluded.due, data = excluded.data",
            (thing["id"], thing["object"], due, json.dumps(thing)),
        )
        return thing

    def rewrite(self, thing: Json) -> Json:
        """Write a changed object; the timer looks at it when it would have anyway."""
        self.db.execute("UPDATE objects SET data = ? WHERE id = ?", (json.dumps(thing), thing["id"]))
        return thing

    def get(self, kind: str, object_id: str) -> Json | None:
        """Return the object, or None where there is none of that kind."""
        row = self.db.execute("SELECT data FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, object_id: str) -> Json | None:
        """Return the object of whatever kind."""
        row = self.db.execute("SELECT data FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def seq(self, kind: str, object_id: str) -> int | None:
        """Return the place of the object among its kind."""
        row = self.db.execute("SELECT seq FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
        return int(row[0]) if row else None

    def walk(self, kind: str, *, before: int | None = None, after: int | None = None) -> Iterator[Json]:
        """Yield objects of the kind, newest first from `before` down, or oldest first from `after` up."""
        if after is not None:
            query, bound = "SELECT data FROM objects WHERE kind = ? AND seq > ? ORDER BY seq", after
        else:
            query = "SELECT data FROM objects WHERE kind = ? AND seq < ? ORDER BY seq DESC"
            bound = before if before is not None else 2**62
        for row in self.db.execute(query, (kind, bound)):
            yield json.loads(row[0])

    def due(self, now: int) -> list[Json]:
        """Return objects whose time has come."""
        rows = self.db.execute("SELECT data FROM objects WHERE due <= ? ORDER BY due LIMIT 100", (now,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def rekind(self, object_id: str, kind: str) -> None:
        """Move the object among another kind: a deleted one is no longer found under its first."""
        self.db.execute("UPDATE objects SET kind = ? WHERE id = ?", (kind, object_id))

    # webhook deliveries

    def delivery_add(self, event: str, endpoint: str, next_at: float) -> None:
        """Note that the event is to be sent to the endpoint at that second."""
        self.db.execute(
            "INSERT INTO deliveries (event, endpoint, state, next_at) VALUES (?, ?, 'pending', ?)",
            (event, endpoint, next_at),
        )

    def deliveries_due(self, now: float, *, newest_first: bool = False) -> list[Delivery]:
        """Return the deliveries whose second has come."""
        order = "id DESC" if newest_first else "next_at, id"
        rows = self.db.execute(
            "SELECT id, event, endpoint, attempts FROM deliveries WHERE state = 'pending' AND next_at <= ? "
            f"ORDER BY {order} LIMIT 200",
            (now,),
        ).fetchall()
        return [Delivery(*row) for row in rows]

    def delivery_end(self, delivery: Delivery, state: str, said: str) -> None:
        """Note how the delivery ended: delivered, dropped or given_up."""
        self.db.execute(
            "UPDATE deliveries SET state = ?, said = ?, attempts = ? WHERE id = ?",
            (state, said, delivery.attempts + 1, delivery.id),
        )

    def delivery_again(self, delivery: Delivery, next_at: float, said: str) -> None:
        """Note a failed attempt and the second of the next."""
        self.db.execute(
            "UPDATE deliveries SET said = ?, attempts = ?, next_at = ? WHERE id = ?",
            (said, delivery.attempts + 1, next_at, delivery.id),
        )

    def deliveries_of(self, event: str) -> list[Json]:
        """Return what became of each delivery of the event."""
        rows = self.db.execute(
            "SELECT endpoint, state, attempts, said FROM deliveries WHERE event = ? ORDER BY id", (event,)
        ).fetchall()
        return [dict(zip(("endpoint", "state", "attempts", "said"), row, strict=True)) for row in rows]

    def pending(self, event: str) -> int:
        """Return how many deliveries of the event are still on their way."""
        row = self.db.execute(
            "SELECT count(*) FROM deliveries WHERE event = ? AND state = 'pending'", (event,)
        ).fetchone()
        return int(row[0])

    # idempotency keys

    def answer_get(self, key: str, since: int) -> tuple[str, int, str, str] | None:
        """Return (fingerprint, status, body, request id) of the first answer under the key, if not too old."""
        row: tuple[str, int, str, str] | None = self.db.execute(
            "SELECT fingerprint, status, body, request FROM answers WHERE key = ? AND at >= ?", (key, since)
        ).fetchone()
        return row

    def answer_put(self, key: str, fingerprint: str, status: int, body: str, request: str, at: int) -> None:
        """Remember the first answer under the key."""
        self.db.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
            (key, fingerprint, status, body, request, at),
        )

    # settings

    def setting(self, name: str) -> Any:
        """Return the setting, or None."""
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def setting_put(self, name: str, value: Any) -> None:
        """Write the setting."""
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
