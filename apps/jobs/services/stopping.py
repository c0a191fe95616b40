"""Stopping a job, or many at once, and ending one for the platform."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.core.words import in_sentence
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, Want
from apps.jobs.selectors import jobs_stoppable
from apps.jobs.services.attempts import want_write
from apps.jobs.services.moves import Line, event_write, events_write, job_lock, jobs_lock
from apps.jobs.state import OVER, Reason
from apps.organisations.models import Grant, Membership
from apps.organisations.roles import Permission

JOBS_AT_ONCE = 100


def job_stop(*, membership: Membership, job: Job, now: datetime) -> Job:
    """Want the job stopped: a queued one costs nothing, a running one its seconds; a repeat changes nothing.

    Raises Denied, and Conflict when the job is already over.
    """
    membership.require(Permission.JOBS_STOP, job.project_id)
    if job.organisation_id != membership.organisation_id:
        raise Conflict(_("This job belongs to another organisation."))
    with transaction.atomic():
        job = job_lock(job.pk)
        if job.state in OVER:
            raise Conflict(
                _("This job is already %(state)s; there is nothing to stop.")
                % {"state": in_sentence(job.get_state_display())}
            )
        if job.stop_requested_at is None and job.attempt is not None:
            job.stop_requested_at = now
            job.save(update_fields=["stop_requested_at"])
            who = membership.user.name or membership.user.email
            event_write(job=job, kind="stop_requested", sentence=said.STOP_ASKED % {"who": who}, now=now)
            want_write(job=job, attempt=job.attempt, kind=Want.Kind.STOP, now=now)
        return job


def jobs_stop(*, grant: Grant, job_ids: Sequence[uuid.UUID], now: datetime) -> int:
    """Want the jobs stopped that the caller may stop and that have not ended; return how many that were.

    What is over, being stopped already, foreign or beyond JOBS_AT_ONCE is left alone, so a repeat changes nothing.
    Raises Denied without the permission anywhere in the organisation.
    """
    grant.require(Permission.JOBS_STOP)
    who = grant.member.user.name or grant.member.user.email
    return _stop(
        [job.pk for job in jobs_stoppable(grant, list(job_ids)[:JOBS_AT_ONCE])],
        sentence=said.STOP_ASKED % {"who": who},
        now=now,
    )


def jobs_stop_all(*, organisation_id: uuid.UUID, now: datetime) -> int:
    """Want every job of an organisation stopped, for the platform, a batch at a time; return how many were running."""
    going = Job.objects.filter(organisation=organisation_id, stop_requested_at=None).exclude(state__in=OVER)
    count = 0
    while ids := list(going.order_by("pk").values_list("pk", flat=True)[:JOBS_AT_ONCE]):
        count += _stop(ids, sentence=said.STOP_FROZEN, staff=True, now=now)
    return count


def _stop(ids: Sequence[uuid.UUID], *, sentence: str, now: datetime, staff: bool = False) -> int:
    with transaction.atomic():
        locked = jobs_lock(ids)
        jobs = [job for job in locked.values() if job.state not in OVER and job.stop_requested_at is None]
        attempts = Attempt.objects.in_bulk([job.attempt_id for job in jobs if job.attempt_id])
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(stop_requested_at=now)
        if staff:  # where the watchdog ends it, who pays for its silence stays as it is
            ends = Attempt.objects.filter(pk__in=attempts, ending__in=["", Reason.QUEUED_TOO_LONG])
            ends.update(ending=Reason.STAFF_STOPPED, move_to=None, move_most_micro=None)
        for job in jobs:
            job.stop_requested_at = now
        events_write(lines=[Line(job, "stop_requested", sentence) for job in jobs], now=now)
        for job in jobs:
            if job.attempt_id in attempts:
                want_write(job=job, attempt=attempts[job.attempt_id], kind=Want.Kind.STOP, now=now)
        return len(jobs)


def job_end(*, job_id: uuid.UUID, reason: str, now: datetime) -> bool:
    """Want a job ended for the platform, as a member's stop does; return whether that was to do.

    Queued it costs nothing, running its seconds; the customer reads the reason. An end that is on its way already
    changes nothing. Raises Conflict when the job is over.
    """
    with transaction.atomic():
        job = job_lock(job_id)
        if job.state in OVER:
            raise Conflict(
                _("This job is already %(state)s; there is nothing to stop.")
                % {"state": in_sentence(job.get_state_display())}
            )
        sentence = said.STAFF_STOPPED % {"reason": reason}
        return bool(_stop([job_id], sentence=sentence[:500], staff=True, now=now))
