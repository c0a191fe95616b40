"""A chain in this process and a small cast: Olga opens markets, Paula lists and pays, Nora and Nick run nodes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from nosana.chain import (
    Blockhash,
    JobAccount,
    MarketAccount,
    RunAccount,
    ata,
    stake_account,
    transaction_build,
    vault,
)
from nosana.chain import instructions as ix
from nosana.chain.errors import error_name
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from sandbox.chain.genesis import World

SOL, NOS = 10**9, 10**6
PRICE, TIMEOUT = 43, 7200
DEFINITION, RESULT = hashlib.sha256(b"definition").digest(), hashlib.sha256(b"result").digest()


class Refusal(Exception):
    """A transaction that failed; its text is the error's name."""

    def __init__(self, name: str, logs: list[str]) -> None:
        self.logs = logs
        super().__init__(name)


class Stage:
    """One chain and its cast; every act is a real signed transaction whose fee Frida pays."""

    def __init__(self, folder: Path, *, fee_divisor: int = 0) -> None:
        self.world = World(folder, instant=True, fee_divisor=fee_divisor)
        self.cluster = self.world.cluster
        self.bank = self.world.bank
        self.keys: dict[str, Keypair] = {}
        self.frida = self.person(sol=1000)
        self.olga = self.person(nos=1)
        self.paula = self.person(nos=1000)
        self.prue = self.person(nos=1)
        self.nora = self.person(stake=0)
        self.nick = self.person(stake=0)

    def key(self) -> str:
        """Return the address of a fresh key this stage can sign for."""
        pair = Keypair()
        self.keys[str(pair.pubkey())] = pair
        return str(pair.pubkey())

    def person(self, *, sol: int = 10, nos: int = 0, stake: int | None = None) -> str:
        """Return the address of a new person with SOL, NOS and perhaps a stake."""
        address = self.key()
        self.world.give(address, lamports=sol * SOL, nos=nos * NOS, stake=None if stake is None else stake * NOS)
        return address

    # --- acts ---

    def run(self, *instructions: Instruction) -> str:
        """Sign with whatever keys are needed and process; raises Refusal with the error's name."""
        wanted = {str(meta.pubkey) for step in instructions for meta in step.accounts if meta.is_signer}
        blockhash = Blockhash(self.bank.blockhash(self.bank.head.number), 0)
        signers = [self.keys[address] for address in wanted]
        signed = transaction_build(instructions, payer=self.keys[self.frida], signers=signers, blockhash=blockhash)
        _, outcome = self.world.runtime.send(signed.blob, preflight=True)
        self.bank.tick()
        if outcome is not None:
            raise Refusal(error_name(outcome.error, outcome.logs)[0], outcome.logs)
        return signed.signature

    def name_of_failure(self, *instructions: Instruction) -> str:
        """Return the error's name, "" when it worked."""
        try:
            self.run(*instructions)
        except Refusal as refusal:
            return str(refusal)
        return ""

    def market(self, **terms: object) -> str:
        """Open a market of Olga's."""
        address = self.key()
        settings = {"job_price": PRICE, "job_timeout": TIMEOUT, **terms}
        self.run(ix.open_market(self.cluster, market=address, authority=self.olga, **settings))  # type: ignore[arg-type]
        return address

    def listing(self, market: str, *, timeout: int = TIMEOUT, run: str = "") -> tuple[str, Instruction]:
        """Return a fresh job's address and the instruction that lists it for Prue, paid by Paula."""
        job = self.key()
        step = ix.list_job(
            self.cluster, job=job, run=run or self.key(), market=market, payer=self.paula, project=self.prue,
            ipfs_job=DEFINITION, timeout=timeout,
        )  # fmt: skip
        return job, step

    def list(self, market: str, *, timeout: int = TIMEOUT) -> str:
        """List a job."""
        job, step = self.listing(market, timeout=timeout)
        self.run(step)
        return job

    def work(self, market: str, node: str | None = None, **more: str) -> str:
        """Send a node to the market; returns the address kept for a run."""
        run = self.key()
        self.run(ix.work(self.cluster, run=run, market=market, node=node or self.nora, **more))
        return run

    def running(self, market: str) -> tuple[str, str]:
        """Return (job, run) of a job Nora runs, whose rent she paid."""
        job = self.list(market)
        return job, self.work(market)

    def quit(self, job: str, run: str) -> None:
        """Let Nora give up."""
        self.run(ix.quit(self.cluster, job=job, run=run, run_payer=self.nora, node=self.nora))

    def finishing(self, market: str, job: str, run: str, result: bytes = RESULT) -> Instruction:
        """Return the instruction by which Nora finishes."""
        return ix.finish(
            self.cluster, job=job, run=run, market=market, node=self.nora, job_payer=self.paula,
            run_payer=self.nora, ipfs_result=result,
        )  # fmt: skip

    def ending(self, market: str, job: str, run: str) -> Instruction:
        """Return the instruction by which Prue stops the job Nora runs."""
        return ix.end(
            self.cluster, job=job, run=run, market=market, node=self.nora, job_payer=self.paula,
            run_payer=self.nora, project=self.prue,
        )  # fmt: skip

    def delisting(self, market: str, job: str) -> Instruction:
        """Return the instruction by which Prue takes her job back."""
        return ix.delist(self.cluster, job=job, market=market, payer=self.paula, project=self.prue)

    def wait(self, seconds: int) -> None:
        """Let the cluster's clock run on."""
        self.bank.clock_offset += seconds
        self.bank.tick()

    def access_key(self, owner: str, collection: str, *, verified: bool = True) -> tuple[str, str]:
        """Give the owner an NFT of a collection; returns (token account, metadata account)."""
        mint = Pubkey.from_string(self.world.give_key(owner, collection, verified=verified))
        return ata(owner, mint), metadata_of(mint)

    # --- questions ---

    def _data(self, address: str) -> bytes | None:
        account = self.bank.get(Pubkey.from_string(address))
        return None if account is None else account.data

    def job(self, address: str) -> JobAccount | None:
        """Return a job."""
        data = self._data(address)
        return None if data is None else JobAccount.decode(data)

    def run_account(self, address: str) -> RunAccount | None:
        """Return a run."""
        data = self._data(address)
        return None if data is None else RunAccount.decode(data)

    def market_account(self, address: str) -> MarketAccount:
        """Return a market."""
        data = self._data(address)
        assert data is not None
        return MarketAccount.decode(data)

    def nos(self, owner: str) -> int:
        """Return the micro-NOS of a person."""
        return self.tokens(ata(owner, self.cluster.mint))

    def tokens(self, account: str) -> int:
        """Return the micro-NOS of a token account."""
        data = self._data(account)
        return 0 if data is None else int.from_bytes(data[64:72], "little")

    def vault(self, market: str) -> str:
        """Return a market's vault."""
        return vault(self.cluster, market)[0]

    def sol(self, address: str) -> int:
        """Return the lamports of an account."""
        account = self.bank.get(Pubkey.from_string(address))
        return account.lamports if account else 0

    def stake_of(self, node: str) -> str:
        """Return a node's stake account."""
        return stake_account(self.cluster, node)


def metadata_of(mint: Pubkey) -> str:
    """Return a mint's metadata address, computed by hand."""
    program = Pubkey.from_string("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")
    return str(Pubkey.find_program_address([b"metadata", bytes(program), bytes(mint)], program)[0])


def changed(
    step: Instruction,
    place: int,
    *,
    to: str | None = None,
    signer: bool | None = None,
    writable: bool | None = None,
) -> Instruction:
    """Return the instruction with one account changed."""
    metas = list(step.accounts)
    old = metas[place]
    metas[place] = AccountMeta(
        Pubkey.from_string(to) if to else old.pubkey,
        old.is_signer if signer is None else signer,
        old.is_writable if writable is None else writable,
    )
    return Instruction(step.program_id, bytes(step.data), metas)


def stages(folder: Path) -> Iterator[Stage]:
    """Yield one stage and close it."""
    stage = Stage(folder)
    yield stage
    stage.bank.close()
