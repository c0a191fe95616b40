"""What follows when a try ends: an end of the job, or another try with an address and a hold of its own.

Only a try that cost its customer nothing is followed by another, so that a job never costs more than its first hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.core.errors import AppError, Conflict
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, Market, Want
from apps.jobs.policies import QueueThen
from apps.jobs.services.attempts import attempt_again, want_write
from apps.jobs.services.ceilings import hold_most
from apps.jobs.services.estimates import job_estimate
from apps.jobs.services.moves import event_write, job_move
from apps.jobs.services.spenders import Spender
from apps.jobs.services.submission import market_check
from apps.jobs.state import LIVE, OVER, Reason, Seen, State

BETWEEN = frozenset({Reason.NODE_QUIT, Reason.NODE_SILENT, Reason.QUEUED_TOO_LONG})
TIMEOUT_SLACK_S = 60  # a node last heard this long before the time limit used it up
MOVES_MAXIMUM = 10


@dataclass(frozen=True)
class Ending:
    """Where a job goes when its run is over, and why."""

    to: State
    reason: Reason
    sentence: str

    @classmethod
    def of(cls, job: Job, attempt: Attempt, *, ran: int, stopped: bool, now: datetime) -> Self:
        """Return it for a run of `ran` seconds; `stopped` by an order of ours."""
        if not stopped:
            if ran >= job.timeout_s:
                return cls(State.COMPLETED, Reason.TIMEOUT, said.WHOLE_TIME % {"seconds": job.timeout_s})
            return cls(State.COMPLETED, Reason.FINISHED, said.FINISHED % {"seconds": ran})
        if job.stop_requested_at is not None or attempt.ending not in (Reason.NODE_SILENT, Reason.TIMEOUT):
            return cls(State.STOPPED, stop_reason(attempt), said.STOPPED_AFTER % {"seconds": ran})
        alive = alive_seconds(attempt, ran)
        if attempt.ending == Reason.TIMEOUT and alive >= job.timeout_s - TIMEOUT_SLACK_S:
            return cls(State.COMPLETED, Reason.TIMEOUT, said.WHOLE_TIME_ENDED % {"seconds": job.timeout_s})
        if alive == 0 and tries_left(job, attempt):
            return cls(State.PENDING, Reason.NODE_SILENT, try_words(job, attempt, said.NO_SIGN))
        sentence = said.FELL_SILENT_PAID % {"time": duration_text(alive)} if alive else said.FELL_SILENT
        return cls(State.FAILED, Reason.NODE_SILENT, sentence)


def alive_seconds(attempt: Attempt, seconds: int) -> int:
    """Return how many of the seconds a node was paid for lie before its last sign of life."""
    if attempt.heard_at is None or attempt.started_at is None:
        return 0
    return max(0, min(seconds, int((attempt.heard_at - attempt.started_at).total_seconds())))


def stop_reason(attempt: Attempt) -> Reason:
    """Return who asked for the stop of a job whose current attempt this is."""
    return Reason.STAFF_STOPPED if attempt.ending == Reason.STAFF_STOPPED else Reason.STOP_REQUESTED


def tries_left(job: Job, attempt: Attempt) -> bool:
    """Return whether another try may follow this one, which costs nothing."""
    if job.stop_requested_at is not None:
        return False
    return job.attempts.exclude(ending=Reason.QUEUED_TOO_LONG).count() <= job.reposts


def try_words(job: Job, attempt: Attempt, what: str) -> str:
    """Return the sentence that says that another try follows."""
    number = job.attempts.exclude(ending=Reason.QUEUED_TOO_LONG).count()
    return said.ANOTHER_TRY % {"what": what, "number": number + 1, "most": job.reposts + 1}


def between_move(job: Job, reason: Reason, sentence: str, *, now: datetime, told: Mapping[str, Any]) -> None:
    """Put a locked job between two tries: the next begins when this one's money is settled."""
    job_move(
        job=job,
        to=State.PENDING,
        reason=reason,
        sentence=sentence,
        now=now,
        node="",
        started_at=None,
        queued_at=None,
        **told,
    )


