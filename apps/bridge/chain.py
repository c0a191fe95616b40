"""The gateway to the chain; only this file and signing.py know nosana.chain. Addresses are base58 text.

Nothing here touches the database, so that no transaction is open while the network is asked.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from nosana.chain import (
    Blockhash,
    Chain,
    ChainError,
    ChainUnavailable,
    Change,
    Cluster,
    ClusterMismatch,
    JobAccount,
    JobState,
    MarketAccount,
    ProgramAct,
    ProgramError,
    QueueType,
    Resync,
    RunAccount,
    SignatureStatus,
    Signed,
    SignedHeader,
    cluster_profile,
    header_read,
    wallet_load,
    wallet_save,
)
from nosana.chain.errors import program_error
from solders.keypair import Keypair

from apps.bridge.loop import wait_for

__all__ = [
    "Blockhash",
    "ChainError",
    "ChainUnavailable",
    "Change",
    "ClusterMismatch",
    "Gateway",
    "JobAccount",
    "JobState",
    "JobView",
    "MarketAccount",
    "ProgramAct",
    "ProgramError",
    "QueueType",
    "Resync",
    "RunAccount",
    "SignatureStatus",
    "Signed",
    "SignedHeader",
    "ask_chain",
    "asking_chain",
    "chain_changes",
    "cluster",
    "header_read",
    "treasury_address",
    "treasury_key",
    "treasury_make",
]

T = TypeVar("T")
ALREADY = ("AlreadyProcessed",)
VERIFY_SECONDS = 60.0
BLOCKHASH_SECONDS = 1.0  # one lives for a minute
AT_ONCE = 16  # questions, or transactions, on their way at a time
RUNS_ONE_BY_ONE = 8  # above that many waiting jobs, all runs are read at once
CLOSE_SECONDS = 60.0


@dataclass(frozen=True)
class JobView:
    """A job account and, while it runs, its run account with address."""

    job: JobAccount | None
    run: RunAccount | None = None
    run_address: str = ""


def cluster() -> Cluster:
    """Return the configured cluster."""
    given = {
        "ws_url": settings.CHAIN_WS_URL,
        "genesis_hash": settings.CHAIN_GENESIS_HASH,
        "fee_divisor": settings.CHAIN_FEE_DIVISOR,
    }
    overrides = {name: value for name, value in given.items() if value}
    return cluster_profile(settings.CHAIN_CLUSTER, settings.CHAIN_RPC_URL or None, **overrides)


def treasury_key() -> Keypair:
    """Return the key that pays for all jobs. Raises ChainError when its file is not there."""
    return wallet_load(settings.CHAIN_TREASURY_FILE)


def treasury_address() -> str:
    """Return the address that pays for all jobs. Raises ChainError when its key file is not there."""
    return str(treasury_key().pubkey())


def treasury_make(path: Path) -> str:
    """Write a new treasury key unless the file exists; return its address."""
    if not path.exists():
        wallet_save(Keypair(), path)
    return str(wallet_load(path).pubkey())


class Gateway:
    """One open connection, verified to be the configured cluster."""

    def __init__(self, chain: Chain, hashes: "_Hashes") -> None:
        self.chain = chain
        self.hashes = hashes
        self.shaken = False  # whether an answer was missed that nobody raised

    async def blockhash(self) -> Blockhash:
        """Return a blockhash to sign with, at most a second old."""
        if self.hashes.newest is None or time.monotonic() - self.hashes.read_at > BLOCKHASH_SECONDS:
            read_at = time.monotonic()
            self.hashes.newest, self.hashes.read_at = await self.chain.blockhash(), read_at
        return self.hashes.newest

    # --- sending and looking up ---

    async def send_many(self, blobs: Sequence[bytes]) -> list[ChainError | None]:
        """Send stored transactions, several at a time; return each one's error, or None where it was taken."""
        few = asyncio.Semaphore(AT_ONCE)

        async def one(blob: bytes) -> ChainError | None:
            async with few:
                try:
                    await self.send(blob)
                except ChainError as error:
                    return error
                return None

        outcomes = await asyncio.gather(*map(one, blobs))
        self.shaken = self.shaken or any(isinstance(outcome, ChainUnavailable) for outcome in outcomes)
        if any(getattr(outcome, "name", "") == "BlockhashNotFound" for outcome in outcomes):
            self.hashes.newest = None  # its fork is gone
        return list(outcomes)

    async def send(self, blob: bytes) -> None:
        """Send a stored transaction; a repeat of one that landed is fine. Raises what Chain.send raises."""
        try:
            await self.chain.send(blob)
        except ProgramError as error:
            if error.name not in ALREADY:
                raise

    async def statuses(self, signatures: Sequence[str]) -> list[SignatureStatus | None]:
        """Return how far each transaction got."""
        return await self.chain.statuses(signatures)

    async def height_final(self) -> int:
        """Return the finalised block height, at which blockhashes have surely expired."""
        return await self.chain.block_height("finalized")

    async def failure(self, signature: str, status: SignatureStatus) -> ProgramError:
        """Return the named error of a transaction that failed on the chain."""
        return program_error(status.error, await self.chain.logs(signature))

    async def history(self, address: str) -> list[str]:
        """Return the signatures of the transactions that worked and named the address, newest first."""
        return [line.signature for line in await self.chain.signatures_for(address) if line.error is None]

    # --- looking at accounts ---

    async def market(self, address: str) -> MarketAccount | None:
        """Return the market, None when it closed."""
        return await self.chain.market(address)

    async def view(self, address: str, commitment: str = "confirmed") -> JobView:
        """Return the job with its run, as that commitment shows them."""
        job = await self.chain.job(address, commitment)
        if job is None or job.state != JobState.QUEUED:
            return JobView(job)
        runs = await self.chain.runs(job=address, commitment=commitment)
        for run_address, run in runs.items():
            return JobView(job, run, run_address)
        return JobView(job)

    async def views(self, addresses: Sequence[str]) -> tuple[dict[str, JobView], dict[str, ChainError]]:
        """Return the jobs at these addresses with their runs, confirmed, in few questions; and what was not answered.

        A job whose own question failed is named with its error instead of a view. Raises ChainError when the
        question about all of them failed.
        """
        jobs = await self.jobs_at(addresses, "confirmed")
        waiting = [address for address, job in jobs.items() if job is not None and job.state == JobState.QUEUED]
        missed: dict[str, ChainError] = {}
        if len(waiting) > RUNS_ONE_BY_ONE:
            runs = await self.runs_by_job()
        else:
            runs = {}
            found = await asyncio.gather(*map(self._run_of, waiting))
            for address, answer in zip(waiting, found, strict=True):
                if isinstance(answer, ChainError):
                    missed[address] = answer
                elif answer is not None:
                    runs[address] = answer
        self.shaken = self.shaken or any(isinstance(error, ChainUnavailable) for error in missed.values())
        views = {}
        for address in jobs.keys() - missed.keys():
            run_address, run = runs.get(address, ("", None))
            views[address] = JobView(jobs[address], run, run_address)
        return views, missed

    async def _run_of(self, job: str) -> tuple[str, RunAccount] | ChainError | None:
        try:
            return next(iter((await self.chain.runs(job=job)).items()), None)
        except ChainError as error:
            return error

    async def jobs_at(self, addresses: Sequence[str], commitment: str) -> dict[str, JobAccount | None]:
        """Return the job account at each address, None where there is none."""
        found = await self.chain.accounts_data(addresses, commitment)
        return {
            address: JobAccount.decode(data) if data else None
            for address, data in zip(addresses, found, strict=True)
        }

    async def bytes_at(self, addresses: Sequence[str], commitment: str) -> tuple[int, list[bytes | None]]:
        """Return as of which slot at least, and the bytes at each address, None where there is no account."""
        return await self.chain.accounts_read(addresses, commitment)

    async def jobs_read(
        self, addresses: Sequence[str], commitment: str
    ) -> tuple[int, dict[str, JobAccount | None]]:
        """Return as of which slot at least, and the job account at each address, None where there is none."""
        slot, found = await self.chain.accounts_read(addresses, commitment)
        pairs = zip(addresses, found, strict=True)
        return slot, {address: JobAccount.decode(data) if data else None for address, data in pairs}

    async def jobs_ours(self) -> Iterator[tuple[str, bytes]]:
        """Return address and bytes of every job account whose deposit the treasury paid."""
        return await self.chain.jobs_paid_by(treasury_address())

    async def runs_of(self, job: str, commitment: str) -> dict[str, RunAccount]:
        """Return the job's run by its own address; empty while no node has it."""
        return await self.chain.runs(job=job, commitment=commitment)

    async def runs_by_job(self) -> dict[str, tuple[str, RunAccount]]:
        """Return every run of the program by its job's address, with its own."""
        return {run.job: (address, run) for address, run in (await self.chain.runs()).items()}

    async def lines(self, address: str) -> list[tuple[str, int]]:
        """Return signature and slot of the transactions that worked and named the address, oldest first."""
        found = await self.chain.signatures_for(address)
        return [(line.signature, line.slot) for line in reversed(found) if line.error is None]

    async def acts(self, signature: str) -> list[ProgramAct]:
        """Return what a transaction did with the jobs program."""
        return await self.chain.acts(signature)

    async def paid_of(self, address: str) -> int | None:
        """Return what others than the treasury got out of a job's escrow, by its finalised transactions.

        None where the chain knows no transaction of that address. What puts into the escrow takes from the treasury,
        so only transactions that take nothing from it count.
        """
        lines = [
            line for line in await self.chain.signatures_for(address, commitment="finalized") if not line.error
        ]
        ours, paid = treasury_address(), 0
        for line in lines:
            changes = await self.chain.token_changes(line.signature) or {}
            if changes.get(ours, 0) >= 0:
                paid += sum(change for owner, change in changes.items() if change > 0 and owner != ours)
        return paid if lines else None

    async def queued_at(self, markets: Sequence[str], commitment: str) -> set[str]:
        """Return the jobs that wait in the queues of these markets."""
        waiting: set[str] = set()
        for data in await self.chain.accounts_data(sorted(set(markets)), commitment):
            market = MarketAccount.decode(data) if data else None
            if market is not None and market.queue_type == QueueType.JOB:
                waiting.update(market.queue)
        return waiting

    async def markets_at(self, addresses: Sequence[str]) -> dict[str, MarketAccount]:
        """Return the markets that exist among the addresses."""
        found = await self.chain.accounts_data(addresses)
        pairs = zip(addresses, found, strict=True)
        return {address: MarketAccount.decode(data) for address, data in pairs if data}

    async def slot(self) -> int:
        """Return the confirmed slot; what is read afterwards is at least that new."""
        return await self.chain.slot()

    async def treasury(self, commitment: str = "confirmed") -> tuple[int, int]:
        """Return the treasury's micro-NOS and lamports."""
        address = treasury_address()
        micro = await self.chain.token_balance(address, commitment)
        return micro, await self.chain.sol_balance(address, commitment)


