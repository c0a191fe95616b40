"""What the chain did to an attempt. What is confirmed moves the job's state; money waits for settlement.py."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db import transaction

from apps.core.errors import AppError
from apps.core.wiring import announce
from apps.jobs.models import Attempt, Job, Want
from apps.jobs.services.moves import event_write, job_lock, job_move
from apps.jobs.services.settlement import attempt_close_free
from apps.jobs.services.submission import estimate_at, hold_renew, want_write
from apps.jobs.state import OVER, Reason, State


class Seen(Enum):
    """What the chain shows of an attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    QUIT = "quit"


@dataclass(frozen=True)
class Observation:
    """An attempt as a confirmed block shows it; times are the cluster's clock."""

    seen: Seen
    slot: int
    node: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result_cid: str = ""
    stopped: bool = False  # ended by an order of ours, not by the node
    signature: str = ""


def attempt_get(attempt_id: uuid.UUID) -> tuple[Job, Attempt]:
    """Return the attempt and its job, the job's row locked until the transaction ends."""
    attempt = Attempt.objects.get(pk=attempt_id)
    job = job_lock(attempt.job_id)
    attempt.refresh_from_db()
    return job, attempt


def attempt_repriced(*, attempt_id: uuid.UUID, price_micro: int, now: datetime) -> bool:
    """Hold again when the market became dearer than the hold; return whether the attempt may be listed.

    A price at or below the hold changes nothing. When the balance or a cap does not allow the new hold the attempt
    fails with a sentence and its hold is released. `price_micro` is micro-NOS a second.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None:
            return False
        Attempt.objects.filter(pk=attempt_id).update(listing_price_micro=price_micro)
        attempt.listing_price_micro = price_micro
        if price_micro <= attempt.price_micro:
            return True
        before = attempt.price_micro
        try:
            with transaction.atomic():
                hold_renew(job, attempt, estimate_at(price_micro, job.timeout_s), price_micro, now=now)
        except AppError as error:
            sentence = (
                f"The price of {job.market.name} rose from {before} to {price_micro} micro-NOS a second before the"
                f" job was listed, and it could not be held again: {error.message}"
            )
            _fail(job, Attempt.objects.get(pk=attempt_id), Reason.PRICE_ROSE, sentence, now)
            return False
        event_write(
            job=job,
            kind="repriced",
            sentence=f"The price rose from {before} to {price_micro} micro-NOS a second; the hold was made again.",
            now=now,
        )
        return True


def attempt_withdrawn(*, attempt_id: uuid.UUID, signature: str, slot: int, now: datetime) -> None:
    """Note that a delisting is confirmed: the job is stopped without having run. A repeat changes nothing."""
    with transaction.atomic():
        job, _ = attempt_get(attempt_id)
        if job.state not in OVER:
            job_move(
                job=job,
                to=State.STOPPED,
                reason=Reason.STOP_REQUESTED,
                sentence="Stopped while it waited; it never ran and costs nothing.",
                now=now,
                signature=signature,
                slot=slot,
            )


def attempt_cancelled(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Stop a job that never reached the chain and release its hold. A repeat changes nothing."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None:
            return
        job_move(
            job=job,
            to=State.STOPPED,
            reason=Reason.STOP_REQUESTED,
            sentence="Stopped before it was listed; it costs nothing.",
            now=now,
        )
        attempt_close_free(attempt, reason="stopped before it was listed", now=now)


def attempt_failed(*, attempt_id: uuid.UUID, reason: Reason, sentence: str, now: datetime) -> None:
    """End an attempt that never reached the chain: the job fails with the sentence, the hold is released once."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is None:
            _fail(job, attempt, reason, sentence, now)


def _fail(job: Job, attempt: Attempt, reason: Reason, sentence: str, now: datetime) -> None:
    if job.state not in OVER:
        job_move(job=job, to=State.FAILED, reason=reason, sentence=sentence[:300], now=now)
    attempt_close_free(attempt, reason=sentence[:200], now=now)


def job_observe(*, attempt_id: uuid.UUID, observation: Observation, now: datetime) -> None:
    """Move the job to where a confirmed block shows its attempt; what is known already changes nothing."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if job.attempt_id != attempt.pk or job.state in OVER:
            return
        if observation.seen is Seen.RUNNING and job.state != State.RUNNING:
            _run(job, attempt, observation, now)
        elif observation.seen is Seen.DONE:
            _end(job, attempt, observation, now)
        elif observation.seen is Seen.QUIT:
            _quit(job, attempt, observation, now)


def _run(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    attempt.node, attempt.started_at = observation.node, observation.started_at
    attempt.save(update_fields=["node", "started_at"])
    job_move(
        job=job,
        to=State.RUNNING,
        sentence=f"Node {observation.node[:8]}… runs it.",
        now=now,
        signature=observation.signature,
        slot=observation.slot,
        node=observation.node,
        started_at=observation.started_at or now,
    )


def _end(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    attempt.node, attempt.result_cid = observation.node, observation.result_cid
    attempt.started_at, attempt.ended_at = observation.started_at, observation.ended_at
    attempt.save(update_fields=["node", "result_cid", "started_at", "ended_at"])
    ran = 0
    if observation.started_at and observation.ended_at:
        ran = max(0, int((observation.ended_at - observation.started_at).total_seconds()))
    if observation.stopped:
        to, reason, sentence = State.STOPPED, Reason.STOP_REQUESTED, f"Stopped after {ran} s."
    elif ran >= job.timeout_s:
        to, reason, sentence = State.COMPLETED, Reason.TIMEOUT, f"It used its whole time of {job.timeout_s} s."
    else:
        to, reason, sentence = State.COMPLETED, Reason.FINISHED, f"The node finished it after {ran} s."
    job_move(
        job=job,
        to=to,
        reason=reason,
        sentence=sentence,
        now=now,
        signature=observation.signature,
        slot=observation.slot,
        node=observation.node,
        started_at=job.started_at or observation.started_at,
        ended_at=observation.ended_at or now,
    )
    announce("jobs.ended", attempt_id=str(attempt.pk))


def _quit(job: Job, attempt: Attempt, observation: Observation, now: datetime) -> None:
    job_move(
        job=job,
        to=State.FAILED,
        reason=Reason.NODE_QUIT,
        sentence="The node gave the job up; it costs nothing and the deposit comes back.",
        now=now,
        signature=observation.signature,
        slot=observation.slot,
    )
    want_write(job=job, attempt=attempt, kind=Want.Kind.RECOVER, now=now)


def attempt_clean(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Want the account of a settled attempt closed, so that its rent comes back; once."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None and attempt.clean_wanted_at is None:
            Attempt.objects.filter(pk=attempt.pk).update(clean_wanted_at=now)
            want_write(job=job, attempt=attempt, kind=Want.Kind.CLEAN, now=now)


def want_close(*, want_id: int, outcome: str, now: datetime) -> None:
    """Note that nothing more is to be done for the want; the first outcome stays."""
    Want.objects.filter(pk=want_id, closed_at=None).update(closed_at=now, outcome=outcome[:300])
