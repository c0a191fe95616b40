"""Writing the audit trail: who acts, and one row per act, in the transaction of the act."""

import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from apps.core.staff import staff_act_write
from apps.organisations.audit import detail_hash, is_personal, plain
from apps.organisations.models import ApiKey, AuditDetail, AuditEvent
from apps.users.models import User

ACT = re.compile(r"[a-z_]{1,30}\.[a-z_]{1,29}")
SUBJECT = re.compile(r"[a-z_]{1,30}:[^\s@]{1,80}")


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where; `acting_as` is the person a member of staff stands in for."""

    kind: str  # a value of AuditEvent.Kind
    user: User | None = None
    api_key: ApiKey | None = None
    address: str = ""  # IP address, "" for the system
    agent: str = ""
    acting_as: User | None = None

    @classmethod
    def system(cls) -> "Actor":
        """Return the platform itself: periodic acts, webhooks, migrations."""
        return cls(kind=AuditEvent.Kind.SYSTEM)

    @classmethod
    def person(cls, user: User) -> "Actor":
        """Return a person without a request: commands, tests."""
        return cls(kind=AuditEvent.Kind.PERSON, user=user)


def audit_record(
    *,
    organisation_id: uuid.UUID,
    actor: Actor,
    act: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    why: str = "",
    now: datetime,
) -> AuditEvent:
    """Write one event of the trail, in the caller's transaction: no act without it, no event without its act.

    `act` is noun.verb ("cap.set"), `subject` noun:<id> and nothing personal. Of `before` and `after` what is equal
    on both sides is left out; values under personal names (organisations/audit.py) go to the erasable side.
    What staff do stands in the staff's own trail too, there with `why` (or the reason in `after`), which only staff
    read. Costs two statements, three for staff.
    Raises ValueError for other shapes, TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{act} is recorded outside of a transaction; open one around the act.")
    if not ACT.fullmatch(act) or not SUBJECT.fullmatch(subject):
        raise ValueError(f"An event is noun.verb on noun:<id>, not {act!r} on {subject!r}.")
    old, new = _changes(before, after)
    content = _content(actor, old, new)
    salt = os.urandom(32)
    event = AuditEvent.objects.create(
        organisation_id=organisation_id,
        at=now,
        act=act,
        subject=subject,
        actor_kind=AuditEvent.Kind(actor.kind),
        user_id=actor.user.pk if actor.user else None,
        acting_as_id=actor.acting_as.pk if actor.acting_as else None,
        api_key_id=actor.api_key.pk if actor.api_key else None,
        before=_side(old, personal=False),
        after=_side(new, personal=False),
        detail_hash=detail_hash(salt, content),
    )
    AuditDetail.objects.create(event=event, salt=salt, content=content, people=_people(content))
    if event.actor_kind == AuditEvent.Kind.STAFF:
        staff_act_write(
            staff_id=event.user_id,
            act=act,
            subject=subject,
            organisation_id=organisation_id,
            reason=why or str((new or {}).get("reason") or ""),
            facts={side: values for side, values in (("before", old), ("after", new)) if values},
            now=now,
        )
    return event


def audit_download_record(
    *,
    organisation_id: uuid.UUID,
    actor: Actor,
    act: str,
    subject: str,
    facts: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Write that somebody takes a copy of the trail, or of a proof, along: before the first byte leaves."""
    with transaction.atomic():
        audit_record(organisation_id=organisation_id, actor=actor, act=act, subject=subject, after=facts, now=now)


def _changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    old, new = (None if side is None else plain(side) for side in (before, after))
    if old is not None and new is not None:
        same = {name for name in old if name in new and old[name] == new[name]}
        old, new = ({name: value for name, value in side.items() if name not in same} for side in (old, new))
    return old, new


def _side(values: dict[str, Any] | None, *, personal: bool) -> dict[str, Any] | None:
    chosen = {name: value for name, value in (values or {}).items() if is_personal(name) is personal}
    return chosen or None


def _content(actor: Actor, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    content = {
        "person": actor.user.name if actor.user else "",
        "email": actor.user.email if actor.user else "",
        "acting_as": actor.acting_as.email if actor.acting_as else "",
        "key": actor.api_key.name if actor.api_key else "",
        "address": actor.address,
        "agent": actor.agent[:300],
        "before": _side(old, personal=True),
        "after": _side(new, personal=True),
    }
    return {name: plain(value) for name, value in content.items() if value}


def _people(value: Any) -> list[str]:
    """Return every e-mail address among the values, lower-case."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return sorted({address for inner in value for address in _people(inner)})
    return [value.lower()[:254]] if isinstance(value, str) and "@" in value and " " not in value else []
