"""One look at the chain: what it shows of some attempts, confirmed and, where it matters, final."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from apps.bridge.chain import Gateway, JobAccount, JobState, RunAccount
from apps.jobs.models import Attempt
from apps.jobs.services import Act
from apps.jobs.state import Seen

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
    runs = await _runs(gateway, looked)
    sight = Sight(slot, {})
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
    if doubtful:
        sight.final_slot, sight.final = await _final(gateway, doubtful)
    fresh = [attempt for attempt in attempts if _is_news(attempt, sight)]
    sight.acts = await acts_of(
        gateway,
        {attempt.address or "": await _run_place(gateway, attempt, sight, told) for attempt in fresh},
        told,
    )
    return sight


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


async def _final(gateway: Gateway, addresses: list[str]) -> tuple[int, dict[str, Look]]:
    """Return as of which slot, and the looks; without a run only what was open before and after it was looked for."""
    slot, jobs = await gateway.jobs_read(addresses, "finalized")
    open_ = _open(jobs)
    queued = await _queued(gateway, jobs, open_, "finalized")
    found = await asyncio.gather(*(gateway.runs_of(address, "finalized") for address in open_))
    runs = {address: next(iter(runs.items())) for address, runs in zip(open_, found, strict=True) if runs}
    unrun = [address for address in open_ if address not in runs]
    if unrun:
        jobs |= (await gateway.jobs_read(unrun, "finalized"))[1]
    looks = {}
    for address, job in jobs.items():
        run_address, run = runs.get(address, ("", None))
        still = job is not None and job.state == JobState.QUEUED
        looks[address] = Look(job, run, run_address, still and run is None and address not in queued)
    return slot, looks


def _doubtful(seen: Seen, known: Seen) -> bool:
    """Return whether what is final matters: for the money, or because the chain shows less than was known."""
    return seen is Seen.DONE or seen.rank < known.rank


def _is_news(attempt: Attempt, sight: Sight) -> bool:
    look = sight.confirmed[attempt.address or ""]
    longer = look.job is not None and look.job.timeout != attempt.job.timeout_s
    return look.seen is not Seen(attempt.seen) or look.seen is Seen.QUIT or longer


async def _runs(gateway: Gateway, addresses: Sequence[str]) -> dict[str, tuple[str, RunAccount]]:
    if len(addresses) > RUNS_ONE_BY_ONE:
        return await gateway.runs_by_job()
    found = await asyncio.gather(*(gateway.runs_of(address, "confirmed") for address in addresses))
    return {run.job: (address, run) for some in found for address, run in some.items()}


async def acts_of(
    gateway: Gateway, runs: Mapping[str, str], told: Mapping[str, Collection[Act]]
) -> dict[str, tuple[Act, ...]]:
    """Return what happened to each job, oldest first, without what was told; `runs` has its run's address, if known."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(address: str, run: str) -> tuple[Act, ...]:
        async with few:
            known = {act.signature for act in told.get(address, ())}
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

    found = await asyncio.gather(*(one(address, run) for address, run in runs.items()))
    return dict(zip(runs, found, strict=True))
