"""What a node does on the chain. Source: network facts, 1.4 and 4.1."""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from nosana.chain import (
    Chain,
    ChainError,
    ChainUnavailable,
    ConfirmTimeout,
    JobAccount,
    ProgramError,
    RunAccount,
    TransactionExpired,
    instructions,
    transaction_build,
)
from solders.instruction import Instruction
from solders.keypair import Keypair

LEAST_LAMPORTS = 100_000_000
FAUCET_LAMPORTS = 10_000_000_000
FAUCET_MICRO = 1_000_000
_TRIES = 5


class Account:
    """One node's key and its acts; each act returns when it is confirmed."""

    def __init__(self, chain: Chain, key: Keypair, say: Callable[[str], None]) -> None:
        self.chain, self.key, self._say = chain, key, say
        self.address = str(key.pubkey())

    async def prepare(self) -> None:
        """Make sure there is SOL, a NOS account and a stake account; the faucet gives what is missing."""
        if await self._is_ready():
            return
        wanted = {"to": self.address, "lamports": FAUCET_LAMPORTS, "nos": FAUCET_MICRO, "stake": 0}
        await self._faucet(wanted)
        for _ in range(100):
            if await self._is_ready():
                self._say("took SOL, a little NOS and a stake account from the faucet")
                return
            await asyncio.sleep(0.2)
        raise ChainError("What the faucet gave has not arrived after 20 s.")

    async def _is_ready(self) -> bool:
        has_sol = await self.chain.sol_balance(self.address) >= LEAST_LAMPORTS
        return has_sol and await self.chain.stake(self.address) is not None

    async def _faucet(self, wanted: dict[str, Any]) -> None:
        url = self.chain.cluster.rpc_url
        call = {"jsonrpc": "2.0", "id": 1, "method": "sandboxFaucet", "params": [wanted]}
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
                answer = (await client.post(url, json=call)).json()
        except (httpx.HTTPError, ValueError) as error:
            raise ChainUnavailable(f"The faucet of {url} did not answer: {error}") from error
        if "error" in answer:
            raise ChainError(f"The faucet refused: {answer['error'].get('message', answer['error'])}")

    async def run(self) -> tuple[str, RunAccount] | None:
        """Return the run this node holds, the oldest when there are several."""
        runs = await self.chain.runs(node=self.address)
        return min(runs.items(), key=lambda item: item[1].time) if runs else None

    async def queued(self, market: str) -> bool:
        """Return whether this node waits in the market's queue. Raises ChainError when there is no such market."""
        found = await self.chain.market(market)
        if found is None:
            raise ChainError(f"There is no market {market} on this chain; give the address of one that is open.")
        return self.address in found.queue

    async def work(self, market: str) -> None:
        """Join the market: take its first job, or wait in its queue.

        Tops the stake up when it weighs too little, and shows an access key where the market asks for one. Raises
        ChainError when there is no such key.
        """
        cluster, terms = self.chain.cluster, await self.chain.market(market)
        key: tuple[str, str] | None = None
        if terms is not None:
            await self._weigh(terms.node_xnos_minimum)
            if terms.access_key is not None:
                key = await self.chain.access_key(self.address, terms.access_key)
                if key is None:
                    raise ChainError(
                        f"The market asks for an access key of {terms.access_key}; this node has none."
                    )
        nft, metadata = key or (None, None)
        run = Keypair()  # fresh each time, as the program asks
        act = instructions.work(
            cluster, run=run.pubkey(), market=market, node=self.address, nft=nft, metadata=metadata
        )
        await self._send([act], run)

    async def _weigh(self, minimum: int) -> None:
        """Top the stake up until it weighs the minimum, with NOS from the faucet when there is too little."""
        stake = await self.chain.stake(self.address)
        if stake is None or stake.xnos >= minimum:
            return
        missing = minimum - stake.xnos  # at least one xNOS comes of each micro-NOS
        if await self.chain.token_balance(self.address) < missing:
            await self._faucet({"to": self.address, "nos": missing})
        await self._send([instructions.stake_topup(self.chain.cluster, authority=self.address, amount=missing)])
        self._say(f"topped its stake up by {missing} micro-NOS")

    async def leave(self, market: str) -> None:
        """Leave the market's queue."""
        await self._send([instructions.stop(self.chain.cluster, market=market, node=self.address)])

    async def finish(self, run_address: str, run: RunAccount, job: JobAccount, cid: str) -> None:
        """Hand in the result of a running job and be paid."""
        cluster = self.chain.cluster
        payer_account = instructions.ata_create(cluster, owner=job.payer, payer=self.address)
        act = instructions.finish(
            cluster,
            job=run.job,
            run=run_address,
            market=job.market,
            node=self.address,
            job_payer=job.payer,
            run_payer=run.payer,
            ipfs_result=cid,
        )
        await self._send([payer_account, act])

    async def complete(self, job: str, cid: str) -> None:
        """Hand in the result of a job its project ended."""
        await self._send([instructions.complete(self.chain.cluster, job=job, node=self.address, ipfs_result=cid)])

    async def quit(self, run_address: str, run: RunAccount) -> None:
        """Give a job up, unpaid."""
        cluster = self.chain.cluster
        act = instructions.quit(cluster, job=run.job, run=run_address, run_payer=run.payer, node=self.address)
        await self._send([act])

    async def _send(self, acts: Sequence[Instruction], *signers: Keypair) -> None:
        """Sign, send and confirm; where it is certain or harmless that nothing landed, build again.

        All of a node's acts fail when repeated after they worked, so a doubt is settled by the next look at
        the chain, never by a second effect.
        """
        for attempt in range(1, _TRIES + 1):
            signed = transaction_build(
                acts, payer=self.key, signers=signers, blockhash=await self.chain.blockhash()
            )
            try:
                await self.chain.send_and_confirm(signed)
                return
            except (TransactionExpired, ConfirmTimeout, ChainUnavailable) as error:
                if attempt == _TRIES:
                    raise
                self._say(f"sends again: {error}")
                await asyncio.sleep(0.5 * attempt)
            except ProgramError as error:
                if error.name != "BlockhashNotFound" or attempt == _TRIES:
                    raise
                await asyncio.sleep(0.5)


def key_ensure(data: Path) -> Keypair:
    """Return the node's key from its folder, made on first use."""
    path = data / "node_key.json"
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=data)
        with os.fdopen(handle, "w") as file:
            file.write(Keypair().to_json())
        Path(name).replace(path)
    return Keypair.from_bytes(bytes(json.loads(path.read_text())))
