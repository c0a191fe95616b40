"""The only writer of Job.state, and of the timeline that says why."""

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.errors import Conflict
from apps.jobs.models import Job, JobEvent
from apps.jobs.state import OVER, Reason, State, may_follow, may_return


def job_lock(job_id: uuid.UUID) -> Job:
    """Return the job with its row locked until the transaction ends. Raises Job.DoesNotExist."""
    return Job.objects.select_for_update(no_key=True).get(pk=job_id)


def job_move(
    *,
    job: Job,
    to: State,
    now: datetime,
    sentence: str,
    reason: Reason = Reason.NONE,
    signature: str = "",
    slot: int | None = None,
    act: str = "",
    back: bool = False,
    **fields: Any,
) -> None:
    """Move a locked job to the state `to`, write the timeline event and tell whoever watches.

    `fields` are further columns to set with it (node, times); `back` is for what a dropped fork undid. Raises
    Conflict for a move the table does not know.
    """
    if not (may_return if back else may_follow)(State(job.state), to):
        raise Conflict(f"A job that is {job.get_state_display().lower()} cannot become {to.label.lower()}.")
    job.state, job.reason, job.sentence = to, reason, sentence if reason else ""
    if to in OVER:
        fields.setdefault("ended_at", now)
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=["state", "reason", "sentence", *fields])
    event_write(job=job, kind=to, sentence=sentence, now=now, signature=signature, slot=slot, act=act)


def event_write(
    *,
    job: Job,
    kind: str,
    sentence: str,
    now: datetime,
    signature: str = "",
    slot: int | None = None,
    act: str = "",
) -> JobEvent:
    """Add one line to the timeline of a locked job and tell whoever watches.

    `act` is the instruction of the program that the line tells of; each is told once, so a line that comes with an
    act told before does not name it again.
    """
    if act and job.events.filter(signature=signature, act=act).exists():
        act = ""
    last = job.events.order_by("-seq").values_list("seq", flat=True).first() or 0
    event = JobEvent.objects.create(
        job=job,
        seq=last + 1,
        at=now,
        kind=kind,
        sentence=sentence,
        state=job.state,
        act=act,
        signature=signature,
        slot=slot,
    )
    job_notify(job.pk, f"event {event.seq}")
    return event


def job_notify(job_id: uuid.UUID, payload: str) -> None:
    """Tell the channel `job_<hex of the id>`, when this transaction commits, what is new ("event 3", "log 57")."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A notice goes with the transaction that makes it true.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [f"job_{job_id.hex}", payload])
