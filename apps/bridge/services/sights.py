"""One look at the chain: what it shows of some attempts, confirmed and, where it matters, final."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from apps.bridge.chain import ChainError, ChainUnavailable, Gateway, JobAccount, JobState, RunAccount
from apps.jobs.models import Attempt
from apps.jobs.services import Act
from apps.jobs.state import Seen

logger = logging.getLogger(__name__)
T = TypeVar("T")

AT_ONCE = 16  # questions on their way at a time
RUNS_ONE_BY_ONE = 8  # above that many waiting jobs, all runs are read at once
# The instructions that name a job's account, or the run's that a node made for it.
TOLD = frozenset(
    {
        *("list", "assign", "work", "extend", "finish", "end", "quit", "claim", "delist", "recover", "complete"),
        *("clean", "quit_admin", "clean_admin"),
    }
)


@dataclass(frozen=True)
class Look:
    """A job's account and, while a node has it, its run's."""

    job: JobAccount | None
    run: RunAccount | None = None
    run_address: str = ""
    adrift: bool = False  # no node has it and no queue: nothing can move it on (network facts §1.9 e, f)

    @property
    def seen(self) -> Seen:
        """What it shows of an attempt."""
        if self.job is None:
            return Seen.NONE
        if self.job.state == JobState.DONE:
            return Seen.DONE
        if self.job.state == JobState.STOPPED:
            return Seen.QUIT
        return Seen.QUEUED if self.run is None else Seen.RUNNING


@dataclass
class Sight:
    """What one look saw, by address; `final` only of those of which it matters."""

    slot: int
    confirmed: dict[str, Look]
    final_slot: int = 0
    final: dict[str, Look] = field(default_factory=dict)
    acts: dict[str, tuple[Act, ...]] = field(default_factory=dict)
    missed: set[str] = field(default_factory=set)  # a question about these was not answered: next time


async def look_at(
    gateway: Gateway, attempts: Sequence[Attempt], told: Mapping[str, Collection[Act]], *, thorough: bool
) -> Sight:
    """Return what the chain shows of the attempts, and what happened to those of which that is new.

    `told` has, by address, what the timeline tells already; `thorough` reads the runs of running jobs too, which
    otherwise are taken to go on.
    """
    addresses = [attempt.address or "" for attempt in attempts]
    slot, jobs = await gateway.jobs_read(addresses, "confirmed")
    known = {attempt.address or "": Seen(attempt.seen) for attempt in attempts}
    open_ = _open(jobs)
    looked = [a for a in open_ if thorough or known[a] is not Seen.RUNNING]
    queued = await _queued(gateway, jobs, looked, "confirmed")  # before the runs: what leaves a queue has a run
    runs, missed = await _runs(gateway, looked)
    sight = Sight(slot, {}, missed=missed)
    for attempt in attempts:
        address = attempt.address or ""
        run_address, run = runs.get(address, ("", None))
        adrift = address in looked and run is None and address not in queued
        look = Look(jobs[address], run, run_address, adrift)
        if not thorough and known[address] is Seen.RUNNING and look.seen is Seen.QUEUED:
            stays = RunAccount(address, attempt.node, "", 0, 0)
            look = Look(look.job, stays)
        sight.confirmed[address] = look
    doubtful = [a for a, look in sight.confirmed.items() if look.adrift or _doubtful(look.seen, known[a])]
    doubtful = [address for address in doubtful if address not in missed]
    if doubtful:
        sight.final_slot, sight.final, missed = await _final(gateway, doubtful)
        sight.missed |= missed
    fresh = {attempt.address or "": attempt for attempt in attempts if _is_news(attempt, sight)}

    async def happened(address: str) -> tuple[Act, ...]:
        run = await _run_place(gateway, fresh[address], sight, told)
        return await acts_of(gateway, address, run, told.get(address, ()))

    sight.acts, missed = await each(gateway, happened, [a for a in fresh if a not in sight.missed])
    sight.missed |= missed
    return sight


async def each(
    gateway: Gateway, ask: Callable[[str], Awaitable[T]], addresses: Sequence[str]
) -> tuple[dict[str, T], set[str]]:
    """Ask about each address, several at a time; return the answers, and which addresses got none.

    So that a look at many jobs does not wait for an endpoint that answers all of a hundred questions in a row.
    """
    few = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> T | ChainError:
        async with few:
            try:
                return await ask(address)
            except ChainError as error:
                return error

    found = dict(zip(addresses, await asyncio.gather(*map(one, addresses)), strict=True))
    missed = {address: answer for address, answer in found.items() if isinstance(answer, ChainError)}
    if missed:
        logger.warning("%s of %s questions wait: %s", len(missed), len(addresses), next(iter(missed.values())))
    gateway.shaken = gateway.shaken or any(isinstance(error, ChainUnavailable) for error in missed.values())
    return {a: answer for a, answer in found.items() if not isinstance(answer, ChainError)}, set(missed)


def _open(jobs: Mapping[str, JobAccount | None]) -> list[str]:
    """Return where there is a job that waits or runs."""
    return [address for address, job in jobs.items() if job is not None and job.state == JobState.QUEUED]


async def _queued(
    gateway: Gateway, jobs: Mapping[str, JobAccount | None], addresses: Sequence[str], commitment: str
) -> set[str]:
    """Return which jobs wait in the queues of the markets of these."""
    markets = [job.market for address in addresses if (job := jobs[address]) is not None]
    return await gateway.queued_at(markets, commitment) if markets else set()


async def _run_place(gateway: Gateway, attempt: Attempt, sight: Sight, told: Mapping[str, Collection[Act]]) -> str:
    """Return the address of the attempt's run, also when it is gone: what ended it names only that."""
    look = sight.confirmed[attempt.address or ""]
    if look.run_address or not look.adrift:
        return look.run_address
    taken = [act for act in told.get(attempt.address or "", ()) if act.name == "work"]
    for act in await gateway.acts(taken[-1].signature) if taken else ():
        if act.name == "work":
            return act.accounts[0]
    return attempt.run_address or ""


