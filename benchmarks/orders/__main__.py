"""`python -m benchmarks.orders place|accept|worker`: the parts of benchmarks/bridge.py that need the platform.

`place` prints one JSON object: jobs placed and confirmed a second for each number of workers and each way, and the
plain loop's. `accept` prints the milliseconds from a job's acceptance to its signed order, and of the bare steps.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

# ruff: noqa: E402 - models can be imported only once Django is set up
from django.conf import settings
from django.utils import timezone
from nosana.chain import instructions as ix
from nosana.chain import transaction_build, wallet_load
from solders.keypair import Keypair

from apps.billing.models import Lot
from apps.billing.services import lot_grant, wallet_open
from apps.bridge import services
from apps.bridge.chain import Gateway, ask_chain, cluster
from apps.bridge.ipfs import definition_pin
from apps.bridge.keys import seed_load
from apps.bridge.models import Order
from apps.bridge.services import listing
from apps.bridge.signing import Signer, sign
from apps.core.models import Message
from apps.jobs.models import Job, Market
from apps.jobs.services import job_submit
from apps.organisations.models import Membership, TermsAcceptance
from apps.organisations.services import Actor, organisation_create
from apps.users.models import User
from benchmarks.orders.loop import loop_rate

PRICE, TIMEOUT_S = 43, 60
NEVER = 10**9
SINGLY = 8  # singly, so many times fewer jobs are placed: it is slow


def definition(number: int) -> dict[str, Any]:
    """Return a definition like no other."""
    args = {"image": "ubuntu", "cmd": ["echo", f"hello {number}"]}
    return {
        "version": "0.1",
        "type": "container",
        "ops": [{"type": "container/run", "id": "hello", "args": args}],
    }


class Bench:
    """An organisation with credits, a treasury with NOS, a market, and a way to launch jobs."""

    def __init__(self) -> None:
        self.numbers = itertools.count()
        now = timezone.now()
        user = User.objects.create_user(f"bench{os.getpid()}@acme.example", name="Bench")
        organisation = organisation_create(user=user, name="Bench", actor=Actor.person(user), now=now)
        TermsAcceptance.objects.create(
            organisation=organisation, version=settings.TERMS_VERSION, user=user, accepted_at=now
        )
        wallet_open(organisation.pk)
        lot_grant(
            organisation_id=organisation.pk,
            kind=Lot.Kind.PROMOTIONAL,
            micro=10**10,
            key=f"bench {os.getpid()}",
            now=now,
            expires_at=now + timedelta(days=30),
        )
        self.membership = Membership.objects.select_related("organisation", "user").get(user=user)
        self.project = organisation.projects.get()
        self.payer = wallet_load(Path(settings.CHAIN_TREASURY_FILE))
        self.market = self.market_next()

    def market_next(self) -> Market:
        """Open a market of its own for what comes next: a queue takes 314 jobs, and a full one refuses them."""
        address = str(self._market_open())
        self.market = Market.objects.create(
            address=address, slug=f"bench-{address[:8].lower()}", name="Bench", price_micro=PRICE, open=True
        )
        return self.market

    def _market_open(self) -> Any:
        keys = Keypair()
        act = ix.open_market(cluster(), market=keys.pubkey(), authority=self.payer.pubkey(), job_price=PRICE)

        async def open_it(gateway: Gateway) -> None:
            blockhash = await gateway.blockhash()
            signed = transaction_build([act], payer=self.payer, signers=[keys], blockhash=blockhash)
            await gateway.chain.send_and_confirm(signed)

        ask_chain(open_it)
        return keys.pubkey()

    def submit(self) -> Job:
        """Launch a job as a person would."""
        number = next(self.numbers)
        return job_submit(
            membership=self.membership,
            project=self.project,
            market=self.market,
            definition=definition(number),
            timeout_s=TIMEOUT_S,
            name=f"Job {number}",
            submission_key=f"bench {os.getpid()} {number}",
            now=timezone.now(),
        )


def place(jobs: int, looped: int) -> dict[str, float]:
    """Measure each number of workers and each way, and the loop."""
    bench = Bench()
    cid = definition_pin(definition(-1))
    found = {"loop": asyncio.run(loop_rate(cluster(), bench.payer, bench.market.address, cid, looped))}
    for workers, way in ((1, "single"), (4, "single"), (1, "batched"), (4, "batched")):
        market, count = bench.market_next(), jobs if way == "batched" else max(1, jobs // SINGLY)
        Order.objects.filter(closed_at=None).update(closed_at=timezone.now())  # what earlier ways left to be final
        with working(workers, way) as started:
            for _ in range(count):
                bench.submit()
            Message.objects.all().delete()
            mine, began = Job.objects.filter(market=market), started()
            while mine.filter(state="pending").exists():
                if time.perf_counter() - began > 100:
                    raise SystemExit(f"{workers} workers ({way}) are stuck")
                time.sleep(0.02)
            found[f"{workers}_{way}"] = count / (time.perf_counter() - began)
        if (listed := mine.filter(state="queued").count()) != count:
            raise SystemExit(
                f"{workers} workers ({way}) listed {listed} of {count} jobs; the figure means nothing"
            )
    return found


@contextmanager
def working(count: int, way: str) -> Iterator[Any]:
    """Have so many worker processes stand ready; what is yielded lets them go and returns when."""
    command = [sys.executable, "-m", "benchmarks.orders", "worker", way]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()

    def start() -> float:
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return began

    yield start
    for process in processes:
        process.kill()
        process.wait()


def work(way: str) -> None:
    """Work at the bridge's queue until killed."""
    listing.QUEUE_BUILDS_UP = 8 if way == "batched" else NEVER
    services.orders_work(now=timezone.now())  # a worker that stands ready has done all of this before
    definition_pin(definition(-1))
    Signer(seed_load(), "warm")
    ask_chain(Gateway.blockhash)
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        now = timezone.now()
        if way == "batched":
            busy = services.orders_work(now=now)
        else:
            services.orders_make_missing(now=now)
            busy = services.orders_push(now=now, limit=1)
            if not busy:
                busy = services.orders_check(now=timezone.now(), limit=1)
        if not busy:
            time.sleep(0.02)