def withdrawn_move(job: Job, attempt: Attempt, *, signature: str, slot: int, now: datetime) -> None:
    """Move a locked job whose current attempt was taken off its market."""
    if job.state in OVER or job.attempt_id != attempt.pk:
        return
    told: dict[str, Any] = {"signature": signature, "slot": slot, "act": "delist"}
    if job.stop_requested_at is None and attempt.ending == Reason.QUEUED_TOO_LONG:
        if attempt.move_to is not None or job.queue_then == QueueThen.MOVE:
            sentence = said.NOT_TAKEN_MOVES
            if attempt.move_to is not None:
                sentence = said.TAKEN_OFF_MOVES % {"market": attempt.move_to.name}
            between_move(job, Reason.QUEUED_TOO_LONG, sentence, now=now, told=told)
            return
        to, reason = State.FAILED, Reason.QUEUED_TOO_LONG
        sentence = said.NOT_TAKEN
    else:
        to, reason = State.STOPPED, stop_reason(attempt)
        sentence = said.STOPPED_WAITING
    job_move(job=job, to=to, reason=reason, sentence=sentence, now=now, **told)


def stop_again(job: Job, attempt: Attempt, seen: Seen, *, now: datetime) -> None:
    """Want an end that was asked for once more, if the chain goes on without it and no order pursues it."""
    asked = job.stop_requested_at is not None or attempt.ending
    if not asked or job.state not in LIVE or seen not in (Seen.QUEUED, Seen.RUNNING):
        return
    want_write(job=job, attempt=attempt, kind=Want.Kind.STOP, now=now)


def attempt_next(job: Job, attempt: Attempt, *, now: datetime) -> Attempt | None:
    """Begin the next try of a locked job whose current attempt was just settled at nothing, if one is to follow.

    The new hold is placed within balance and caps and never above the first one; where that fails, or a stop was
    asked for meanwhile, the job ends and costs nothing.
    """
    if job.state != State.PENDING or job.attempt_id != attempt.pk or job.reason not in BETWEEN:
        return None
    if job.stop_requested_at is not None:
        job_move(
            job=job,
            to=State.STOPPED,
            reason=stop_reason(attempt),
            sentence=said.STOPPED_BETWEEN,
            now=now,
        )
        return None
    why = Reason(job.reason)
    try:
        with transaction.atomic():
            return _begin(job, attempt, now)
    except AppError as error:
        job.refresh_from_db()
        sentence = said.NOT_AGAIN % {"why": error.message}
        reason = Reason.MARKET_CLOSED if error.code == "market_closed" else why
        job_move(job=job, to=State.FAILED, reason=reason, sentence=sentence[:300], now=now)
        return None


def _begin(job: Job, attempt: Attempt, now: datetime) -> Attempt:
    first = job.attempts.order_by("number").first() or attempt
    market = _market_next(job, attempt)
    market_check(market)
    if job_estimate(market, job.timeout_s).total_micro > hold_most(job, attempt):
        raise Conflict(
            _("%(market)s became dearer than the %(price)s micro-NOS a second that were held at first.")
            % {"market": market.name, "price": first.price_micro}
        )
    job.market, job.price_micro = market, market.price_micro
    fresh = attempt_again(job, attempt.number + 1, Spender.of(attempt.hold_source), now=now)
    job.save(update_fields=["market", "price_micro"])
    event_write(
        job=job,
        kind="again",
        sentence=said.AGAIN % {"number": fresh.number, "market": market.name},
        now=now,
    )
    return fresh


def _market_next(job: Job, attempt: Attempt) -> Market:
    """Return where the next try goes: where staff said, else where the policy leads, else where it was."""
    still = Market.objects.filter(open=True, hidden=False)
    chosen = still.filter(pk=attempt.move_to_id).first() if attempt.move_to_id else None
    if job.reason == Reason.QUEUED_TOO_LONG and chosen is not None:
        return chosen
    if job.reason == Reason.QUEUED_TOO_LONG or not still.filter(pk=job.market_id).exists():
        return market_other(job) or Market.objects.get(pk=job.market_id)
    return Market.objects.get(pk=job.market_id)


def market_other(job: Job) -> Market | None:
    """Return the best market a job may move to: a free node, no dearer, as much GPU memory; None if there is none."""
    need = memory_needed(job)
    found = Market.objects.filter(
        open=True,
        hidden=False,
        price_micro__gt=0,
        price_micro__lte=job.price_micro,
        vram_gb__gte=need,
        nodes_waiting__gt=0,
    )
    return found.exclude(pk=job.market_id).order_by("price_micro", "-nodes_waiting", "slug").first()


def memory_needed(job: Job) -> int:
    """Return the GPU memory a job needs, in GB: what its definition asks for, else what its market has."""
    meta = job.definition.get("meta") if isinstance(job.definition, dict) else None
    wanted = meta.get("system_requirements") if isinstance(meta, dict) else None
    asked = wanted.get("required_vram") if isinstance(wanted, dict) else None
    if isinstance(asked, int | float) and not isinstance(asked, bool) and asked > 0:
        return int(-(-asked // 1))
    return job.market.vram_gb
