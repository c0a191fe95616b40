"""The chain library's codec, and the sandbox chain beside the bare virtual machine."""

import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nosana import base58
from nosana.chain import Blockhash, Chain, JobAccount, cluster_discover, transaction_build
from nosana.chain import instructions as ix
from solders.account import Account
from solders.hash import Hash
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.token.state import TokenAccount
from solders.transaction import VersionedTransaction

from benchmarks.figures import Figure
from sandbox.chain.genesis import World
from sandbox.chain.methods import Methods

NAMES = [
    "chain.codec",
    "chain.sandbox_transfers",
    "chain.sandbox_listings",
    "chain.sandbox_call",
    "chain.sandbox_restart",
    "chain.program_accounts",
    "chain.program_accounts_size",
]
ACCOUNTS, TRANSFERS, JOBS = 50_000, 2_000, 100_000
SOL = 10**9


def figures(only: str) -> Iterator[Figure]:
    """Measure each whose name contains `only`."""
    single: dict[str, Callable[[], Figure]] = {
        "chain.codec": codec,
        "chain.sandbox_transfers": sandbox_transfers,
        "chain.sandbox_listings": sandbox_listings,
        "chain.sandbox_call": sandbox_call,
        "chain.sandbox_restart": sandbox_restart,
    }
    yield from (measure() for name, measure in single.items() if only in name)
    if only in "chain.program_accounts_size":
        yield from program_accounts()


def address(text: str) -> str:
    """Return an address made of a text."""
    return str(Pubkey.from_bytes(hashlib.sha256(text.encode()).digest()))


def job(number: int) -> JobAccount:
    """Return one of many jobs: 20 markets, 300 projects, one payer, a node of its own."""
    digest = hashlib.sha256(str(number).encode()).digest()
    market, project = address(f"market {number % 20}"), address(f"project {number % 300}")
    return JobAccount(digest, digest, market, address(f"{number}"), address("payer"), 43, project, 2, 9, 5, 7200)


def rate(count: int, run: Callable[[], object]) -> float:
    """Return how many a second, the best of three runs."""
    best = 0.0
    for _ in range(3):
        started = time.perf_counter()
        run()
        best = max(best, count / (time.perf_counter() - started))
    return best


def codec() -> Figure:
    """Decode job accounts to values with base58 addresses, beside solders' token accounts read as far."""
    raws = [job(number).encode() for number in range(ACCOUNTS)]
    tail = bytes(44) + b"\1" + bytes(56)  # no delegate, initialised, nothing else
    tokens = [raw[:64] + tail for raw in raws]

    def read(raw: bytes) -> tuple[str, str, int]:
        account = TokenAccount.from_bytes(raw)
        return str(account.mint), str(account.owner), account.amount

    ours = rate(ACCOUNTS, lambda: [JobAccount.decode(raw) for raw in raws])
    theirs = rate(ACCOUNTS, lambda: [read(raw) for raw in tokens])
    return Figure("chain.codec", ours, "accounts/s", "solders TokenAccount with two addresses as text", theirs)


def transfers(payer: Keypair, blockhash: str) -> list[bytes]:
    """Return signed transfers of SOL to addresses of their own."""
    found = []
    for number in range(TRANSFERS):
        to = Pubkey.from_string(address(f"to {number}"))
        step = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=to, lamports=SOL // 100))
        message = MessageV0.try_compile(payer.pubkey(), [step], [], Hash.from_string(blockhash))
        found.append(bytes(VersionedTransaction(message, [payer])))
    return found


def sandbox_transfers() -> Figure:
    """Process transfers in the sandbox's bank, beside LiteSVM alone; both check every signature."""
    payer = Keypair()
    svm = LiteSVM()
    svm.airdrop(payer.pubkey(), 1000 * SOL)
    bare = [VersionedTransaction.from_bytes(raw) for raw in transfers(payer, str(svm.latest_blockhash()))]
    started = time.perf_counter()
    for transaction in bare:
        svm.send_transaction(transaction)
    theirs = TRANSFERS / (time.perf_counter() - started)
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        world = World(Path(folder))
        world.give(str(payer.pubkey()), lamports=1000 * SOL)
        blobs = transfers(payer, world.bank.blockhash(world.bank.head.number))
        started = time.perf_counter()
        for blob in blobs:
            world.runtime.send(blob, preflight=True)
        world.bank.tick()
        ours = TRANSFERS / (time.perf_counter() - started)
        world.bank.close()
    return Figure("chain.sandbox_transfers", ours, "transactions/s", "LiteSVM in process", theirs)


