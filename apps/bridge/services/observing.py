"""What the chain shows of our attempts, read in batches: confirmed moves state, finalised moves money."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apps.bridge.chain import Gateway, JobAccount, JobState, RunAccount, ask_chain
from apps.bridge.models import Order
from apps.core import queue
from apps.jobs.models import Attempt, Want
from apps.jobs.selectors import attempts_unsettled
from apps.jobs.services import Observation, Seen, attempt_settle, job_observe
from apps.jobs.state import OVER, State

logger = logging.getLogger(__name__)

BATCH = 5_000
HISTORIES_AT_ONCE = 16
RUNS_ONE_BY_ONE = 8  # above that many waiting jobs, all runs are read at once


@dataclass
class Sight:
    """One look at the chain: accounts by address, of attempts that are not settled."""

    slot: int
    confirmed: dict[str, JobAccount | None]
    finalised: dict[str, JobAccount | None]
    runs: dict[str, RunAccount] = field(default_factory=dict)
    history: dict[str, list[str]] = field(default_factory=dict)


def chain_observe(*, now: datetime) -> int:
    """Look at every unsettled attempt once and apply what changed; return how many were looked at.

    Raises ChainError when the endpoint does not answer; nothing is half applied then.
    """
    attempts = list(attempts_unsettled()[:BATCH])
    if not attempts:
        return 0
    sight = ask_chain(lambda gateway: _look(gateway, attempts))
    for attempt in attempts:
        try:
            _apply(attempt, sight, now)
        except Exception:
            logger.exception("attempt %s could not be applied", attempt.pk)
    return len(attempts)


async def _look(gateway: Gateway, attempts: Sequence[Attempt]) -> Sight:
    slot = await gateway.slot()
    addresses = [attempt.address or "" for attempt in attempts]
    confirmed = await gateway.jobs_at(addresses, "confirmed")
    ended = [address for address, job in confirmed.items() if job is not None and job.state != JobState.QUEUED]
    sight = Sight(slot, confirmed, await gateway.jobs_at(ended, "finalized") if ended else {})
    waiting = [
        attempt.address or ""
        for attempt in attempts
        if attempt.job.state in (State.PENDING, State.QUEUED) and _state(confirmed, attempt) == JobState.QUEUED
    ]
    if len(waiting) > RUNS_ONE_BY_ONE:
        everything = await gateway.runs_by_job()
        sight.runs = {address: everything[address][1] for address in waiting if address in everything}
    else:
        views = await asyncio.gather(*(gateway.view(address) for address in waiting))
        sight.runs = {address: view.run for address, view in zip(waiting, views, strict=True) if view.run}
    over = {attempt.address: attempt.job.state in OVER for attempt in attempts}
    changed = [address for address in ended if not over[address] or _is_done(sight.finalised[address])]
    sight.history = await _histories(gateway, [*changed, *sight.runs])
    return sight


async def _histories(gateway: Gateway, addresses: list[str]) -> dict[str, list[str]]:
    """Return the signatures of each address, a few questions at a time."""
    few = asyncio.Semaphore(HISTORIES_AT_ONCE)

    async def one(address: str) -> list[str]:
        async with few:
            return await gateway.history(address)

    return dict(zip(addresses, await asyncio.gather(*map(one, addresses)), strict=True))


def _is_done(job: JobAccount | None) -> bool:
    return job is not None and job.state == JobState.DONE


def _state(jobs: dict[str, JobAccount | None], attempt: Attempt) -> int | None:
    job = jobs.get(attempt.address or "")
    return None if job is None else job.state


def _apply(attempt: Attempt, sight: Sight, now: datetime) -> None:
    address = attempt.address or ""
    job, run = sight.confirmed.get(address), sight.runs.get(address)
    history = sight.history.get(address, [])
    newest = history[0] if history else ""
    if job is None:
        _missing(attempt, now)
    elif run is not None:
        seen = Observation(Seen.RUNNING, sight.slot, run.node, started_at=_time(run.time), signature=newest)
        job_observe(attempt_id=attempt.pk, observation=seen, now=now)
    elif job.state == JobState.STOPPED and attempt.job.state not in OVER:
        seen = Observation(Seen.QUIT, sight.slot, signature=newest)
        job_observe(attempt_id=attempt.pk, observation=seen, now=now)
    elif job.state == JobState.DONE:
        _apply_end(attempt, job, sight.finalised.get(address), history, sight.slot, now)


def _apply_end(
    attempt: Attempt,
    job: JobAccount,
    final: JobAccount | None,
    history: list[str],
    slot: int,
    now: datetime,
) -> None:
    ends = Order.objects.filter(attempt_id=attempt.pk, instruction=Order.Instruction.END)
    ours = next((signature for signature in ends.values_list("signature", flat=True) if signature in history), "")
    signature = ours or (history[0] if history else "")
    if attempt.job.state not in OVER:
        seen = Observation(
            Seen.DONE,
            slot,
            job.node,
            started_at=_time(job.time_start),
            ended_at=_time(job.time_end),
            result_cid=job.cid_result or "",
            stopped=bool(ours),
            signature=signature,
        )
        job_observe(attempt_id=attempt.pk, observation=seen, now=now)
    if final is not None and _is_done(final):
        attempt_settle(
            attempt_id=attempt.pk,
            seconds=max(0, min(final.time_end - final.time_start, final.timeout)),
            price_micro=final.price,
            timeout_s=final.timeout,
            node=final.node,
            result_cid=final.cid_result or "",
            signature=signature,
            slot=slot,
            now=now,
        )


def _missing(attempt: Attempt, now: datetime) -> None:
    """Say, once an hour, that a listed job's account is gone though no order of ours took it away.

    Its money cannot be settled without a look at the chain's history by a person (network facts §1.9 g).
    """
    listed = Order.objects.filter(attempt_id=attempt.pk, kind=Want.Kind.LIST, closed_at__isnull=False)
    ours = Order.objects.filter(
        attempt_id=attempt.pk, instruction__in=[Order.Instruction.DELIST, Order.Instruction.RECOVER]
    )
    if not listed.exclude(confirmed_at=None).exists() or ours.exists():
        return
    if queue.lease_take(f"bridge.missing:{attempt.pk}", seconds=3600, now=now):
        logger.error("attempt %s: its account %s is gone, settle it by hand", attempt.pk, attempt.address)


def _time(unix: int) -> datetime | None:
    return datetime.fromtimestamp(unix, tz=UTC) if unix else None
