"""A chain with one market, IPFS, and somebody who lists jobs: the surroundings of a node under test."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from nosana.chain import Chain, Cluster, JobAccount, cluster_discover, instructions, transaction_build
from nosana.ipfs import IpfsClient
from nosana.spec import FlowState
from solders.instruction import Instruction
from solders.keypair import Keypair

from tests.sandbox.processes import Started

PRICE = 100


class Surroundings:
    """Everything around a node, as processes; each act of the poster returns when it is confirmed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chain_part = Started(
            "sandbox.chain", "--port", "0", "--data", str(folder / "chain"), "--instant", "--slot-ms", "100"
        )
        self.ipfs_part = Started("sandbox.ipfs", "--port", "0", "--data", str(folder / "ipfs"))
        self.cluster: Cluster = asyncio.run(cluster_discover(self.chain_part.url))
        self.ipfs = IpfsClient(self.ipfs_part.url, self.ipfs_part.url)
        self.poster, self.market, self.quiet_market = Keypair(), Keypair(), Keypair()
        asyncio.run(self._open())

    def node(self, name: str, market: Keypair | None = None) -> Started:
        """Start a node in a market, by default the first."""
        address = str((market or self.market).pubkey())
        return Started(
            "sandbox.node", "--port", "0", "--data", str(self.folder / name),
            "--rpc", self.chain_part.url, "--ipfs", self.ipfs_part.url, "--market", address,
            "--directory", str(self.folder / "nodes.json"), "--name", name,
        )  # fmt: skip

    def end(self) -> None:
        """End the processes."""
        for part in (self.chain_part, self.ipfs_part):
            part.end()

    async def _open(self) -> None:
        wanted = {"to": str(self.poster.pubkey()), "lamports": 50_000_000_000, "nos": 1_000_000_000, "stake": None}
        call = {"jsonrpc": "2.0", "id": 1, "method": "sandboxFaucet", "params": [wanted]}
        httpx.post(self.chain_part.url, json=call, trust_env=False).raise_for_status()
        async with Chain(self.cluster) as chain:
            await until(lambda: chain.token_balance(self.poster.pubkey()))
        me = self.poster.pubkey()
        for market in (self.market, self.quiet_market):
            act = instructions.open_market(self.cluster, market=market.pubkey(), authority=me, job_price=PRICE)
            await self.send(act, market)

    async def send(self, act: Instruction, *signers: Keypair) -> None:
        """Sign as the poster, send and confirm."""
        async with Chain(self.cluster) as chain:
            signed = transaction_build(
                [act], payer=self.poster, signers=signers, blockhash=await chain.blockhash()
            )
            await chain.send_and_confirm(signed)

    def post(self, definition: Any, timeout: int = 60, market: Keypair | None = None) -> str:
        """Pin a definition and list it as a job; return its address."""
        job, run, me = Keypair(), Keypair(), self.poster.pubkey()
        cid = asyncio.run(self.ipfs.pin_json(definition))
        act = instructions.list_job(
            self.cluster, job=job.pubkey(), run=run.pubkey(), payer=me, project=me,
            market=(market or self.market).pubkey(),
            ipfs_job=cid, timeout=timeout,
        )  # fmt: skip
        asyncio.run(self.send(act, job, run))
        return str(job.pubkey())

    def stop(self, job: str) -> None:
        """End a running job, as its project."""

        async def act() -> Instruction:
            async with Chain(self.cluster) as chain:
                ((address, run),) = (await chain.runs(job=job)).items()
            me = self.poster.pubkey()
            return instructions.end(
                self.cluster, job=job, run=address, market=self.market.pubkey(), node=run.node, job_payer=me,
                run_payer=run.payer, project=me,
            )  # fmt: skip

        asyncio.run(self.send(asyncio.run(act())))

    def extend(self, job: str, timeout: int) -> None:
        """Give a job another time limit in seconds."""
        market, me = self.market.pubkey(), self.poster.pubkey()
        act = instructions.extend(self.cluster, job=job, market=market, payer=me, project=me, timeout=timeout)
        asyncio.run(self.send(act))

    def job(self, job: str) -> JobAccount:
        """Return the job's account."""
        found = asyncio.run(self._ask(lambda chain: chain.job(job)))
        assert found is not None
        return found

    def wait(self, question: Callable[[Chain], Awaitable[Any]], seconds: float = 60) -> Any:
        """Return the first true answer of the chain."""
        return asyncio.run(self._ask(lambda chain: until(lambda: question(chain), seconds)))

    def wait_result(self, job: str, seconds: float = 90) -> FlowState:
        """Return the result once it is on the chain."""

        async def cid(chain: Chain) -> str | None:
            found = await chain.job(job)
            return found.cid_result if found else None

        return FlowState.model_validate(asyncio.run(self.ipfs.fetch_json(self.wait(cid, seconds))))

    async def _ask(self, question: Callable[[Chain], Awaitable[Any]]) -> Any:
        async with Chain(self.cluster) as chain:
            return await question(chain)


async def until(question: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    """Return the first true answer. Raises AssertionError when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := await question()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.1)
    return answer


def shell(cmd: str, **more: Any) -> dict[str, Any]:
    """Return a definition that runs one shell command."""
    op = {"type": "container/run", "id": "main", "args": {"image": "alpine", "cmd": cmd}, **more}
    return {"version": "0.1", "type": "container", "ops": [op]}


def primes() -> Any:
    """Return the definition that ships with the sandbox."""
    return json.loads((Path(__file__).parents[3] / "sandbox" / "definitions" / "primes.json").read_text())
