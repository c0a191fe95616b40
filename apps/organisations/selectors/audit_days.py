"""The digests of the audit trail, the proof of an event, and the check of the whole trail against them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.core.merkle import EMPTY, day_digest, leaf_hash, path_of, root_of
from apps.organisations.audit import canonical, detail_hash, record_of
from apps.organisations.audit_proofs import FORMAT
from apps.organisations.models import AuditDay, AuditEvent, Organisation


def audit_digests(organisation_id: UUID) -> dict[str, str]:
    """Return the digest of each closed day of the organisation, in hexadecimal, oldest first."""
    days = AuditDay.objects.filter(organisation_id=organisation_id).order_by("number")
    return {day.day.isoformat(): bytes(day.digest).hex() for day in days}


def audit_day_last(organisation: Organisation) -> AuditDay | None:
    """Return the day that was closed last, if any was."""
    return organisation.audit_days.order_by("-number").first()


def audit_proof(event: AuditEvent) -> dict[str, Any]:
    """Return what proves the event (docs/audit.md). Raises Conflict while its day is not closed."""
    if event.day is None:
        raise Conflict(
            _("The day of this event is not closed yet; its proof can be downloaded tomorrow."), code="day_open"
        )
    leaves = [
        leaf_hash(record_of(one)) for one in event.day.events.order_by("position").iterator(chunk_size=2_000)
    ]
    detail = getattr(event, "detail", None)
    return {
        "format": FORMAT,
        "organisation": str(event.organisation_id),
        "record": record_of(event).decode(),
        "detail": None
        if detail is None
        else {"salt": bytes(detail.salt).hex(), "content": canonical(detail.content).decode()},
        "day": event.day.day.isoformat(),
        "index": event.position,
        "path": [step.hex() for step in path_of(leaves, event.position or 0)],
        "chain": [
            {
                "day": day.day.isoformat(),
                "events": day.count,
                "root": bytes(day.root).hex(),
                "digest": bytes(day.digest).hex(),
            }
            for day in AuditDay.objects.filter(organisation_id=event.organisation_id).order_by("number")
        ],
    }


def audit_findings(organisation_id: UUID) -> Iterator[str]:
    """Yield a sentence for everything in the organisation's closed days that is not as their digests say."""
    previous, number = EMPTY, 0
    for day in AuditDay.objects.filter(organisation_id=organisation_id).order_by("number"):
        number += 1
        if day.number != number:
            yield f"{day.day}: it is number {day.number} and follows {number - 1}; a day between them is gone."
            number = day.number
        if bytes(day.previous) != previous:
            yield f"{day.day}: it does not follow the day before it."
        previous = bytes(day.digest)
        if day_digest(bytes(day.previous), day.day, bytes(day.root), day.count) != previous:
            yield f"{day.day}: its digest is not that of its root and of the day before."
        yield from _day_findings(day)


def _day_findings(day: AuditDay) -> Iterator[str]:
    positions = 0
    wrong: list[str] = []

    def leaves() -> Iterator[bytes]:
        nonlocal positions
        for event in day.events.select_related("detail").order_by("position").iterator(chunk_size=2_000):
            if event.position != positions:
                wrong.append(f"{day.day}: event {event.pk} stands at {event.position}, not at {positions}.")
            detail = getattr(event, "detail", None)
            if detail is not None and detail_hash(bytes(detail.salt), detail.content) != bytes(event.detail_hash):
                wrong.append(f"{day.day}: the personal details of event {event.pk} were changed.")
            positions += 1
            yield leaf_hash(record_of(event))

    root = root_of(leaves())
    yield from wrong
    if day.emptied_at is not None:
        if positions:
            yield f"{day.day}: it was emptied, and yet it has {positions} events."
    elif positions != day.count:
        yield f"{day.day}: it was closed over {day.count} events, and has {positions}."
    elif root != bytes(day.root):
        yield f"{day.day}: its events are not the ones that its digest stands for."
