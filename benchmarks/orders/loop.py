"""The baseline: a plain loop with `solana` that lists one job in a transaction and waits for it. It keeps nothing."""

import time

from nosana.chain import Cluster
from nosana.chain import instructions as ix
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Confirmed
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.transaction import VersionedTransaction


async def loop_rate(cluster: Cluster, payer: Keypair, market: str, cid: str, count: int) -> float:
    """Return how many jobs a second the loop lists and sees confirmed."""
    async with AsyncClient(cluster.rpc_url, commitment=Confirmed) as client:
        await list_one(client, cluster, payer, market, cid)  # warm up
        started = time.perf_counter()
        for _ in range(count):
            await list_one(client, cluster, payer, market, cid)
        return count / (time.perf_counter() - started)


async def list_one(client: AsyncClient, cluster: Cluster, payer: Keypair, market: str, cid: str) -> None:
    """List a job and wait until it is confirmed."""
    job, run = Keypair(), Keypair()
    act = ix.list_job(
        cluster,
        job=job.pubkey(),
        run=run.pubkey(),
        market=market,
        payer=payer.pubkey(),
        project=payer.pubkey(),
        ipfs_job=cid,
        timeout=60,
    )
    blockhash = (await client.get_latest_blockhash()).value
    message = MessageV0.try_compile(payer.pubkey(), [act], [], blockhash.blockhash)
    sent = await client.send_raw_transaction(bytes(VersionedTransaction(message, [payer, job, run])))
    await client.confirm_transaction(
        sent.value, Confirmed, last_valid_block_height=blockhash.last_valid_block_height
    )
