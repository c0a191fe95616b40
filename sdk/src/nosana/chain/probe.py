"""Finding out by simulation how the program on chain behaves (network facts §1.8, §9)."""

from collections.abc import Mapping
from dataclasses import dataclass

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.signature import Signature
from solders.token.state import TokenAccount
from solders.transaction import VersionedTransaction

from nosana.chain import addresses
from nosana.chain import instructions as ix
from nosana.chain.accounts import JobAccount, JobState, MarketAccount, RunAccount
from nosana.chain.cluster import SYSTEM_PROGRAM, Address
from nosana.chain.connection import Connection, Simulation
from nosana.chain.errors import ProgramMismatch, program_error

SECONDS = 60  # timeout of the listing that is simulated
DIGEST = bytes(range(32))
SHAPE_ERRORS = (
    "AccountNotEnoughKeys",
    "AccountDidNotDeserialize",
    "InstructionDidNotDeserialize",
    "InstructionFallbackNotFound",
    "ConstraintSeeds",
    "InvalidProgramId",
    "AccountNotSigner",
    "ConstraintMut",
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was seen: `fee_divisor` (0: no fee), and whether `finish` could be tried on a live run."""

    fee_divisor: int
    deposit: int
    fee: int
    finish_tried: bool


def unsigned(instructions: list[Instruction], payer: Address) -> bytes:
    """Return a transaction without signatures, for simulation only."""
    message = MessageV0.try_compile(addresses.pubkey(payer), instructions, [], Hash.default())
    blank = [Signature.default()] * message.header.num_required_signatures
    return bytes(VersionedTransaction.populate(message, blank))


async def probe(chain: Connection, *, market: Address, payer: Address, runs: Mapping[str, RunAccount]) -> Probe:
    """Simulate `list`, and `finish` of a live run if there is one. Raises ProgramMismatch, else ProgramError."""
    cluster = chain.cluster
    terms = await _market(chain, market)
    if terms.job_price == 0:
        raise ProgramMismatch(f"Market {market} is free, so no fee can be seen; probe with one that has a price.")
    job, run = Keypair().pubkey(), Keypair().pubkey()
    step = ix.list_job(
        cluster, job=job, run=run, market=market, payer=payer, project=payer, ipfs_job=DIGEST, timeout=SECONDS
    )
    rewards = addresses.rewards_vault(cluster)[0]
    before = await chain.account_data(rewards)
    seen = await chain.simulate(unsigned([step], payer), accounts=[str(job), rewards])
    _refuse_shape(seen, "list")
    listed, pool = seen.accounts
    _check_job(listed, market, payer, terms)
    deposit = terms.job_price * SECONDS
    fee = _amount(pool) - _amount(before)
    divisor = deposit // fee if fee else 0
    if divisor != cluster.fee_divisor or (fee and deposit // divisor != fee):
        raise ProgramMismatch(
            f"The program takes a network fee of {fee} micro-NOS on a deposit of {deposit}, which is fee divisor "
            f"{divisor}; {cluster.fee_divisor} is configured for {cluster.name}. Correct fee_divisor."
        )
    return Probe(divisor, deposit, fee, await _try_finish(chain, payer, runs))


async def _market(chain: Connection, market: Address) -> MarketAccount:
    data = await chain.account_data(market)
    if data is None:
        raise ProgramMismatch(f"There is no market {market} on {chain.cluster.name}.")
    return MarketAccount.decode(data)


def _refuse_shape(seen: Simulation, act: str) -> None:
    if seen.error is None:
        return
    error = program_error(seen.error, seen.logs)
    if error.name in SHAPE_ERRORS:
        raise ProgramMismatch(f"The program's `{act}` is not the one this library knows: {error}")
    raise error


def _check_job(data: bytes | None, market: Address, payer: Address, terms: MarketAccount) -> None:
    expected = JobAccount(
        DIGEST, bytes(32), str(market), SYSTEM_PROGRAM, str(payer), terms.job_price, str(payer),
        JobState.QUEUED, 0, 0, SECONDS,
    )  # fmt: skip
    if data is None or data[:8] != JobAccount.DISCRIMINATOR or JobAccount.decode(data) != expected:
        raise ProgramMismatch("The program writes job accounts in another layout than the one this library knows.")


def _amount(data: bytes | None) -> int:
    return 0 if data is None else TokenAccount.from_bytes(data).amount


async def _try_finish(chain: Connection, payer: Address, runs: Mapping[str, RunAccount]) -> bool:
    for address, run in list(runs.items())[:3]:
        data = await chain.account_data(run.job)
        if data is None:
            continue
        job = JobAccount.decode(data)
        step = ix.finish(
            chain.cluster, job=run.job, run=address, market=job.market, node=run.node, job_payer=job.payer,
            run_payer=run.payer, ipfs_result=DIGEST,
        )  # fmt: skip
        seen = await chain.simulate(unsigned([step], payer))
        if seen.error is None:
            return True
        error = program_error(seen.error, seen.logs)
        if error.name in SHAPE_ERRORS:
            raise ProgramMismatch(f"The program's `finish` is not the one this library knows: {error}")
    return False
