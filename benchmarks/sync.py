"""The full sync of 10,000 and 100,000 job accounts: seconds and peak memory, and whether both grow linearly.

Each size runs in processes of its own: a chain that has the accounts, and a platform whose attempts are all on it.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from nosana import base58
from nosana.chain import JobAccount, wallet_load, wallet_save
from solana.rpc.async_api import AsyncClient
from solana.rpc.models import MemcmpOpts
from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from benchmarks.chain import address
from benchmarks.figures import Figure
from benchmarks.platform import app, database
from sandbox.chain.genesis import World
from sandbox.chain.server import Server

NAMES = ["bridge.sync_growth", "bridge.sync_seconds", "bridge.sync_memory"]
SMALL, LARGE = 10_000, 100_000
CHUNK = 5_000


def figures(only: str) -> Iterator[Figure]:
    """Measure both sizes and yield those figures whose name contains `only`."""
    small, large = measured(SMALL), measured(LARGE)
    found = [
        Figure(
            "bridge.sync_growth",
            growth("seconds", small, large),
            f"times the cost per account, {LARGE:,} against {SMALL:,}",
            "the same of the question and its decoding alone",
            growth("bare_seconds", small, large),
        ),
        Figure(
            "bridge.sync_seconds",
            large["seconds"],
            "s",
            "solana's get_program_accounts, decoded and forgotten",
            large["bare_seconds"],
        ),
        Figure(
            "bridge.sync_memory",
            large["memory_mb"] / LARGE * 1000,
            "kB per account at its peak",
            f"{SMALL:,} accounts",
            small["memory_mb"] / SMALL * 1000,
        ),
    ]
    yield from (figure for figure in found if only in figure.name)


def growth(name: str, small: dict[str, float], large: dict[str, float]) -> float:
    """Return how many times more one account costs among many than among few."""
    return (large[name] / LARGE) / (small[name] / SMALL)


def measured(jobs: int) -> dict[str, float]:
    """Start a chain with so many jobs of one payer, and return what a platform measured that syncs them."""
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        key = Path(folder) / "treasury.json"
        wallet_save(Keypair(), key)
        this = [sys.executable, "-m", "benchmarks.sync", "--jobs", str(jobs), "--folder", folder]
        chain = subprocess.Popen([*this, "serve"], stdout=subprocess.PIPE, text=True)
        try:
            assert chain.stdout is not None
            ready = re.fullmatch(r"ready (\S+)\n", chain.stdout.readline())
            assert ready, "the chain did not start"
            out = subprocess.run([*this, "--url", ready[1], "measure"], capture_output=True, text=True, check=True)
        finally:
            chain.terminate()
            chain.wait(30)
    return dict(json.loads(out.stdout.splitlines()[-1]))


def account(number: int, payer: str) -> JobAccount:
    """Return one of many waiting jobs: 20 markets, 300 projects, one payer."""
    market, project = address(f"market {number % 20}"), address(f"project {number % 300}")
    return JobAccount(bytes(32), bytes(32), market, address("none"), payer, 43, project, 0, 0, 0, 600)


def serve(jobs: int, folder: Path) -> None:
    """Serve a chain with the jobs until told to end."""
    payer = str(wallet_load(folder / "treasury.json").pubkey())
    world = World(folder / "chain")
    program = Pubkey.from_string(world.cluster.program)
    for number in range(jobs):
        held = Account(2_561_280, account(number, payer).encode(), program)
        world.bank.fabricate(Pubkey.from_string(address(f"job {number}")), held)
    world.bank.head.undo.clear()
    asyncio.run(Server(world, slot_ms=400).serve(0))


def measure(jobs: int, folder: Path, url: str) -> None:
    """Sync the jobs once, all known and unchanged, and print seconds and the memory it took at its peak."""
    os.environ |= {"CHAIN_RPC_URL": url, "CHAIN_TREASURY_FILE": str(folder / "treasury.json")}
    asyncio.run(_identify(url))
    with database():
        attempts_make(jobs)
        services = app("bridge.services")
        before = peak_mb()
        started = time.perf_counter()
        found = services.chain_sync(now=timezone.now())
        seconds, after = time.perf_counter() - started, peak_mb()
        assert (found.accounts, found.differed, found.strays) == (jobs, 0, 0), found
        bare = asyncio.run(_bare(url, folder))
    print(json.dumps({"seconds": seconds, "memory_mb": after - before, "bare_seconds": bare}))


async def _identify(url: str) -> None:
    async with AsyncClient(url) as client:
        os.environ["CHAIN_GENESIS_HASH"] = str((await client.get_genesis_hash()).value)


async def _bare(url: str, folder: Path) -> float:
    """Return the seconds the question alone takes, and decoding its answer."""
    payer = wallet_load(folder / "treasury.json").pubkey()
    wanted = {0: JobAccount.DISCRIMINATOR, 136: bytes(payer)}
    filters: list[Any] = [MemcmpOpts(offset=at, bytes=base58.encode(value)) for at, value in wanted.items()]
    cluster = app("bridge.chain").cluster()
    async with AsyncClient(url, timeout=120) as client:
        started = time.perf_counter()
        program = Pubkey.from_string(cluster.program)
        lines = (await client.get_program_accounts(program, encoding="base64", filters=filters)).value
        for line in lines:
            JobAccount.decode(line.account.data)
        return time.perf_counter() - started


def peak_mb() -> float:
    """Return the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def attempts_make(jobs: int) -> None:
    """Store as many jobs, each with an attempt that was seen in its queue."""
    models, organisations, users = app("jobs.models"), app("organisations.models"), app("users.models")
    now = timezone.now()
    acme = organisations.Organisation.objects.create(name="Acme", slug="acme")
    project = organisations.Project.objects.create(organisation=acme, name="Default", slug="default")
    mia = users.User.objects.create(email="mia@acme.example")
    market = models.Market.objects.create(address=address("market 0"), slug="gpu", name="GPU", price_micro=43)
    for start in range(0, jobs, CHUNK):
        ids = [uuid.uuid4() for _ in range(start, min(start + CHUNK, jobs))]
        models.Job.objects.bulk_create(
            models.Job(
                id=job_id, organisation=acme, project=project, member=mia, name="Job", definition={}, market=market,
                timeout_s=600, price_micro=43, created_at=now, state="queued", queued_at=now,
            )
            for job_id in ids
        )  # fmt: skip
        models.Attempt.objects.bulk_create(
            models.Attempt(
                job_id=job_id, number=1, hold_source=f"job:{job_id}:1", price_micro=43, network_micro=25_800,
                address=address(f"job {start + place}"), seen="queued", seen_slot=1,
            )
            for place, job_id in enumerate(ids)
        )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("act", choices=["serve", "measure"])
    given = parser.parse_args()
    if given.act == "serve":
        serve(given.jobs, given.folder)
    else:
        measure(given.jobs, given.folder, given.url)
