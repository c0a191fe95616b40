"""A fleet of nodes that take jobs, run them for a moment, and finish them or give them up."""

import asyncio
import random
import threading
from collections import Counter
from concurrent.futures import Future

from nosana.chain import Chain, ChainError, QueueType, transaction_build
from nosana.chain import instructions as ix
from solders.instruction import Instruction
from solders.keypair import Keypair

from tests.bridge.network import GpuMarket, GpuNode, Network


class Fleet:
    """Nodes in a thread of their own; `quits` of ten jobs are given up instead of finished."""

    def __init__(self, network: Network, market: GpuMarket, nodes: int, *, cid: str, quits: int = 1) -> None:
        self.network, self.market, self.cid, self.quits = network, market, cid, quits
        self.nodes = [GpuNode(network) for _ in range(nodes)]
        self.random = random.Random(1)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.done: list[Future[None]] = []
        self.troubles: Counter[str] = Counter()

    def __enter__(self) -> "Fleet":
        self.thread.start()
        self.done = [asyncio.run_coroutine_threadsafe(self._live(node), self.loop) for node in self.nodes]
        return self

    def said(self) -> list[object]:
        """Return what went wrong most often, and what ended nodes altogether."""
        ended = [future.exception() for future in self.done if future.done()]
        return [*self.troubles.most_common(4), *ended]

    def __exit__(self, *_: object) -> None:
        for future in self.done:
            future.cancel()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.2), self.loop).result(10)  # let them close what they have
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def _live(self, node: GpuNode) -> None:
        async with Chain(self.network.cluster) as chain:
            while True:
                try:
                    await self._turn(chain, node)
                except ChainError as error:
                    self.troubles[str(error)[:200]] += 1
                    await asyncio.sleep(0.2)  # another node was faster

    async def _turn(self, chain: Chain, node: GpuNode) -> None:
        """Take the oldest job that waits, or bring the one it has to its end."""
        runs = await chain.runs(node=node.address)
        if not runs:
            market = await chain.market(self.market.address)
            if market is None or market.queue_type != QueueType.JOB:
                await asyncio.sleep(0.2)
                return
            run = Keypair()
            act = ix.work(self.network.cluster, run=run.pubkey(), market=self.market.address, node=node.address)
            await self._send(chain, act, node.keys, run)
            return
        await asyncio.sleep(self.random.random())
        run_address, found = next(iter(runs.items()))
        if self.random.randrange(10) < self.quits:
            act = ix.quit(
                self.network.cluster, job=found.job, run=run_address, run_payer=found.payer, node=node.address
            )
        else:
            job = await chain.job(found.job)
            if job is None:
                return
            act = ix.finish(
                self.network.cluster,
                job=found.job,
                run=run_address,
                market=job.market,
                node=node.address,
                job_payer=job.payer,
                run_payer=found.payer,
                ipfs_result=self.cid,
            )
        await self._send(chain, act, node.keys)

    async def _send(self, chain: Chain, act: Instruction, payer: Keypair, *signers: Keypair) -> None:
        signed = transaction_build([act], payer=payer, signers=signers, blockhash=await chain.blockhash())
        await chain.send_and_confirm(signed)
