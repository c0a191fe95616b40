"""Events to test with, and a checker that a stranger could write from docs/audit.md alone: none of our code."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor, audit_record
from tests.world import World

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)


def record(world: World, act: str = "cap.set", subject: str = "cap:1", **more: Any) -> AuditEvent:
    """Let Olga do something to Acme."""
    actor = more.pop("actor", Actor("person", user=world.olga, address="198.51.100.7", agent="Firefox"))
    organisation = more.pop("organisation", world.acme)
    now = more.pop("now", NOW)
    with transaction.atomic():
        audit_record(organisation_id=organisation.pk, actor=actor, act=act, subject=subject, now=now, **more)
    return AuditEvent.objects.filter(organisation=organisation).latest("id")


@contextmanager
def forged(statement: str) -> Iterator[None]:
    """Write past the guards for a while, as somebody with all rights on the server could."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
        yield
        transaction.set_rollback(True)


def proof_holds(text: str, kept: dict[str, str]) -> bool:
    """Return whether the proof's event is one that the kept digests stand for."""
    proof = json.loads(text)
    before, days = sha(), {}
    for row in proof["chain"]:
        before = sha(b"\x02", before, f"{row['day']}:{row['events']}:".encode(), bytes.fromhex(row["root"]))
        if not before.hex() == row["digest"] == kept.get(row["day"]):
            return False
        days[row["day"]] = row
    detail = proof["detail"]
    if detail and json.loads(proof["record"])["detail"] != (
        sha(bytes.fromhex(detail["salt"]), detail["content"].encode()).hex()
    ):
        return False
    day = days[proof["day"]]
    steps = [bytes.fromhex(step) for step in proof["path"]]
    return climb(sha(b"\x00", proof["record"].encode()), proof["index"], day["events"], steps).hex() == day["root"]


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def climb(leaf: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    if count == 1:
        return leaf
    half = 1
    while half * 2 < count:
        half *= 2
    if index < half:
        return sha(b"\x01", climb(leaf, index, half, path[:-1]), path[-1])
    return sha(b"\x01", path[-1], climb(leaf, index - half, count - half, path[:-1]))
