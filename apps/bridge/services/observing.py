"""What the chain shows of our attempts, applied: confirmed moves state, finalised moves money, and state back."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from django.db.models import QuerySet

from apps.bridge import sentences as said
from apps.bridge.chain import ChainError, ClusterMismatch, ask_chain
from apps.bridge.models import Order
from apps.bridge.services.sights import Look, Sight, look_at
from apps.core.logs import bound
from apps.jobs.models import Attempt, JobEvent, Want
from apps.jobs.selectors import attempts_restless, attempts_unsettled
from apps.jobs.services import (
    Act,
    Observation,
    attempt_afloat,
    attempt_park,
    attempt_settle,
    attempt_strand,
    job_observe,
)
from apps.jobs.state import Seen

logger = logging.getLogger(__name__)

BATCH, AT_ONCE = 5_000, 1_000  # attempts in one round, and in one look: what fails of one keeps no other waiting
I = Order.Instruction  # noqa: E741


def chain_observe(*, now: datetime, addresses: Collection[str] | None = None, thorough: bool = True) -> int:
    """Look at unsettled attempts once and apply what changed; return how many were looked at.

    Without `addresses`, all that are not settled. What a question of its own was not answered about waits for the next
    look. Raises ChainError when a whole look was not answered; of it nothing is applied then.
    """
    found = attempts_unsettled()
    if addresses is not None:
        found = found.filter(address__in=addresses)
    attempts, looked, failure = list(found[:BATCH]), 0, None
    for start in range(0, len(attempts), AT_ONCE):
        try:
            looked += attempts_observe(attempts[start : start + AT_ONCE], now=now, thorough=thorough)
        except ClusterMismatch:
            raise
        except ChainError as error:
            failure = error
    if failure is not None:
        raise failure
    return looked


def chain_follow(*, heard: Collection[str], deaf: bool, now: datetime) -> int:
    """Look at the jobs that were heard of and at those that wait for finality; when deaf, at all. Raises ChainError."""
    if deaf:
        return chain_observe(now=now, thorough=False)
    waiting = attempts_restless().values_list("address", flat=True)
    addresses = {address for address in waiting[:BATCH] if address} | set(heard)
    return chain_observe(now=now, addresses=addresses) if addresses else 0


def attempts_observe(attempts: Sequence[Attempt], *, now: datetime, thorough: bool = True) -> int:
    """Look at these attempts, with their jobs, and apply what changed; return about how many the chain answered.

    Raises ChainError.
    """
    if not attempts:
        return 0
    told = acts_told(attempts)
    sight = ask_chain(lambda gateway: look_at(gateway, attempts, told, thorough=thorough))
    for attempt in attempts:
        if attempt.address in sight.missed:
            continue
        with bound(job_id=attempt.job_id, attempt_id=attempt.pk):
            try:
                _apply(attempt, sight, told.get(attempt.address or "", []), now)
            except Exception:
                logger.exception("attempt %s could not be applied", attempt.pk)
    return len(attempts) - len(sight.missed)


def acts_told(attempts: Sequence[Attempt]) -> dict[str, list[Act]]:
    """Return by address which instructions the timelines of the attempts' jobs tell already."""
    events = JobEvent.objects.filter(job__in={attempt.job_id for attempt in attempts}).exclude(act="")
    by_job = defaultdict(list)
    for job_id, act, signature, slot in events.values_list("job_id", "act", "signature", "slot"):
        by_job[job_id].append(Act(act, signature, slot or 0))
    return {attempt.address or "": by_job[attempt.job_id] for attempt in attempts}