@dataclass
class _Hashes:
    """The newest blockhash that was read, and when."""

    newest: Blockhash | None = None
    read_at: float = 0.0


class _Line:
    """The kept connection to one cluster, verified when it is opened and once a minute."""

    def __init__(self, where: Cluster) -> None:
        self.where = where
        self.lock = asyncio.Lock()
        self.chain: Chain | None = None
        self.verified_at: float | None = None
        self.hashes = _Hashes()

    async def ask(self, question: Callable[[Gateway], Awaitable[T]]) -> T:
        """Ask over the kept connection; one that failed is closed, so that the next question opens a new one."""
        chain = await self._open()
        gateway = Gateway(chain, self.hashes)
        try:
            answer = await question(gateway)
        except ChainUnavailable:
            self._drop(chain)
            raise
        if gateway.shaken:
            self._drop(chain)
        return answer

    async def _open(self) -> Chain:
        async with self.lock:
            if self.chain is None:
                self.chain, self.verified_at = Chain(self.where), None
            if self.verified_at is None or time.monotonic() - self.verified_at > VERIFY_SECONDS:
                self.verified_at = None
                await self.chain.verify()
                self.verified_at = time.monotonic()
            return self.chain

    def _drop(self, chain: Chain) -> None:
        """Forget a connection; it is closed a little later, when nobody else waits for an answer on it."""
        if self.chain is chain:
            self.chain, self.hashes = None, _Hashes()
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_SECONDS, lambda: loop.create_task(chain.__aexit__(None, None, None)))


_lines: dict[tuple[int, Cluster], _Line] = {}


def asking_chain(question: Callable[[Gateway], Awaitable[T]]) -> Awaitable[T]:
    """Return the question to the configured cluster, to be awaited on this process's loop (apps.bridge.loop)."""
    where = cluster()
    return _lines.setdefault((os.getpid(), where), _Line(where)).ask(question)


def ask_chain(question: Callable[[Gateway], Awaitable[T]]) -> T:
    """Ask the configured cluster and return the answer; for workers, never inside a transaction.

    Raises what Chain raises, and ClusterMismatch, loudly, when the endpoint serves another cluster.
    """

    async def ask() -> T:
        return await asking_chain(question)

    return wait_for(ask())


async def chain_changes(on_cut: Callable[[str], None]) -> AsyncIterator[Change | Resync]:
    """Yield what changes in the program's accounts, confirmed, over a connection of its own that is verified first.

    `on_cut` is told each time nothing is heard any more. Raises what Chain raises, and ClusterMismatch.
    """
    async with Chain(cluster()) as chain:
        await chain.verify()
        async for change in chain.changes(on_cut=on_cut):
            yield change
