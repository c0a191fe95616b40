"""The gateway to the chain: the only file of the platform that knows nosana.chain. Addresses are base58 text.

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
    cluster_profile,
    transaction_build,
    wallet_load,
    wallet_save,
)
from nosana.chain import instructions as ix
from nosana.chain.errors import program_error
from solders.instruction import Instruction
from solders.keypair import Keypair

from apps.bridge.keys import Seed
from apps.bridge.loop import wait_for

__all__ = [
    "AttemptKeys",
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
    "Signer",
    "ask_chain",
    "attempt_keys",
    "chain_changes",
    "cluster",
    "treasury_address",
    "treasury_make",
]

T = TypeVar("T")
ALREADY = ("AlreadyProcessed",)
VERIFY_SECONDS = 60.0
CLOSE_SECONDS = 60.0


@dataclass(frozen=True)
class AttemptKeys:
    """The addresses of one attempt, known before anything is sent."""

    job: str
    run: str
    project: str
    seed_version: int
    genesis_hash: str


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


def _treasury() -> Keypair:
    return wallet_load(settings.CHAIN_TREASURY_FILE)


def treasury_address() -> str:
    """Return the address that pays for all jobs. Raises ChainError when its key file is not there."""
    return str(_treasury().pubkey())


def treasury_make(path: Path) -> str:
    """Write a new treasury key unless the file exists; return its address."""
    if not path.exists():
        wallet_save(Keypair(), path)
    return str(wallet_load(path).pubkey())


def attempt_keys(seed: Seed, organisation_id: str, job_id: str, number: int) -> AttemptKeys:
    """Return the addresses of an attempt on the configured cluster."""
    job, run, project = _keypairs(seed, cluster(), organisation_id, job_id, number)
    return AttemptKeys(
        job=str(job.pubkey()),
        run=str(run.pubkey()),
        project=str(project.pubkey()),
        seed_version=seed.version,
        genesis_hash=cluster().genesis_hash,
    )


def _keypairs(
    seed: Seed, where: Cluster, organisation_id: str, job_id: str, number: int
) -> tuple[Keypair, Keypair, Keypair]:
    return (
        Keypair.from_seed(seed.job(where.genesis_hash, where.program, job_id, number)),
        Keypair.from_seed(seed.run(where.genesis_hash, where.program, job_id, number)),
        Keypair.from_seed(seed.project(organisation_id)),
    )


class Signer:
    """Signs for one organisation with keys of one seed version; pure, nothing is asked of the network.

    The treasury pays for everything; the organisation's own key is the on-chain project and co-signs.
    """

    def __init__(self, seed: Seed, organisation_id: str) -> None:
        self.seed = seed
        self.organisation_id = organisation_id
        self.cluster = cluster()
        self.payer = _treasury()
        self.project = Keypair.from_seed(seed.project(organisation_id))

    def listing(
        self, *, job_id: str, number: int, market: str, cid: str, timeout_s: int, blockhash: Blockhash
    ) -> Signed:
        """Return the transaction that lists the attempt."""
        job, run, project = _keypairs(self.seed, self.cluster, self.organisation_id, job_id, number)
        act = ix.list_job(
            self.cluster,
            job=job.pubkey(),
            run=run.pubkey(),
            market=market,
            payer=self.payer.pubkey(),
            project=project.pubkey(),
            ipfs_job=cid,
            timeout=timeout_s,
        )
        return self._sign([act], [job, run, project], blockhash)

    def delisting(self, address: str, job: JobAccount, blockhash: Blockhash) -> Signed:
        """Return the transaction that takes a queued job off its market."""
        act = ix.delist(
            self.cluster, job=address, market=job.market, payer=job.payer, project=self.project.pubkey()
        )
        return self._sign([act], [self.project], blockhash)

    def ending(
        self, address: str, job: JobAccount, run: RunAccount, run_address: str, blockhash: Blockhash
    ) -> Signed:
        """Return the transaction that stops a running job; the node's NOS account is made if it lacks one."""
        act = ix.end(
            self.cluster,
            job=address,
            run=run_address,
            market=job.market,
            node=run.node,
            job_payer=job.payer,
            run_payer=run.payer,
            project=self.project.pubkey(),
        )
        of_node = ix.ata_create(self.cluster, owner=run.node, payer=self.payer.pubkey())
        return self._sign([of_node, act], [self.project], blockhash)

    def recovery(self, address: str, job: JobAccount, blockhash: Blockhash) -> Signed:
        """Return the transaction that takes back the deposit of a job its node quit."""
        act = ix.recover(
            self.cluster, job=address, market=job.market, payer=job.payer, project=self.project.pubkey()
        )
        return self._sign([act], [self.project], blockhash)

    def _sign(self, acts: list[Instruction], signers: list[Keypair], blockhash: Blockhash) -> Signed:
        own = ix.ata_create(self.cluster, owner=self.payer.pubkey(), payer=self.payer.pubkey())
        return transaction_build([own, *acts], payer=self.payer, signers=signers, blockhash=blockhash)


class Gateway:
    """One open connection, verified to be the configured cluster."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    async def blockhash(self) -> Blockhash:
        """Return a fresh blockhash to sign with."""
        return await self.chain.blockhash()

    # --- sending and looking up ---

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

    async def jobs_at(self, addresses: Sequence[str], commitment: str) -> dict[str, JobAccount | None]:
        """Return the job account at each address, None where there is none."""
        found = await self.chain.accounts_data(addresses, commitment)
        return {
            address: JobAccount.decode(data) if data else None
            for address, data in zip(addresses, found, strict=True)
        }

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


class _Line:
    """The kept connection to one cluster, verified when it is opened and once a minute."""

    def __init__(self, where: Cluster) -> None:
        self.where = where
        self.lock = asyncio.Lock()
        self.chain: Chain | None = None
        self.verified_at: float | None = None

    async def ask(self, question: Callable[[Gateway], Awaitable[T]]) -> T:
        """Ask over the kept connection; one that failed is closed, so that the next question opens a new one."""
        chain = await self._open()
        try:
            return await question(Gateway(chain))
        except ChainUnavailable:
            self._drop(chain)
            raise

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
            self.chain = None
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSE_SECONDS, lambda: loop.create_task(chain.__aexit__(None, None, None)))


_lines: dict[tuple[int, Cluster], _Line] = {}


def ask_chain(question: Callable[[Gateway], Awaitable[T]]) -> T:
    """Ask the configured cluster and return the answer; for workers, never inside a transaction.

    Raises what Chain raises, and ClusterMismatch, loudly, when the endpoint serves another cluster.
    """
    where = cluster()
    line = _lines.setdefault((os.getpid(), where), _Line(where))
    return wait_for(line.ask(question))


async def chain_changes(on_cut: Callable[[str], None]) -> AsyncIterator[Change | Resync]:
    """Yield what changes in the program's accounts, confirmed, over a connection of its own that is verified first.

    `on_cut` is told each time nothing is heard any more. Raises what Chain raises, and ClusterMismatch.
    """
    async with Chain(cluster()) as chain:
        await chain.verify()
        async for change in chain.changes(on_cut=on_cut):
            yield change