async def _final(gateway: Gateway, addresses: list[str]) -> tuple[int, dict[str, Look], set[str]]:
    """Return as of which slot, the looks, and what was not answered.

    Without a run there is only what was open before and after it was looked for.
    """
    slot, jobs = await gateway.jobs_read(addresses, "finalized")
    open_ = _open(jobs)
    queued = await _queued(gateway, jobs, open_, "finalized")
    found, missed = await each(gateway, lambda address: gateway.runs_of(address, "finalized"), open_)
    runs = {address: next(iter(runs.items())) for address, runs in found.items() if runs}
    unrun = [address for address in found if address not in runs]
    if unrun:
        jobs |= (await gateway.jobs_read(unrun, "finalized"))[1]
    looks = {}
    for address in jobs.keys() - missed:
        job, (run_address, run) = jobs[address], runs.get(address, ("", None))
        still = job is not None and job.state == JobState.QUEUED
        looks[address] = Look(job, run, run_address, still and run is None and address not in queued)
    return slot, looks, missed


def _doubtful(seen: Seen, known: Seen) -> bool:
    """Return whether what is final matters: for the money, or because the chain shows less than was known."""
    return seen is Seen.DONE or seen.rank < known.rank


def _is_news(attempt: Attempt, sight: Sight) -> bool:
    look = sight.confirmed[attempt.address or ""]
    longer = look.job is not None and look.job.timeout != attempt.job.timeout_s
    return look.seen is not Seen(attempt.seen) or look.seen is Seen.QUIT or longer


async def _runs(gateway: Gateway, addresses: Sequence[str]) -> tuple[dict[str, tuple[str, RunAccount]], set[str]]:
    """Return the runs by their jobs' addresses, and what was not answered."""
    if len(addresses) > RUNS_ONE_BY_ONE:
        return await gateway.runs_by_job(), set()
    found, missed = await each(gateway, lambda address: gateway.runs_of(address, "confirmed"), addresses)
    return {run.job: (address, run) for some in found.values() for address, run in some.items()}, missed


async def acts_of(gateway: Gateway, address: str, run: str, told: Collection[Act]) -> tuple[Act, ...]:
    """Return what happened to a job, oldest first, without what was told; `run` is its run's address, if known."""
    known = {act.signature for act in told}
    acts: dict[tuple[str, str], Act] = {}
    places, done = [address, *([run] if run else [])], set()
    while places:
        place = places.pop(0)
        done.add(place)
        for signature, slot in await gateway.lines(place):
            if signature in known:
                continue
            known.add(signature)
            for act in await gateway.acts(signature):
                if act.name not in TOLD or not {address, *done} & set(act.accounts):
                    continue
                acts[signature, act.name] = Act(act.name, signature, slot)
                if act.run and address in act.accounts and act.run not in (*done, *places):
                    places.append(act.run)
    return tuple(sorted(acts.values(), key=lambda act: act.slot))
