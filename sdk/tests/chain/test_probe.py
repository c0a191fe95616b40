"""What the probe finds out of the program on chain, and that what it does not know is refused."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from nosana.chain import (
    Chain,
    ClusterMismatch,
    ProgramMismatch,
    chain_ask,
    cluster_discover,
    cluster_profile,
    transaction_build,
)
from nosana.chain import instructions as ix
from solders.instruction import Instruction
from solders.keypair import Keypair

from tests.sandbox.chain.serving import Served

pytestmark = pytest.mark.anyio
SOL, NOS = 10**9, 10**6


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A cluster that takes a tenth as network fee."""
    with Served(tmp_path, "--slot-ms", "60", "--instant", "--fee-divisor", "10") as served:
        yield served


async def send(chain: Chain, payer: Keypair, step: Instruction, *signers: Keypair) -> None:
    blockhash = await chain.blockhash()
    await chain.send_and_confirm(transaction_build([step], payer=payer, signers=signers, blockhash=blockhash))


async def running(chain: Chain, owner: Keypair) -> str:
    """Return a market of the owner's in which the owner runs a job of its own."""
    market, job, run, spare = (Keypair() for _ in range(4))
    me, cluster = owner.pubkey(), chain.cluster
    await send(chain, owner, ix.open_market(cluster, market=market.pubkey(), authority=me, job_price=43), market)
    digest = hashlib.sha256(b"x").digest()
    listing = ix.list_job(
        cluster, job=job.pubkey(), run=spare.pubkey(), market=market.pubkey(), payer=me, project=me,
        ipfs_job=digest, timeout=60,
    )  # fmt: skip
    await send(chain, owner, listing, job, spare)
    await send(chain, owner, ix.work(cluster, run=run.pubkey(), market=market.pubkey(), node=me), run)
    return str(market.pubkey())


async def test_the_fee_and_the_layout_of_finish_are_seen_on_a_live_run(served: Served) -> None:
    owner = Keypair()
    served.faucet(str(owner.pubkey()), lamports=SOL, nos=10 * NOS, stake=0)
    async with Chain(await cluster_discover(served.url, fee_divisor=10)) as chain:
        market = await running(chain, owner)
        seen = await chain.probe(market=market, payer=owner.pubkey())
        assert (seen.fee_divisor, seen.deposit, seen.fee, seen.finish_tried) == (10, 43 * 60, 43 * 6, True)
    async with Chain(await cluster_discover(served.url)) as chain:
        with pytest.raises(ProgramMismatch, match="is fee divisor 10; 0 is configured"):
            await chain.probe(market=market, payer=owner.pubkey())


async def test_a_program_that_does_not_know_the_instruction_is_refused(served: Served) -> None:
    owner, market = Keypair(), Keypair()
    served.faucet(str(owner.pubkey()), lamports=SOL, nos=10 * NOS)
    right = await cluster_discover(served.url)
    async with Chain(right) as chain:
        opening = ix.open_market(right, market=market.pubkey(), authority=owner.pubkey(), job_price=1)
        await send(chain, owner, opening, market)
    other = await cluster_discover(served.url, program=right.rewards)
    async with Chain(other) as chain:
        with pytest.raises(ProgramMismatch, match="`list` is not the one this library knows"):
            await chain.probe(market=market.pubkey(), payer=owner.pubkey())


def test_a_script_asks_without_an_event_loop_and_of_the_right_cluster_alone(served: Served) -> None:
    assert chain_ask(served.url, lambda chain: chain.markets()) == {}
    with pytest.raises(ClusterMismatch):
        chain_ask(cluster_profile("devnet", served.url), lambda chain: chain.markets())
