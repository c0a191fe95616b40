"""What the chain shows of an attempt. What is confirmed moves the job on, what is final alone moves it back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.languages import plainly
from apps.core.wiring import announce
from apps.core.words import in_sentence
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, JobEvent, Want
from apps.jobs.services.attempts import want_write
from apps.jobs.services.moves import event_write, job_move
from apps.jobs.services.observation import attempt_get
from apps.jobs.services.tries import Ending, between_move, stop_again, stop_reason, tries_left, try_words
from apps.jobs.state import OVER, Reason, Seen, State

STATE_OF = {Seen.NONE: State.PENDING, Seen.QUEUED: State.QUEUED, Seen.RUNNING: State.RUNNING}


@dataclass(frozen=True)
class Act:
    """One instruction of the program that named a job's account or its run's, in a transaction that worked."""

    name: str
    signature: str
    slot: int


@dataclass(frozen=True)
class Observation:
    """An attempt as a block shows it; times are the cluster's clock. `final` is for what can never change again."""

    seen: Seen
    slot: int
    node: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result_cid: str = ""
    stopped: bool = False  # ended by an order of ours, not by the node
    signature: str = ""
    acts: tuple[Act, ...] = ()
    final: bool = False

    def told_by(self, *names: str) -> dict[str, Any]:
        """Return signature, slot and act of the newest of these instructions, else what is known without it."""
        found = [act for act in self.acts if act.name in names]
        if not found:
            return {"signature": self.signature, "slot": self.slot}
        return {"signature": found[-1].signature, "slot": found[-1].slot, "act": found[-1].name}


def job_observe(*, attempt_id: uuid.UUID, observation: Observation, now: datetime) -> None:
    """Move the job to where a block shows its attempt, and tell every instruction once in its timeline.

    What is known already, or older than what is known, changes nothing. A confirmed block moves on only; back, when
    a fork was dropped, moves what is final and at least as new, and never the money.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is None and observation.slot >= attempt.seen_slot:
            before, seen = Seen(attempt.seen), observation.seen
            if seen.rank > before.rank:
                _note(attempt, observation)
                if job.attempt_id == attempt.pk:
                    _forward(job, attempt, observation, now)
            elif seen.rank < before.rank and observation.final and job.attempt_id == attempt.pk:
                _note(attempt, observation)
                _back(job, attempt, observation, before, now)
        if job.attempt_id == attempt.pk and attempt.settled_at is None:
            stop_again(job, attempt, observation.seen, now=now)
        acts_tell(job, observation.acts, now=now)


def acts_tell(job: Job, acts: Sequence[Act], *, now: datetime) -> int:
    """Add the instructions that the timeline of a locked job does not tell yet, oldest first; return how many."""
    if not acts:
        return 0
    rows = JobEvent.objects.filter(job=job).exclude(act="").values_list("signature", "act", "slot")
    known = {(signature, act): slot for signature, act, slot in rows}
    fresh = 0
    for act in acts:
        if (act.signature, act.name) not in known:
            words = said.ACTS.get(act.name) or said.ACT % {"act": act.name}
            event_write(
                job=job,
                kind=act.name,
                sentence=words,
                now=now,
                signature=act.signature,
                slot=act.slot,
                act=act.name,
            )
            fresh += 1
        elif known[act.signature, act.name] != act.slot:  # it landed again after its fork was dropped
            job.events.filter(signature=act.signature, act=act.name).update(slot=act.slot)
    return fresh


def attempt_acts_tell(*, attempt_id: uuid.UUID, acts: Sequence[Act], gone: bool, now: datetime) -> int:
    """Tell the instructions that came after an attempt was settled; `gone` when its account is closed for good."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if gone and attempt.gone_at is None:
            Attempt.objects.filter(pk=attempt_id).update(gone_at=now)
        return acts_tell(job, acts, now=now)


def _note(attempt: Attempt, observation: Observation) -> None:
    attempt.seen, attempt.seen_slot = observation.seen, observation.slot
    attempt.save(update_fields=["seen", "seen_slot"])