def _apply(attempt: Attempt, sight: Sight, told: Sequence[Act], now: datetime) -> None:
    address, known = attempt.address or "", Seen(attempt.seen)
    look, final, acts = sight.confirmed[address], sight.final.get(address), sight.acts.get(address, ())
    if attempt.adrift_at is not None and not look.adrift:
        attempt_afloat(attempt_id=attempt.pk)
    if look.adrift and final is not None and final.adrift and known in (Seen.QUEUED, Seen.RUNNING):
        attempt_strand(attempt_id=attempt.pk, why=said.ADRIFT, acts=acts, slot=sight.final_slot, now=now)
    elif look.seen.rank >= known.rank:
        _observe(attempt, look, sight.slot, acts, told, now)
    elif final is not None and final.seen.rank < known.rank and known is not Seen.GONE:
        if final.job is None and (_listed_for_good(attempt) or _being_taken_back(attempt)):
            _gone(attempt, sight.final_slot, acts, now)
        else:
            _observe(attempt, final, sight.final_slot, acts, told, now, final=True)
    elif final is not None and final.job is not None and known is Seen.GONE and not _taken_back(attempt):
        _observe(attempt, final, sight.final_slot, acts, told, now, final=True)
    if final is not None and final.job is not None and final.seen is Seen.DONE and look.seen is Seen.DONE:
        ends = _newest("finish", "end", acts=acts, told=told)
        attempt_settle(
            attempt_id=attempt.pk,
            seconds=max(0, min(final.job.time_end - final.job.time_start, final.job.timeout)),
            price_micro=final.job.price,
            timeout_s=final.job.timeout,
            node=final.job.node,
            result_cid=final.job.cid_result or "",
            signature=ends[-1].signature if ends else "",
            slot=ends[-1].slot if ends else sight.final_slot,
            now=now,
        )


def _observe(
    attempt: Attempt,
    look: Look,
    slot: int,
    acts: tuple[Act, ...],
    told: Sequence[Act],
    now: datetime,
    *,
    final: bool = False,
) -> None:
    asked = attempt.ending or attempt.job.stop_requested_at is not None
    if look.seen is Seen(attempt.seen) and not acts and not (asked and look.seen in (Seen.QUEUED, Seen.RUNNING)):
        return
    job, run = look.job, look.run
    ends = _newest("finish", "end", acts=acts, told=told)
    observation = Observation(seen=look.seen, slot=slot, acts=acts, final=final)
    if look.seen is Seen.RUNNING and run is not None:
        starts = _newest("list", "assign", "work", "claim", acts=acts, told=told)
        observation = Observation(
            seen=look.seen,
            slot=slot,
            acts=acts,
            final=final,
            node=run.node,
            started_at=_time(run.time),
            signature=starts[-1].signature if starts else "",
        )
    elif look.seen is Seen.DONE and job is not None:
        observation = Observation(
            seen=look.seen,
            slot=slot,
            acts=acts,
            final=final,
            node=job.node,
            started_at=_time(job.time_start),
            ended_at=_time(job.time_end),
            result_cid=job.cid_result or "",
            stopped=bool(ends) and ends[-1].name == "end",
            signature=ends[-1].signature if ends else "",
        )
    job_observe(attempt_id=attempt.pk, observation=observation, now=now)


def _newest(*names: str, acts: Sequence[Act], told: Sequence[Act]) -> list[Act]:
    """Return the instructions of these names, told before or new, the newest last."""
    return sorted((act for act in (*told, *acts) if act.name in names), key=lambda act: act.slot)


def _listed_for_good(attempt: Attempt) -> bool:
    """Return whether the listing is final, so that no fork explains why there is no account."""
    listed = Order.objects.filter(attempt_id=attempt.pk, kind=Want.Kind.LIST, closed_at__isnull=False)
    return listed.exclude(confirmed_at=None).exists()


def _taken_back(attempt: Attempt) -> bool:
    """Return whether the order that took it off its market is final."""
    return _takers(attempt).filter(closed_at__isnull=False, state=Order.State.CONFIRMED).exists()


def _being_taken_back(attempt: Attempt) -> bool:
    """Return whether an order of ours that takes it off its market was sent: that explains an account that is gone."""
    return _takers(attempt).exclude(sent_at=None).exists()


def _takers(attempt: Attempt) -> QuerySet[Order]:
    return Order.objects.filter(attempt_id=attempt.pk, instruction__in=[I.DELIST, I.RECOVER])


def _gone(attempt: Attempt, slot: int, acts: tuple[Act, ...], now: datetime) -> None:
    """Leave an account that is finally gone to the order that took it away, else to a person."""
    if _takers(attempt).filter(closed_at=None).exists() or _taken_back(attempt) or attempt.parked_at is not None:
        return
    attempt_park(attempt_id=attempt.pk, why=said.GONE, acts=acts, slot=slot, now=now)


def _time(unix: int) -> datetime | None:
    return datetime.fromtimestamp(unix, tz=UTC) if unix else None
