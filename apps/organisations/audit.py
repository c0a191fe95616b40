"""The written form of the audit trail: what a digest covers to the byte, and what counts as personal.

docs/audit.md shows the same to strangers; a change here needs a new VERSION there.
"""

import enum
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from apps.organisations.models import AuditEvent

VERSION = 1
TEXT_LIMIT = 2_000  # characters of one value
# Values under these names, and under every …_email, are erasable: addresses, and texts in which people name people.
PERSONAL = frozenset(
    {
        "address",
        "agent",
        "email",
        "invitee",
        "note",
        "person",
        "phone",
        "reason",
        "refusal",
        "search",
        "worst_case",
    }
)


def is_personal(name: str) -> bool:
    """Return whether a field of this name belongs to the erasable side of an event."""
    return name in PERSONAL or name.endswith("_email")


def canonical(value: Any) -> bytes:
    """Return the value as the UTF-8 JSON that is hashed: names sorted, no spaces, no escapes but JSON's own."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def plain(value: Any) -> Any:
    """Return the value as JSON knows it and as the database will give it back: no fractions, no null characters."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and not isinstance(value, enum.Enum):
        return value
    if isinstance(value, Mapping):
        return {_text(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(inner) for inner in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return _text(value.value if isinstance(value, enum.Enum) else value)


def moment(at: datetime) -> str:
    """Return a time as the trail writes it: UTC, always with six decimals ("2026-11-23T12:00:00.000000Z")."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record_of(event: AuditEvent) -> bytes:
    """Return the bytes of an event that its day's digest covers; nothing personal is among them."""
    key: uuid.UUID | None = event.api_key_id
    return canonical(
        {
            "version": VERSION,
            "id": event.pk,
            "organisation": str(event.organisation_id),
            "at": moment(event.at),
            "act": event.act,
            "subject": event.subject,
            "actor": {
                "kind": event.actor_kind,
                "user": event.user_id,
                "acting_as": event.acting_as_id,
                "key": None if key is None else str(key),
            },
            "before": event.before,
            "after": event.after,
            "detail": bytes(event.detail_hash).hex(),
        }
    )


def detail_hash(salt: bytes, content: Mapping[str, Any]) -> bytes:
    """Return the hash by which an event is tied to its erasable side."""
    return hashlib.sha256(salt + canonical(content)).digest()


def _text(value: Any) -> str:
    text = str(value).replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
