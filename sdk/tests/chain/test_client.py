"""`Chain` against a sandbox chain in a process of its own."""

import asyncio
import hashlib
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nosana.chain import (
    Chain,
    ChainError,
    ChainUnavailable,
    Change,
    Cluster,
    ClusterMismatch,
    JobState,
    ProgramError,
    ProgramMismatch,
    Resync,
    TransactionExpired,
    cluster_discover,
    job_status,
    transaction_build,
)
from nosana.chain import instructions as ix
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.signature import Signature

from tests.sandbox.chain.serving import Served

pytestmark = pytest.mark.anyio
SOL, NOS = 10**9, 10**6
DEFINITION, RESULT = hashlib.sha256(b"definition").digest(), hashlib.sha256(b"result").digest()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with slots of 60 ms that are final after eight."""
    served = Served(tmp_path_factory.mktemp("chain"), "--slot-ms", "60", "--finality-lag", "8").start()
    yield served
    served.stop()


class Cast:
    """Olga's market, Paula who lists and pays, Nora who works."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.olga, self.paula, self.prue, self.nora = (Keypair() for _ in range(4))
        served.faucet(str(self.olga.pubkey()), lamports=SOL)
        served.faucet(str(self.paula.pubkey()), lamports=SOL, nos=100 * NOS)
        served.faucet(str(self.nora.pubkey()), lamports=SOL, stake=0)
        self.keys = {pair.pubkey(): pair for pair in (self.olga, self.paula, self.prue, self.nora)}

    def fresh(self) -> str:
        """Return the address of a new key that will sign when asked for."""
        pair = Keypair()
        self.keys[pair.pubkey()] = pair
        return str(pair.pubkey())

    async def do(self, chain: Chain, payer: Keypair, *steps: Instruction) -> None:
        """Send and wait until confirmed."""
        wanted = {meta.pubkey for step in steps for meta in step.accounts if meta.is_signer}
        signers = [self.keys[key] for key in wanted]
        blockhash = await chain.blockhash()
        signed = transaction_build(steps, payer=payer, signers=signers, blockhash=blockhash)
        status = await chain.send_and_confirm(signed)
        assert status.reached("confirmed")

    async def market(self, chain: Chain, price: int = 43) -> str:
        """Open a market."""
        market = self.fresh()
        opening = ix.open_market(chain.cluster, market=market, authority=self.olga.pubkey(), job_price=price)
        await self.do(chain, self.olga, opening)
        return market

    def listing(self, cluster: Cluster, market: str) -> tuple[str, Instruction]:
        """Return a new job and the instruction that lists it."""
        job = self.fresh()
        return job, ix.list_job(
            cluster, job=job, run=self.fresh(), market=market, payer=self.paula.pubkey(),
            project=self.prue.pubkey(), ipfs_job=DEFINITION, timeout=600,
        )  # fmt: skip


@pytest.fixture(scope="module")
def cast(served: Served) -> Cast:
    """The cast, rich enough for the whole file."""
    return Cast(served)


