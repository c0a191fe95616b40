"""A job's account on the chain, field by field as its bytes are, and what it lets us do."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from apps.bridge.chain import (
    Gateway,
    JobAccount,
    JobState,
    MarketAccount,
    QueueType,
    RunAccount,
    ask_chain,
)
from apps.jobs.models import Attempt


@dataclass(frozen=True)
class Cell:
    """One field of an account: its name in the program, what it says, in which unit, and its bytes in hex.

    `shown` says it once more as people read it (a CID, a time in UTC, a state's name), where that differs.
    """

    name: str
    value: str
    unit: str
    shown: str
    raw: str


@dataclass(frozen=True)
class Standing:
    """What the chain shows of an attempt at a moment: its accounts' fields, and what can be done.

    `slot` is that of the answer, confirmed; `final` whether what is final has the same bytes.
    """

    NEVER: ClassVar = "never"  # nothing was ever sent
    ABSENT: ClassVar = "absent"
    QUEUED: ClassVar = "queued"
    RUNNING: ClassVar = "running"
    QUIT: ClassVar = "quit"
    DONE: ClassVar = "done"  # its rent stays for now
    RENT: ClassVar = "rent"  # done, and its rent can come back
    ADRIFT: ClassVar = "adrift"  # no node has it and no queue

    outlook: str
    address: str
    slot: int = 0
    final: bool = True
    read_at: datetime | None = None
    job: tuple[Cell, ...] = ()
    run: tuple[Cell, ...] = ()
    run_address: str = ""
    raw: str = ""  # the account's bytes in hex
    size: int = 0
    place: int = 0  # in its market's queue, from 1
    waiting: int = 0  # jobs in that queue
    rent_at: datetime | None = None  # from when its rent can come back


def standings(attempts: Sequence[Attempt], *, now: datetime) -> dict[uuid.UUID, Standing]:
    """Return by id how the attempts stand on the chain now. A network call: raises ChainError."""
    never = {one.pk: Standing(Standing.NEVER, "") for one in attempts if not one.address}
    rows = {str(one.address): one.pk for one in attempts if one.address}
    if not rows:
        return never

    async def look(gateway: Gateway) -> dict[uuid.UUID, Standing]:
        addresses = list(rows)
        slot, found = await gateway.bytes_at(addresses, "confirmed")
        final = (await gateway.bytes_at(addresses, "finalized"))[1]
        jobs = {a: JobAccount.decode(data) for a, data in zip(addresses, found, strict=True) if data}
        markets = await gateway.markets_at(sorted({job.market for job in jobs.values()}))
        seen = {}
        for address, data, last in zip(addresses, found, final, strict=True):
            job, runs = jobs.get(address), {}
            if job is not None and job.state != JobState.DONE:  # a job that was given up may run with another node
                runs = await gateway.runs_of(address, "confirmed")
            market = markets.get(job.market) if job else None
            kept = _stand(address, job, next(iter(runs.items()), None), market, now)
            raw = data or b""
            told = replace(kept, slot=slot, final=data == last, read_at=now, raw=raw.hex(), size=len(raw))
            seen[rows[address]] = told
        return seen

    return never | ask_chain(look)


def _stand(
    address: str,
    job: JobAccount | None,
    running: tuple[str, RunAccount] | None,
    market: MarketAccount | None,
    now: datetime,
) -> Standing:
    if job is None:
        return Standing(Standing.ABSENT, address)
    shown = Standing(Standing.RUNNING, address, job=tuple(_job_cells(job)))
    queue = market.queue if market is not None and market.queue_type == QueueType.JOB else ()
    if job.state == JobState.DONE:
        free = datetime.fromtimestamp(job.time_end + (market.job_expiration if market else 0), UTC)
        return replace(shown, outlook=Standing.RENT if free < now else Standing.DONE, rent_at=free)
    if running is not None:
        return replace(shown, run_address=running[0], run=tuple(_run_cells(running[1])))
    if job.state == JobState.STOPPED:
        return replace(shown, outlook=Standing.QUIT)
    if address in queue:
        return replace(shown, outlook=Standing.QUEUED, place=queue.index(address) + 1, waiting=len(queue))
    return replace(shown, outlook=Standing.ADRIFT)


BASE58, UNIX, MICRO_A_SECOND, SECONDS = "base58", "unix seconds", "micro-NOS a second", "seconds"
JOB_FIELDS: tuple[tuple[str, int, str], ...] = (
    ("ipfs_job", 32, "SHA-256"),
    ("ipfs_result", 32, "SHA-256"),
    ("market", 32, BASE58),
    ("node", 32, BASE58),
    ("payer", 32, BASE58),
    ("price", 8, MICRO_A_SECOND),
    ("project", 32, BASE58),
    ("state", 1, "number"),
    ("time_end", 8, UNIX),
    ("time_start", 8, UNIX),
    ("timeout", 8, SECONDS),
)
RUN_FIELDS: tuple[tuple[str, int, str], ...] = (
    ("job", 32, BASE58),
    ("node", 32, BASE58),
    ("payer", 32, BASE58),
    ("state", 1, "number"),
    ("time", 8, UNIX),
)


def _job_cells(job: JobAccount) -> Iterator[Cell]:
    shown = {
        "ipfs_job": job.cid_job,
        "ipfs_result": job.cid_result or "",
        "state": JobState(job.state).name if job.state in set(JobState) else "",
        "time_end": _moment(job.time_end),
        "time_start": _moment(job.time_start),
    }
    yield from _cells(job, JOB_FIELDS, shown)


def _run_cells(run: RunAccount) -> Iterator[Cell]:
    yield from _cells(run, RUN_FIELDS, {"time": _moment(run.time)})


def _cells(
    account: JobAccount | RunAccount, fields: Sequence[tuple[str, int, str]], shown: dict[str, str]
) -> Iterator[Cell]:
    kind, data = type(account), account.encode()
    yield Cell("discriminator", kind.__name__, "", "", data[:8].hex())
    start = 8
    for name, size, unit in fields:
        told = getattr(account, name)
        value = told.hex() if isinstance(told, bytes) else str(told)
        yield Cell(name, value, unit, shown.get(name, ""), data[start : start + size].hex())
        start += size


def _moment(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if unix else ""
