"""The world outside for the bridge's tests: chain and IPFS as real processes, and a node with a key."""

import asyncio
import json
import re
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from nosana.chain import Chain, Cluster, RunAccount, cluster_discover, transaction_build
from nosana.chain import instructions as ix
from solders.instruction import Instruction
from solders.keypair import Keypair

from apps.bridge.loop import wait_for
from sandbox.services.process import Child

T = TypeVar("T")
SLOT_MS, FINALITY_LAG = 40, 3
ROOT = Path(__file__).resolve().parents[2]


class Network:
    """A chain with quick slots, and an IPFS service."""

    def __init__(self, *, fee_divisor: int = 0, finality_lag: int = FINALITY_LAG) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="nw-chain-"))
        self.fee_divisor = fee_divisor
        self.finality_lag = finality_lag
        self.children: list[Child] = []
        self.chain: Chain | None = None
        self.ipfs_url = self._start("sandbox.ipfs", "--port", "0")
        self.chain_start("--port", "0")

    def chain_start(self, *options: str) -> None:
        """Start the chain, again on the data it had."""
        lag = (
            "--slot-ms",
            str(SLOT_MS),
            "--finality-lag",
            str(self.finality_lag),
            "--fee-divisor",
            str(self.fee_divisor),
        )
        self.rpc_url = self._start("sandbox.chain", *options, *lag)
        self.cluster: Cluster = wait_for(cluster_discover(self.rpc_url, fee_divisor=self.fee_divisor))

    def _start(self, module: str, *options: str) -> str:
        log = self.data / f"{module}.log"
        child = Child([sys.executable, "-m", module, "--data", str(self.data / module), *options], log=log)
        self.children.append(child)
        found: list[str] = []

        def ready() -> bool:
            found[:] = re.findall(r"^ready (\S+)", log.read_text(), re.M)
            return bool(found)

        child.wait_ready(ready)
        return found[-1]

    def stop(self) -> None:
        """End the processes and forget their data."""
        for child in self.children:
            child.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def ask(self, question: Callable[[Chain], Awaitable[T]]) -> T:
        """Ask the chain."""

        async def run() -> T:
            if self.chain is None or self.chain.cluster != self.cluster:
                self.chain = Chain(self.cluster)
            return await question(self.chain)

        return wait_for(run())

    def act(self, act: Instruction, payer: Keypair, *signers: Keypair) -> str:
        """Send an instruction, wait until it is confirmed and return its signature."""

        async def run(chain: Chain) -> str:
            signed = transaction_build([act], payer=payer, signers=signers, blockhash=await chain.blockhash())
            await chain.send_and_confirm(signed)
            return signed.signature

        return self.ask(run)

    def give(self, address: str, *, nos: int = 0, lamports: int = 10**10, stake: int | None = None) -> None:
        """Ask the faucet for micro-NOS, lamports and a stake, and wait until they are final."""
        wish = {"to": address, "nos": nos, "lamports": lamports, "stake": stake}
        self.final(self.sandbox("sandboxFaucet", wish))

    def final(self, signature: str) -> None:
        """Wait until a transaction is final."""

        async def wait(chain: Chain) -> None:
            while True:
                status = (await chain.statuses([signature]))[0]
                if status is not None and status.reached("finalized"):
                    return
                await asyncio.sleep(0.02)

        self.ask(wait)

    def blocks_pass(self, count: int) -> None:
        """Wait until so many more blocks are final: counted, since a busy machine makes them late."""

        async def wait(chain: Chain) -> None:
            end = await chain.block_height("finalized") + count
            while await chain.block_height("finalized") < end:
                await asyncio.sleep(0.05)

        self.ask(wait)

    def sandbox(self, method: str, wish: dict[str, Any]) -> Any:
        """Ask the sandbox for what no real cluster does."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": [wish]}).encode()
        request = urllib.request.Request(self.rpc_url, body, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as response:
            return json.load(response)["result"]

    def later(self, seconds: int) -> None:
        """Let the cluster's clock go forward."""
        self.sandbox("sandboxClock", {"seconds": seconds})

    def balance(self, owner: str) -> int:
        """Return the owner's final micro-NOS."""
        return self.ask(lambda chain: chain.token_balance(owner, "finalized"))


class GpuMarket:
    """A market of one's own, which may change its price and close."""

    def __init__(self, network: Network, *, price_micro: int) -> None:
        self.network, self.owner, self.keys = network, Keypair(), Keypair()
        self.address = str(self.keys.pubkey())
        network.give(str(self.owner.pubkey()), nos=1)
        act = ix.open_market(
            network.cluster, market=self.address, authority=self.owner.pubkey(), job_price=price_micro
        )
        network.final(network.act(act, self.owner, self.keys))

    def reprice(self, price_micro: int) -> None:
        """Change the price for jobs listed from now on."""
        act = ix.update(
            self.network.cluster,
            market=self.address,
            authority=self.owner.pubkey(),
            job_price=price_micro,
            job_timeout=7200,
            job_expiration=86_400,
        )
        self.network.act(act, self.owner)

    def close(self) -> None:
        """Close the market."""
        act = ix.close(self.network.cluster, market=self.address, authority=self.owner.pubkey())
        self.network.act(act, self.owner)


class GpuNode:
    """A node that takes jobs and ends them as it is told."""

    def __init__(self, network: Network) -> None:
        self.network, self.keys = network, Keypair()
        self.address = str(self.keys.pubkey())
        network.give(self.address, nos=1, stake=0)

    def work(self, market: GpuMarket) -> None:
        """Join the market: take the oldest job, or wait for one."""
        run = Keypair()
        act = ix.work(self.network.cluster, run=run.pubkey(), market=market.address, node=self.address)
        self.network.act(act, self.keys, run)

    def run(self, job: str) -> tuple[str, RunAccount]:
        """Return the run this node has for the job."""
        runs = self.network.ask(lambda chain: chain.runs(job=job))
        return next(iter(runs.items()))

    def finish(self, job: str, cid: str) -> str:
        """Finish the job with a result; return the signature."""
        run_address, run = self.run(job)
        account = self.network.ask(lambda chain: chain.job(job))
        assert account is not None
        act = ix.finish(
            self.network.cluster,
            job=job,
            run=run_address,
            market=account.market,
            node=self.address,
            job_payer=account.payer,
            run_payer=run.payer,
            ipfs_result=cid,
        )
        return self.network.act(act, self.keys)

    def quit(self, job: str) -> None:
        """Give the job up, unpaid."""
        run_address, run = self.run(job)
        act = ix.quit(self.network.cluster, job=job, run=run_address, run_payer=run.payer, node=self.address)
        self.network.act(act, self.keys)
