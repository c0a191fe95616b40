"""What jobs do by themselves when time passes: they waited too long, their time limit is near, or it is over.

Each act locks the job first and checks second, so that any number of workers may run it at once, and twice.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.durations import duration_text
from apps.core.errors import AppError
from apps.core.sweeping import each_apart
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, Market, Want
from apps.jobs.policies import NearThen, QueueThen, near_seconds
from apps.jobs.selectors import attempts_near_limit, attempts_overrun, attempts_waiting_too_long
from apps.jobs.services.attempts import want_write
from apps.jobs.services.extension import extension_want
from apps.jobs.services.moves import event_write
from apps.jobs.services.observation import attempt_get
from apps.jobs.services.telling import job_tell
from apps.jobs.services.tries import MOVES_MAXIMUM, market_other
from apps.jobs.state import Reason, State

BATCH = 500  # attempts of each kind in one round
GRACE_S = 120  # past its time limit a live node has ended its job by itself


def jobs_watch(*, now: datetime) -> int:
    """Let every job whose time has come do what its policy says; return how many were looked at."""
    overrun = attempts_overrun(before=now - timedelta(seconds=GRACE_S))
    due: list[tuple[Callable[..., bool], uuid.UUID]] = [
        *((attempt_waited, one) for one in attempts_waiting_too_long(now=now)[:BATCH]),
        *((attempt_near, one) for one in attempts_near_limit(now=now)[:BATCH]),
        *((attempt_overran, one) for one in overrun[:BATCH]),
    ]
    each_apart(due, lambda one: one[0](attempt_id=one[1], now=now))
    return len(due)


def attempt_waited(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """Do what the policy says of a job that waited too long; return whether there was something to do."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if not _current(job, attempt, State.QUEUED) or job.queued_at is None or job.queue_limit_s is None:
            return False
        waited = int((now - job.queued_at).total_seconds())
        if waited < job.queue_limit_s or attempt.ending:
            return False
        if job.queue_then == QueueThen.GIVE_UP:
            sentence = said.WAITED_GIVEN_UP % {"time": duration_text(waited)}
            _end(job, attempt, Reason.QUEUED_TOO_LONG, "waited", sentence, now)
        elif job.queue_then == QueueThen.MOVE and (market := _move_to(job)) is not None:
            sentence = said.WAITED_MOVES % {"time": duration_text(waited), "market": market.name}
            _end(job, attempt, Reason.QUEUED_TOO_LONG, "waited", sentence, now)
        elif attempt.waited_at is not None:
            return False
        else:
            words = {QueueThen.WAIT: said.WAITS_ON, QueueThen.MOVE: said.NO_OTHER_MARKET}[
                QueueThen(job.queue_then)
            ]
            sentence = said.WAITED % {"time": duration_text(waited), "then": words}
            event_write(job=job, kind="waited", sentence=sentence, now=now)
            job_tell(job, "waited", sentence, key=f"{attempt.pk}:waited", now=now)
        Attempt.objects.filter(pk=attempt_id).update(waited_at=attempt.waited_at or now)
        return True


def attempt_near(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """Extend a job that is near its time limit, or warn once; return whether there was something to do."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if not _current(job, attempt, State.RUNNING) or attempt.warned_at is not None or job.started_at is None:
            return False
        left = job.timeout_s - int((now - job.started_at).total_seconds())
        if left > near_seconds(job.timeout_s):
            return False
        Attempt.objects.filter(pk=attempt_id).update(warned_at=now)  # until a longer time limit lands
        longer = min(job.timeout_s + job.extend_by_s, job.extend_most_s)
        wanted = job.near_then == NearThen.EXTEND and longer > job.timeout_s
        if wanted and _extended(job, longer, now):
            return True
        sentence = said.NEAR_LIMIT % {"left": duration_text(max(left, 0)), "limit": duration_text(job.timeout_s)}
        event_write(job=job, kind="near_limit", sentence=sentence, now=now)
        if job.timeout_s >= 3600:  # a shorter one is over before anybody reads a mail
            job_tell(job, "near_limit", sentence, key=f"{attempt.pk}:near:{job.timeout_s}", now=now)
        return True


def attempt_overran(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """End a job whose node has not ended it though its time is over; return whether it was to do."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if not _current(job, attempt, State.RUNNING) or attempt.ending or job.started_at is None:
            return False
        if (now - job.started_at).total_seconds() < job.timeout_s + GRACE_S:
            return False
        sentence = said.OVERRAN % {"limit": duration_text(job.timeout_s)}
        _end(job, attempt, Reason.TIMEOUT, "watchdog", sentence, now)
        return True


def attempt_silent(*, attempt_id: uuid.UUID, now: datetime) -> bool:
    """End a job whose node gave no sign of life for longer than its policy allows; return whether it was to do."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if not _current(job, attempt, State.RUNNING) or attempt.ending or job.silent_limit_s is None:
            return False
        heard = max(filter(None, (attempt.heard_at, attempt.started_at, job.started_at)), default=None)
        if heard is None or (now - heard).total_seconds() < job.silent_limit_s:
            return False
        silent = duration_text(int((now - heard).total_seconds()))
        sentence = said.SILENT % {"time": silent}
        _end(job, attempt, Reason.NODE_SILENT, "watchdog", sentence, now)
        return True


def attempts_heard(*, attempt_ids: list[uuid.UUID], now: datetime) -> int:
    """Note a sign of life of these attempts' nodes; return of how many."""
    return Attempt.objects.filter(pk__in=attempt_ids, settled_at=None).update(heard_at=now)


def _extended(job: Job, longer: int, now: datetime) -> bool:
    """Ask for more time as the policy says; return whether it is on its way. What stands against it is told."""
    try:
        with transaction.atomic():
            extension_want(job_id=job.pk, timeout_s=longer, who=said.POLICY, now=now)
    except AppError as error:
        sentence = (said.NOT_EXTENDED % {"limit": duration_text(longer), "why": error.message})[:500]
        event_write(job=job, kind="not_extended", sentence=sentence, now=now)
        job_tell(job, "not_extended", sentence, key=f"{job.attempt_id}:not_extended:{longer}", now=now)
        return False
    return True


def _current(job: Job, attempt: Attempt, state: State) -> bool:
    return job.attempt_id == attempt.pk and job.state == state and job.stop_requested_at is None


def _move_to(job: Job) -> Market | None:
    if job.attempts.filter(ending=Reason.QUEUED_TOO_LONG).count() >= MOVES_MAXIMUM:
        return None
    return market_other(job)


def _end(job: Job, attempt: Attempt, reason: Reason, kind: str, sentence: str, now: datetime) -> None:
    """Want the end of a locked job's current attempt, for a reason of our own."""
    Attempt.objects.filter(pk=attempt.pk).update(ending=reason)
    event_write(job=job, kind=kind, sentence=sentence, now=now)
    want_write(job=job, attempt=attempt, kind=Want.Kind.STOP, now=now)