def sandbox_listings() -> Figure:
    """List jobs in the sandbox (deposit through SPL, queue, rent), beside its own SOL transfers."""
    count = 300
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        world = World(Path(folder))
        payer, market = Keypair(), Keypair()
        world.give(str(payer.pubkey()), lamports=1000 * SOL, nos=10**12)
        blockhash = Blockhash(world.bank.blockhash(world.bank.head.number), 0)
        opening = ix.open_market(world.cluster, market=market.pubkey(), authority=payer.pubkey(), job_price=1)
        signed = transaction_build([opening], payer=payer, signers=[market], blockhash=blockhash)
        world.runtime.send(signed.blob, preflight=True)
        blobs = [listing(world, payer, market, blockhash) for _ in range(count)]
        started = time.perf_counter()
        for blob in blobs:
            _, outcome = world.runtime.send(blob, preflight=True)
            assert outcome is None, outcome
        ours = count / (time.perf_counter() - started)
        plain = transfers(payer, blockhash.hash)[:count]
        started = time.perf_counter()
        for blob in plain:
            world.runtime.send(blob, preflight=True)
        theirs = count / (time.perf_counter() - started)
        world.bank.close()
    return Figure("chain.sandbox_listings", ours, "transactions/s", "SOL transfers in the sandbox", theirs)


def listing(world: World, payer: Keypair, market: Keypair, blockhash: Blockhash) -> bytes:
    """Return a signed listing of a fresh job."""
    fresh, run = Keypair(), Keypair()
    step = ix.list_job(
        world.cluster, job=fresh.pubkey(), run=run.pubkey(), market=market.pubkey(), payer=payer.pubkey(),
        project=payer.pubkey(), ipfs_job=bytes(range(32)), timeout=60,
    )  # fmt: skip
    return transaction_build([step], payer=payer, signers=[fresh, run], blockhash=blockhash).blob


def sandbox_call() -> Figure:
    """Ask a served sandbox for a blockhash on one connection, beside a connection for each question."""
    count = 100
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        command = [sys.executable, "-m", "sandbox.chain", "--port", "0", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            cluster = asyncio.run(cluster_discover(process.stdout.readline().split()[1]))

            async def kept() -> None:
                async with Chain(cluster) as chain:
                    for _ in range(count):
                        await chain.blockhash()

            async def fresh() -> None:
                for _ in range(count):
                    async with Chain(cluster) as chain:
                        await chain.blockhash()

            ours, theirs = (1000 / rate(count, lambda act=act: asyncio.run(act())) for act in (kept, fresh))
            process.terminate()
    return Figure("chain.sandbox_call", ours, "ms", "a connection each", theirs)


def sandbox_restart() -> Figure:
    """Open a chain of 100,000 job accounts again, in seconds, beside reading their rows alone."""
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        world = World(Path(folder))
        program = Pubkey.from_string(world.cluster.program)
        for number in range(JOBS):
            held = Account(2_561_280, job(number).encode(), program)
            world.bank.fabricate(Pubkey.from_string(address(f"job {number}")), held)
        world.bank.close()
        started = time.perf_counter()
        again = World(Path(folder))
        ours = time.perf_counter() - started
        assert len(again.bank.owned[program]) == JOBS
        started = time.perf_counter()
        rows = list(again.bank.store.accounts())
        theirs = time.perf_counter() - started
        assert len(rows) >= JOBS
        again.bank.close()
    return Figure("chain.sandbox_restart", ours, "s", "reading the rows of 100,000 jobs alone", theirs)


def program_accounts() -> Iterator[Figure]:
    """List 100,000 jobs as JSON text, in seconds, beside a hundredth of them times a hundred."""
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        world = World(Path(folder))
        program = Pubkey.from_string(world.cluster.program)
        methods = Methods(world)
        seconds = []
        for start, stop in ((0, JOBS // 100), (JOBS // 100, JOBS)):
            for number in range(start, stop):
                held = Account(2_561_280, job(number).encode(), program)
                world.bank.fabricate(Pubkey.from_string(address(f"job {number}")), held)
            world.bank.head.undo.clear()
            seconds.append(listed(methods, world.cluster.program))
        size = len(methods.getProgramAccounts([world.cluster.program, {}])) / 1e6
        world.bank.store.close()
    yield Figure("chain.program_accounts", seconds[1], "s", "1,000 jobs, times 100", seconds[0] * 100)
    yield Figure("chain.program_accounts_size", size, "MB", "the accounts' bytes", JOBS * JobAccount.SIZE / 1e6)


def listed(methods: Methods, program: str) -> float:
    """Return the seconds getProgramAccounts takes for every job."""
    test = {"memcmp": {"offset": 0, "bytes": base58.encode(JobAccount.DISCRIMINATOR)}}
    started = time.perf_counter()
    methods.getProgramAccounts([program, {"encoding": "base64", "filters": [test]}])
    return time.perf_counter() - started