def _forward(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    if job.state in OVER:
        return
    match observation.seen:
        case Seen.QUEUED if job.state == State.PENDING:
            _queue(job, attempt, observation, now)
        case Seen.RUNNING:
            _run(job, attempt, observation, now)
        case Seen.DONE:
            _end(job, attempt, observation, now)
        case Seen.QUIT:
            _quit(job, attempt, observation, now)


def _queue(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    told = observation.told_by("list", "assign")
    if attempt.listed_at is None:
        attempt.listed_at, attempt.list_signature = now, str(told["signature"])
        attempt.save(update_fields=["listed_at", "list_signature"])
    sentence = said.LISTED % {"market": job.market.name}
    job_move(job=job, to=State.QUEUED, sentence=sentence, now=now, queued_at=now, **told)


def _run(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    attempt.node, attempt.started_at = observation.node, observation.started_at
    if attempt.ending == Reason.QUEUED_TOO_LONG:
        # a node was faster than the policy, or than staff: let it run
        attempt.ending, attempt.move_to, attempt.move_most_micro = "", None, None
    attempt.save(update_fields=["node", "started_at", "ending", "move_to", "move_most_micro"])
    job_move(
        job=job,
        to=State.RUNNING,
        sentence=said.RUNS % {"node": observation.node[:8]},
        now=now,
        node=observation.node,
        started_at=observation.started_at or now,
        **observation.told_by("work", "list", "assign"),
    )


def _end(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    attempt.node, attempt.result_cid = observation.node, observation.result_cid
    attempt.started_at, attempt.ended_at = observation.started_at, observation.ended_at
    attempt.save(update_fields=["node", "result_cid", "started_at", "ended_at"])
    ran = 0
    if observation.started_at and observation.ended_at:
        ran = max(0, int((observation.ended_at - observation.started_at).total_seconds()))
    ending = Ending.of(job, attempt, ran=ran, stopped=observation.stopped, now=now)
    fields: dict[str, Any] = {"node": observation.node, "started_at": job.started_at or observation.started_at}
    if ending.to in OVER:
        fields["ended_at"] = observation.ended_at or now
    else:
        fields |= {"node": "", "started_at": None}
    job_move(
        job=job,
        to=ending.to,
        reason=ending.reason,
        sentence=ending.sentence,
        now=now,
        **observation.told_by("end" if observation.stopped else "finish", "end", "finish"),
        **fields,
    )
    if observation.result_cid or ending.to in OVER:
        announce("jobs.ended", attempt_id=str(attempt.pk))


def _quit(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    told = observation.told_by("quit")
    if tries_left(job, attempt):
        between_move(job, Reason.NODE_QUIT, try_words(job, attempt, said.GIVEN_UP), now=now, told=told)
    else:
        to, reason, sentence = State.FAILED, Reason.NODE_QUIT, said.QUIT
        if job.stop_requested_at is not None:
            to, reason, sentence = State.STOPPED, stop_reason(attempt), said.QUIT_STOPPING
        job_move(job=job, to=to, reason=reason, sentence=sentence, now=now, **told)
    want_write(job=job, attempt=attempt, kind=Want.Kind.RECOVER, now=now)


def _back(job: Job, attempt: Attempt, observation: Observation, before: Seen, now: datetime) -> None:
    """Undo in the books what the network dropped; the job is where the final block shows it."""
    to = STATE_OF.get(observation.seen)
    if to is None or job.state == to:
        return
    attempt.ended_at, attempt.result_cid, attempt.log_complete_at = None, "", None
    job.result = job.result_at = None
    if observation.seen is Seen.RUNNING:
        attempt.node, attempt.started_at = observation.node, observation.started_at
        fields: dict[str, Any] = {"node": attempt.node, "started_at": attempt.started_at}
    else:
        attempt.node, attempt.started_at = "", None
        fields = {"node": "", "started_at": None}
    if observation.seen is Seen.NONE:
        attempt.listed_at, attempt.list_signature = None, ""
        fields["queued_at"] = None
    attempt.save()
    with plainly():
        words = {"before": str(before.label), "after": in_sentence(to.label)}
    job_move(
        job=job,
        to=to,
        sentence=said.DROPPED % words,
        now=now,
        slot=observation.slot,
        back=True,
        ended_at=None,
        result=None,
        result_at=None,
        **fields,
    )
