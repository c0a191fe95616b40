"""The only writer of Job.state, and of the timeline that says why, for one job or for many at once."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.core.words import in_sentence
from apps.jobs.events import SENTENCES, job_facts
from apps.jobs.models import Job, JobEvent
from apps.jobs.state import OVER, Reason, State, may_follow, may_return
from apps.notifications.services import Fact, events_emit


def job_lock(job_id: uuid.UUID) -> Job:
    """Return the job with its row locked until the transaction ends. Raises Job.DoesNotExist."""
    return Job.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(pk=job_id)


def jobs_lock(job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Job]:
    """Return the jobs by id, with their markets, rows locked in one order until the transaction ends."""
    jobs = Job.objects.select_for_update(no_key=True, of=("self",)).select_related("market", "project")
    return {job.pk: job for job in jobs.filter(pk__in=job_ids).order_by("pk")}


@dataclass(frozen=True)
class Line:
    """A line of a job's timeline to be."""

    job: Job
    kind: str
    sentence: str
    signature: str = ""
    slot: int | None = None
    act: str = ""  # the program's instruction it tells of


def acts_known(lines: Sequence[Line]) -> set[tuple[uuid.UUID, str, str]]:
    """Return job, signature and act of those of the lines' instructions that their timelines tell already."""
    telling = [line for line in lines if line.act]
    if not telling:
        return set()
    events = JobEvent.objects.filter(job__in=[line.job.pk for line in telling]).exclude(act="")
    return set(
        events.filter(signature__in={line.signature for line in telling}).values_list("job", "signature", "act")
    )


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
        raise Conflict(
            _("A job that is %(state)s cannot become %(to)s.")
            % {"state": in_sentence(job.get_state_display()), "to": in_sentence(to.label)}
        )
    job.state, job.reason, job.sentence = to, reason, sentence if reason else ""
    if to in OVER:
        fields.setdefault("ended_at", now)
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=["state", "reason", "sentence", *fields])
    events_write(lines=[Line(job, to, sentence, signature, slot, act)], now=now, told=True)


def jobs_move(*, lines: Sequence[Line], to: State, now: datetime, **fields: Any) -> None:
    """Move many locked jobs to one live state with the same `fields`, one line each. Raises Conflict as job_move."""
    jobs = [line.job for line in lines]
    for job in jobs:
        if not may_follow(State(job.state), to) or to in OVER:
            raise Conflict(
                _("A job that is %(state)s cannot become %(to)s.")
                % {"state": in_sentence(job.get_state_display()), "to": in_sentence(to.label)}
            )
    changed = {"state": to, "reason": Reason.NONE, "sentence": "", **fields}
    for job in jobs:
        for name, value in changed.items():
            setattr(job, name, value)
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(**changed)
    events_write(lines=lines, now=now, told=True)


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
    """Add one line to the timeline of a locked job and tell whoever watches."""
    return events_write(lines=[Line(job, kind, sentence, signature, slot, act)], now=now)[0]


def events_write(*, lines: Sequence[Line], now: datetime, told: bool = False) -> list[JobEvent]:
    """Add a line to the timeline of each of these locked jobs, one a job, and tell whoever watches.

    Each instruction of the program is told once, so a line whose `act` was told before does not name it again.
    `told` lines, those of a new state, are events for webhooks too.
    """
    if not lines:
        return []
    jobs = [line.job.pk for line in lines]
    found = JobEvent.objects.filter(job__in=jobs).values("job").annotate(last=Max("seq"))
    last = dict(found.values_list("job", "last"))
    named = acts_known(lines)
    events = JobEvent.objects.bulk_create(
        JobEvent(
            job=line.job,
            seq=last.get(line.job.pk, 0) + 1,
            at=now,
            kind=line.kind,
            sentence=line.sentence,
            state=line.job.state,
            act="" if (line.job.pk, line.signature, line.act) in named else line.act,
            signature=line.signature,
            slot=line.slot,
        )
        for line in lines
    )
    events_notify(events)
    if told:
        _tell(events, now)
    return events


def event_first(*, job: Job, kind: str, sentence: str, now: datetime) -> JobEvent:
    """Return the line that a new job's timeline begins with, to be saved with it; then `events_notify` tells of it."""
    return JobEvent(job=job, seq=1, at=now, kind=kind, sentence=sentence, state=job.state)


def events_notify(events: Sequence[JobEvent]) -> None:
    """Tell whoever watches, when this transaction commits, of lines that were added to timelines."""
    organisations = {event.job.organisation_id for event in events}
    jobs_notify({event.job_id: f"event {event.seq}" for event in events}, organisations)


def _tell(events: Sequence[JobEvent], now: datetime) -> None:
    facts = [
        Fact(
            organisation_id=event.job.organisation_id,
            type=f"job.{event.state}",
            subject=f"job:{event.job_id}",
            key=f"job:{event.job_id}:{event.seq}",
            data=job_facts(event.job),
            project_id=event.job.project_id,
            person_id=event.job.member_id,
        )
        for event in events
        if event.state in SENTENCES
    ]
    events_emit(facts=facts, now=now)


def job_notify(job_id: uuid.UUID, payload: str) -> None:
    """Tell the channel `job_<hex of the id>`, when this transaction commits, what is new ("event 3", "log 57")."""
    jobs_notify({job_id: payload})


def jobs_notify(payloads: dict[uuid.UUID, str], organisations: Collection[uuid.UUID] = ()) -> None:
    """Tell the channel of each job what is new, as job_notify does, and each `jobs_<hex>` of the organisations."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A notice goes with the transaction that makes it true.")
    notes = {f"job_{job_id.hex}": payload for job_id, payload in payloads.items()}
    notes |= {f"jobs_{organisation_id.hex}": "moved" for organisation_id in organisations}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(channel, payload) FROM unnest(%s::text[], %s::text[]) AS note(channel, payload)",
            [list(notes), list(notes.values())],
        )