def accept(count: int) -> dict[str, float]:
    """Launch jobs one after another, with a Celery worker at the bridge's queue, and wait until each is signed."""
    bench = Bench()
    command = [sys.executable, "-m", "celery", "-A", "nosana_web", "worker", "-Q", "bridge", "-c", "2"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR", "-n", "bench@bridge"]
    worker = subprocess.Popen([*command, *quiet], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(5):
            signed_ms(bench, seconds=60)  # warm up
        ours = [signed_ms(bench) for _ in range(count)]
    finally:
        worker.terminate()
        worker.wait(20)
    return {"signed_p95": p95(ours), "bare_p95": p95([bare_ms(bench) for _ in range(count)])}


def signed_ms(bench: Bench, *, seconds: float = 20) -> float:
    """Return the milliseconds from the click to the stored, signed order."""
    began = time.perf_counter()
    job = bench.submit()
    while not Order.objects.filter(attempt_id=job.attempt_id, signed_at__isnull=False).exists():
        if time.perf_counter() - began > seconds:
            raise SystemExit("the job was not signed in time")
        time.sleep(0.003)
    return (time.perf_counter() - began) * 1000


def bare_ms(bench: Bench) -> float:
    """Return the milliseconds that pinning, reading the market and a blockhash, and signing take by themselves."""
    began = time.perf_counter()
    number = next(bench.numbers)
    cid = definition_pin(definition(number))

    async def look(gateway: Gateway) -> Any:
        return await gateway.market(bench.market.address), await gateway.chain.blockhash()

    _, blockhash = ask_chain(look)
    act = Signer(seed_load(), "bench").listing(
        job_id=str(number), number=1, market=bench.market.address, cid=cid, timeout_s=TIMEOUT_S
    )
    sign([act], blockhash)
    return (time.perf_counter() - began) * 1000


def p95(milliseconds: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(milliseconds)[int(len(milliseconds) * 0.95) - 1]


if __name__ == "__main__":
    what, given = sys.argv[1], sys.argv[2:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    if what == "worker":
        work(given[0])
    else:
        print(json.dumps(place(int(given[0]), int(given[1])) if what == "place" else accept(int(given[0]))))