async def test_a_job_is_listed_run_and_paid(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        await chain.verify()
        market = await cast.market(chain)
        job, listing = cast.listing(cluster, market)
        paula, nora, prue = (str(pair.pubkey()) for pair in (cast.paula, cast.nora, cast.prue))
        before = await chain.token_balance(paula)
        await cast.do(chain, cast.paula, listing)
        assert before - await chain.token_balance(paula) == 43 * 600
        assert await chain.token_account_balance(chain.vault(market)) == 43 * 600
        listed = await chain.job(job)
        assert listed is not None
        assert job_status(listed, None) == "QUEUED"
        assert await chain.jobs(project=prue, market=market, state=JobState.QUEUED) == {job: listed}
        run = cast.fresh()
        await cast.do(chain, cast.nora, ix.work(cluster, run=run, market=market, node=nora))
        runs = await chain.runs(job=job)
        assert list(runs) == [run]
        assert runs == await chain.runs(node=nora)
        assert job_status(listed, runs[run]) == "RUNNING"
        finishing = ix.finish(
            cluster, job=job, run=run, market=market, node=nora, job_payer=paula, run_payer=nora,
            ipfs_result=RESULT,
        )  # fmt: skip
        await cast.do(chain, cast.nora, finishing)
        ended = await chain.job(job)
        assert ended is not None
        assert (job_status(ended, None), ended.ipfs_result, ended.node) == ("COMPLETED", RESULT, nora)
        assert before - await chain.token_balance(paula) == ended.cost() == await chain.token_balance(nora)
        assert await chain.jobs(node=nora, state=JobState.DONE) == {job: ended}
        assert await chain.runs(job=job) == {}
        assert market in await chain.markets()
        lines = await chain.signatures_for(job)
        assert len(lines) == 2
        assert all(line.error is None for line in lines)
        assert any("Instruction: Finish" in line for line in await chain.logs(lines[0].signature))


async def test_another_cluster_is_refused(served: Served) -> None:
    cluster = await cluster_discover(served.url)
    for wrong in ("", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"):
        async with Chain(replace(cluster, genesis_hash=wrong)) as chain:
            with pytest.raises(ClusterMismatch, match="correct the address or the genesis hash"):
                await chain.verify()


async def test_a_refused_transaction_says_why_in_words(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        market = await cast.market(chain)
        job, listing = cast.listing(cluster, market)
        await cast.do(chain, cast.paula, listing)
        thief = Keypair()
        served.faucet(str(thief.pubkey()), lamports=SOL)
        theft = ix.delist(
            cluster, job=job, market=market, payer=cast.paula.pubkey(), project=thief.pubkey()
        )  # fmt: skip
        signed = transaction_build([theft], payer=thief, blockhash=await chain.blockhash())
        with pytest.raises(ProgramError, match="The signer may not do this") as caught:
            await chain.send(signed.blob)
        assert (caught.value.name, caught.value.code) == ("Unauthorized", 6000)
        assert any("Delist" in line for line in caught.value.logs)
        assert await chain.statuses([signed.signature]) == [None]


async def test_a_failure_on_chain_is_named_from_its_logs(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        leave = ix.stop(cluster, market=await cast.market(chain), node=cast.nora.pubkey())
        signed = transaction_build([leave], payer=cast.nora, blockhash=await chain.blockhash())
        await chain.send(signed.blob, preflight=False)
        with pytest.raises(ProgramError) as caught:
            await chain.confirm(signed.signature, signed.last_valid_block_height)
        assert caught.value.name == "MarketInWrongState"


async def test_a_second_sending_is_recognised(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        step = ix.transfer(cluster, owner=cast.paula.pubkey(), to=cast.nora.pubkey(), amount=1)
        signed = transaction_build([step], payer=cast.paula, blockhash=await chain.blockhash())
        await chain.send(signed.blob)
        with pytest.raises(ProgramError) as caught:
            await chain.send(signed.blob)
        assert (caught.value.name, caught.value.code) == ("AlreadyProcessed", None)


async def test_a_dead_blockhash_is_told_from_a_slow_one(served: Served) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        unknown = str(Signature.new_unique())
        with pytest.raises(TransactionExpired, match="build it again"):
            await chain.confirm(unknown, 1)
        assert await chain.block_height("finalized") < await chain.slot("processed")


async def test_no_answer_is_told_apart_from_a_refusal(served: Served) -> None:
    cluster = replace(await cluster_discover(served.url), rpc_url="http://127.0.0.1:9")
    async with Chain(cluster, timeout=2) as chain:
        with pytest.raises(ChainUnavailable, match=r"127\.0\.0\.1:9 did not answer"):
            await chain.blockhash()


async def test_the_program_is_probed_without_signing_or_sending(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        market = await cast.market(chain)
        payer = str(cast.paula.pubkey())
        before = await chain.token_balance(payer)
        seen = await chain.probe(market=market, payer=payer)
        assert (seen.fee_divisor, seen.fee, seen.deposit) == (0, 0, 43 * 60)
        assert await chain.token_balance(payer) == before
        free = await cast.market(chain, price=0)
        with pytest.raises(ProgramMismatch, match="is free"):
            await chain.probe(market=free, payer=payer)
    async with Chain(replace(cluster, fee_divisor=10)) as chain:
        with pytest.raises(ProgramMismatch, match=r"is fee divisor 0; 10 is configured"):
            await chain.probe(market=market, payer=payer)


async def test_an_unknown_program_is_refused_by_the_probe(served: Served, cast: Cast) -> None:
    cluster = replace(await cluster_discover(served.url), rewards=str(Keypair().pubkey()))
    async with Chain(cluster) as chain:
        market = await cast.market(chain)
        with pytest.raises(ChainError):
            await chain.probe(market=market, payer=str(cast.paula.pubkey()))


async def changes_until(stream: AsyncIterator[Change | Resync], job: str) -> Change:
    async for change in stream:
        if isinstance(change, Change) and change.address == job:
            return change
    raise AssertionError("the stream ended")


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Served]:
    """A server of one test's own, which may stop and start it."""
    with Served(tmp_path, "--slot-ms", "60") as another:
        yield another


async def test_changes_are_followed_across_a_restart_of_the_endpoint(another: Served) -> None:
    served, port = another, another.url.rsplit(":", 1)[1]
    cast = Cast(served)
    cluster = await cluster_discover(served.url)
    async with asyncio.timeout(30), Chain(cluster) as chain:
        stream = chain.changes()
        assert await anext(stream) == Resync("connected")
        market = await cast.market(chain)
        job, listing = cast.listing(cluster, market)
        waiting = asyncio.create_task(changes_until(stream, job))
        await cast.do(chain, cast.paula, listing)
        assert (await waiting).account == await chain.job(job)
        served.stop(signal.SIGKILL)
        served.options = (*served.options, "--port", port)
        served.start()
        again = [change async for change in first(stream)]
        assert isinstance(again[0], Resync)
        assert await chain.job(job) is not None
        waiting = asyncio.create_task(changes_until(stream, job))
        delisting = ix.delist(
            cluster, job=job, market=market, payer=cast.paula.pubkey(), project=cast.prue.pubkey()
        )  # fmt: skip
        await cast.do(chain, cast.paula, delisting)
        assert (await waiting).account is None


async def first(stream: AsyncIterator[Change | Resync]) -> AsyncIterator[Change | Resync]:
    """Yield until the next Resync, that one alone."""
    async for change in stream:
        if isinstance(change, Resync):
            yield change
            return


async def test_a_dropped_fork_leaves_a_transaction_unseen(served: Served, cast: Cast) -> None:
    cluster = await cluster_discover(served.url)
    async with Chain(cluster) as chain:
        step = ix.transfer(cluster, owner=cast.paula.pubkey(), to=cast.nora.pubkey(), amount=2)
        signed = transaction_build([step], payer=cast.paula, blockhash=await chain.blockhash())
        await chain.send(signed.blob)
        await chain.confirm(signed.signature, signed.last_valid_block_height)
        assert signed.signature in served.result("sandboxForkDrop", {"slots": 6})
        assert await chain.statuses([signed.signature]) == [None]
        with pytest.raises(TransactionExpired):
            await chain.confirm(signed.signature, signed.last_valid_block_height - 10_000, "finalized")
