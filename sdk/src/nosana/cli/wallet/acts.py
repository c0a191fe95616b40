"""What the commands do on the chain: list, follow, stop, extend."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solders.instruction import Instruction
from solders.keypair import Keypair

from nosana.chain import (
    Chain,
    ChainError,
    JobAccount,
    JobState,
    MarketAccount,
    RunAccount,
    job_status,
    transaction_build,
)
from nosana.chain import instructions as ix

LOOK_S = 2.0
SOL_LEAST = 5_000_000  # lamports that pay rent and fees of a listing


@dataclass(frozen=True)
class Found:
    """A job as the chain has it; `run_address` is "" while none runs."""

    address: str
    job: JobAccount
    run: RunAccount | None = None
    run_address: str = ""

    @property
    def status(self) -> str:
        """QUEUED, RUNNING, COMPLETED or STOPPED."""
        return job_status(self.job, self.run)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.job.state != JobState.QUEUED

    def facts(self) -> dict[str, Any]:
        """Return it as it is printed; times are unix seconds, amounts micro-NOS."""
        job, run = self.job, self.run
        return {
            "job": self.address,
            "status": self.status,
            "market": job.market,
            "node": run.node if run else (job.node if self.over else None),
            "project": job.project,
            "payer": job.payer,
            "price": job.price,
            "timeout": job.timeout,
            "deposit": job.deposit,
            "cost": job.cost() if self.over else None,
            "time_start": run.time if run else job.time_start,
            "time_end": job.time_end,
            "ipfs_job": job.cid_job,
            "ipfs_result": job.cid_result,
        }


async def job_find(chain: Chain, address: str) -> Found:
    """Return the job at an address. Raises ChainError when there is none."""
    data = await chain.account_data(address)
    if data is None or data[:8] != JobAccount.DISCRIMINATOR:
        raise ChainError(f"There is no job {address}; it may have been taken back or cleaned away.")
    job = JobAccount.decode(data)
    if job.state != JobState.QUEUED:
        return Found(address, job)
    place, run = next(iter((await chain.runs(job=address)).items()), ("", None))
    return Found(address, job, run, place)


async def market_find(chain: Chain, address: str) -> MarketAccount:
    """Return the market at an address. Raises ChainError when there is none."""
    data = await chain.account_data(address)
    if data is None or data[:8] != MarketAccount.DISCRIMINATOR:
        raise ChainError(f"There is no market {address} on {chain.cluster.name}.")
    return MarketAccount.decode(data)


async def send(chain: Chain, payer: Keypair, steps: Sequence[Instruction], *signers: Keypair) -> str:
    """Sign, send, wait until confirmed, and return the signature. Raises ChainError."""
    signed = transaction_build(steps, payer=payer, signers=signers, blockhash=await chain.blockhash())
    await chain.send_and_confirm(signed)
    return signed.signature


async def job_list(
    chain: Chain, wallet: Keypair, *, market: str, cid: str, timeout: int, node: str | None
) -> tuple[str, str]:
    """List a job, or assign it to a node that waits; return its address and the signature. Raises ChainError.

    Before it signs it says what lacks, so that nothing is lost on the way.
    """
    owner = wallet.pubkey()
    account = await market_find(chain, market)
    deposit = account.job_price * timeout
    fee = deposit // chain.cluster.fee_divisor if chain.cluster.fee_divisor else 0
    has, lamports = await asyncio.gather(chain.token_balance(owner), chain.sol_balance(owner))
    if has < deposit + fee:
        raise ChainError(f"The job needs {nos(deposit + fee)} NOS; the wallet {owner} has {nos(has)}.")
    if lamports < SOL_LEAST:
        sol = f"{lamports / 1e9:.6f} SOL; it takes {SOL_LEAST / 1e9} for rent and fees"
        raise ChainError(f"The wallet {owner} has {sol}.")
    job, run = Keypair(), Keypair()
    what: dict[str, Any] = {
        "job": job.pubkey(), "run": run.pubkey(), "market": market, "payer": owner, "project": owner,
        "ipfs_job": cid, "timeout": timeout,
    }  # fmt: skip
    step = ix.assign(chain.cluster, **what, node=node) if node else ix.list_job(chain.cluster, **what)
    return str(job.pubkey()), await send(chain, wallet, [step], job, run)


async def job_stop(chain: Chain, wallet: Keypair, found: Found) -> tuple[str, str]:
    """Delist a queued job, end a running one, take back what a node gave up; return what was done and the signature."""
    cluster, job, owner = chain.cluster, found.job, wallet.pubkey()
    if job.project != str(owner):
        raise ChainError(f"This job belongs to {job.project}, not to this wallet ({owner}).")
    who: dict[str, Any] = {"job": found.address, "market": job.market, "project": owner}
    make = ix.ata_create(cluster, owner=job.payer, payer=owner)
    if job.state == JobState.STOPPED:
        return "recovered", await send(chain, wallet, [make, ix.recover(cluster, **who, payer=job.payer)])
    if found.over:
        raise ChainError(f"The job is {found.status.lower()} already.")
    if found.run is None:
        return "delisted", await send(chain, wallet, [make, ix.delist(cluster, **who, payer=job.payer)])
    run = found.run
    node_account = ix.ata_create(cluster, owner=run.node, payer=owner)
    step = ix.end(cluster, **who, run=found.run_address, node=run.node, job_payer=job.payer, run_payer=run.payer)
    return "ended", await send(chain, wallet, [make, node_account, step])


async def job_extend(chain: Chain, wallet: Keypair, found: Found, more: int) -> tuple[int, str]:
    """Add seconds to a job; return its new time limit and the signature. Raises ChainError."""
    if found.over:
        raise ChainError(f"The job is {found.status.lower()} already; only a live one can be extended.")
    job, owner = found.job, wallet.pubkey()
    whole = job.timeout + more
    step = ix.extend(
        chain.cluster, job=found.address, market=job.market, payer=owner, project=owner, timeout=whole
    )
    return whole, await send(chain, wallet, [step])


async def job_wait(chain: Chain, address: str, tell: Any) -> Found:
    """Return the job once it has ended; `tell` hears each change of its status."""
    status = ""
    while True:
        found = await job_find(chain, address)
        if found.status != status:
            status = found.status
            tell(found)
        if found.over:
            return found
        await asyncio.sleep(LOOK_S)


def nos(micro: int) -> str:
    """Return micro-NOS as NOS."""
    return f"{micro / 1e6:,.6f}".rstrip("0").rstrip(".")


def definition_simple(image: str, command: Sequence[str] | None, gpu: bool) -> dict[str, Any]:
    """Return the definition of one container, marked as posted from a command line."""
    args: dict[str, Any] = {"image": image}
    if command:
        args["cmd"] = list(command)
    if gpu:
        args["gpu"] = True
    operation = {"type": "container/run", "id": "run", "args": args}
    return {"version": "0.1", "type": "container", "meta": {"trigger": "cli"}, "ops": [operation]}


def failed(flow: dict[str, Any]) -> bool:
    """Return whether an operation of a result did not end with 0."""
    states = flow.get("opStates")
    told = states if isinstance(states, list) else []
    return any(isinstance(one, dict) and one.get("exitCode") not in (0, None) for one in told)


def outcome(flow: dict[str, Any]) -> str:
    """Return a result in a line for each operation, with what it wrote."""
    lines = [f"result: {flow.get('status') or 'none'}"]
    for state in flow.get("opStates") or []:
        if isinstance(state, dict):
            lines.append(f"{state.get('operationId')}: {state.get('status')}, exit code {state.get('exitCode')}")
            logs = state.get("logs")
            for line in logs if isinstance(logs, list) else []:
                lines.append(f"  {str((line or {}).get('log') or '').rstrip()}")
            if state.get("results"):
                lines.append(f"  results: {json.dumps(state['results'], ensure_ascii=False)}")
    return "\n".join(lines)
