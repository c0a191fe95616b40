"""Freezing an organisation: staff stop it from starting and paying anything, until they thaw it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.errors import NotFound
from apps.core.wiring import announce
from apps.organisations.models import AuditEvent, Organisation
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.staff import reason_read, staff_require, text_read

FREEZES = "organisations.freeze_organisation"


def organisation_freeze(
    *, organisation_id: UUID, reason: str, why: str, stop_jobs: bool, actor: Actor, now: datetime
) -> Organisation:
    """Freeze an organisation and tell its owner and admins: nothing is started, topped up or changed in it.

    `why` is the sentence that its people read, if any; `reason` is for the staff's trail alone. What runs goes on,
    unless `stop_jobs`, which a second call may still add; otherwise a repeat changes nothing. A payment that comes
    meanwhile is held. Raises Denied, NotFound, Closed, AppError without a reason or for too long a text.
    """
    staff_require(actor, FREEZES)
    reason, why = reason_read(reason), text_read("why", why)
    with transaction.atomic():
        organisation = _locked(organisation_id)
        organisation.require_open()
        fresh = organisation.frozen_at is None
        if fresh:
            organisation.frozen_at, organisation.frozen_why = now, why
            organisation.save(update_fields=["frozen_at", "frozen_why"])
            after = {"frozen_at": now, "why": why, "jobs": "stopped" if stop_jobs else "go on"}
            event = _record(organisation, "organisation.frozen", {"frozen_at": None}, after, reason, actor, now)
            announce("organisations.freeze_moved", event_id=event.pk)
        stop_jobs = stop_jobs and (fresh or not _stopped(organisation))
        if stop_jobs and not fresh:
            _record(organisation, "organisation.jobs_stopped", None, {"jobs": "stopped"}, reason, actor, now)
        if stop_jobs:
            announce("organisations.stop_wanted", organisation_id=str(organisation.pk))
        return organisation


def organisation_thaw(*, organisation_id: UUID, reason: str, actor: Actor, now: datetime) -> Organisation:
    """Let a frozen organisation work again and tell its owner and admins; a repeat changes nothing.

    Payments that were held stay so until somebody looks at them. Raises as organisation_freeze.
    """
    staff_require(actor, FREEZES)
    reason = reason_read(reason)
    with transaction.atomic():
        organisation = _locked(organisation_id)
        if organisation.frozen_at is not None:
            before = {"frozen_at": organisation.frozen_at, "why": organisation.frozen_why}
            organisation.frozen_at, organisation.frozen_why = None, ""
            organisation.save(update_fields=["frozen_at", "frozen_why"])
            event = _record(organisation, "organisation.thawed", before, {"frozen_at": None}, reason, actor, now)
            announce("organisations.freeze_moved", event_id=event.pk)
        return organisation


def _locked(organisation_id: UUID) -> Organisation:
    """Return the organisation, locked against everything that keeps it working. Raises NotFound."""
    found = Organisation.objects.select_for_update().filter(pk=organisation_id).first()
    if found is None:
        raise NotFound()
    return found


def _stopped(organisation: Organisation) -> bool:
    """Return whether its jobs were stopped since it was frozen; it starts none while it is."""
    acts = ("organisation.frozen", "organisation.jobs_stopped")
    since = organisation.audit_events.filter(act__in=acts, at__gte=organisation.frozen_at)
    return since.filter(after__jobs="stopped").exists()


def _record(
    organisation: Organisation,
    act: str,
    before: dict[str, object] | None,
    after: dict[str, object],
    reason: str,
    actor: Actor,
    now: datetime,
) -> AuditEvent:
    return audit_record(
        organisation_id=organisation.pk,
        actor=actor,
        act=act,
        subject=f"organisation:{organisation.pk}",
        before=before,
        after=after,
        why=reason,
        now=now,
    )
