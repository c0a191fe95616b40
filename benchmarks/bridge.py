"""Jobs placed and confirmed a second, beside a plain loop; and how long a job takes from accepted to signed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nosana.chain import chain_ask, wallet_save
from solders.keypair import Keypair

from benchmarks.figures import Figure
from sandbox.services import Postgres, Redis
from sandbox.services.process import Child

NAMES = ["bridge.place_vs_loop", "bridge.place_cpu_vs_loop", "bridge.accept_signed_p95"]
JOBS, LOOPED, INSTANT_LOOPED, ACCEPTED = 160, 10, 100, 40
WAYS = {
    "4_batched": "",
    "1_batched": ".1_worker",
    "4_single": ".4_workers_singly",
    "1_single": ".1_worker_singly",
}
LOOP = "a plain loop with solana: one job a transaction, waiting for each"


def figures(only: str) -> Iterator[Figure]:
    """Measure each whose name contains `only`; every stage has a durable PostgreSQL and a chain of its own."""
    for name, slots, looped in (
        ("bridge.place_vs_loop", ("--slot-ms", "400"), LOOPED),
        ("bridge.place_cpu_vs_loop", ("--instant",), INSTANT_LOOPED),
    ):
        if only in name:
            with stage(*slots) as env:
                found = run(env, "place", str(JOBS), str(looped))
            for way, suffix in WAYS.items():
                yield Figure(name + suffix, found[way], "jobs/s", LOOP, found["loop"])
    if only in "bridge.accept_signed_p95":
        with stage("--slot-ms", "400") as env:
            found = run(env, "accept", str(ACCEPTED))
        bare = "pinning, reading and signing alone, p95"
        yield Figure("bridge.accept_signed_p95", found["signed_p95"], "ms", bare, found["bare_p95"])


def run(env: dict[str, str], *words: str) -> dict[str, float]:
    """Run a part of the benchmark in a process of its own and return what it found."""
    command = [sys.executable, "-m", "benchmarks.orders", *words]
    out = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


@contextmanager
def stage(*slots: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a platform with PostgreSQL (durable), Redis, a chain, IPFS and a funded treasury."""
    data = Path(tempfile.mkdtemp(prefix="nw-bench-"))
    postgres, redis = Postgres(data), Redis(data)
    children: list[Child] = []
    try:
        postgres.start()
        redis.start()
        rpc = served(children, data, "sandbox.chain", *slots)
        ipfs = served(children, data, "sandbox.ipfs")
        seed, treasury = data / "seed", data / "treasury.json"
        seed.write_text(json.dumps({"1": "11" * 32}))
        keys = Keypair()
        wallet_save(keys, treasury)
        fund(rpc, str(keys.pubkey()))
        env = os.environ | {
            "DATABASE_URL": postgres.url("postgres"),
            "DATABASE_CONN_MAX_AGE": "600",
            "REDIS_URL": redis.url(),
            "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
            "CHAIN_CLUSTER": "sandbox",
            "CHAIN_RPC_URL": rpc,
            "CHAIN_GENESIS_HASH": chain_ask(rpc, lambda chain: chain.genesis_hash()),
            "CHAIN_SEED_FILE": str(seed),
            "CHAIN_TREASURY_FILE": str(treasury),
            "IPFS_API_URL": ipfs,
            "IPFS_GATEWAY_URL": ipfs,
            "LOG_LEVEL": "ERROR",
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, check=True)
        yield env
    finally:
        for child in children:
            child.stop()
        redis.stop()
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)


def served(children: list[Child], data: Path, module: str, *options: str) -> str:
    """Start a part of the sandbox and return its address."""
    log = data / f"{module}.log"
    command = [sys.executable, "-m", module, "--port", "0", "--data", str(data / module), *options]
    child = Child(command, log=log)
    children.append(child)
    child.wait_ready(lambda: bool(re.search(r"^ready (\S+)", log.read_text(), re.M)))
    return re.findall(r"^ready (\S+)", log.read_text(), re.M)[-1]


def fund(rpc: str, address: str) -> None:
    """Give the treasury NOS and SOL."""
    wish = {"to": address, "nos": 10**12, "lamports": 10**12, "stake": None}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "sandboxFaucet", "params": [wish]}).encode()
    request = urllib.request.Request(rpc, body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answer:
        answer.read()
