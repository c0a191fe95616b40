"""Many jobs, several workers, an endpoint that misbehaves: all settle, and chain and ledger agree to the micro-NOS.

CI plays 30 jobs with two workers. The large game: SOAK_JOBS=1000 SOAK_WORKERS=4 SOAK_SECONDS=900 python -m pytest
tests/bridge/test_soak.py -n 0 -s (SOAK_SEED chooses the faults).
"""

import json
import os
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Hold, Lot
from apps.billing.services import lot_grant
from apps.bridge.models import Order
from apps.bridge.selectors import position
from apps.core.models import Message
from apps.jobs.models import Attempt, Job
from apps.ledger.selectors import balance
from sandbox.services.process import Child
from tests.bridge.conftest import PRICE, TREASURY, Stage, flow_state
from tests.bridge.fleet import Fleet
from tests.bridge.network import Network
from tests.bridge.processes import workers

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
JOBS = int(os.environ.get("SOAK_JOBS", "30"))
WORKERS = int(os.environ.get("SOAK_WORKERS", "2"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "480"))
SEED = os.environ.get("SOAK_SEED", "7")
TIMEOUT_S = 100
FAULTS = {
    "drop": 0.03,
    "limit": 0.03,
    "fail": 0.03,
    "delay": 0.1,
    "delay_ms": 200,
    "stale": 0.05,
    "lose": 0.25,
    "forget": 0.2,
}


class Proxy:
    """The fault proxy as a process before a chain."""

    def __init__(self, network: Network) -> None:
        log = network.data / "faults.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "sandbox.faults", "--upstream", network.rpc_url, "--port", "0"]
        self.child = Child([*command, "--seed", SEED], log=log)
        self.child.wait_ready(lambda: "ready" in log.read_text())
        self.url = log.read_text().split()[1]

    def faults(self, wish: dict[str, Any] | None = None) -> dict[str, Any]:
        """Set what goes wrong, if it is given, and return it with how often it did."""
        data = None if wish is None else json.dumps(wish).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(f"{self.url}/faults", data), timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


@pytest.fixture
def proxy(network: Network, settings: Any) -> Iterator[Proxy]:
    """The endpoint that the platform is told of."""
    started = Proxy(network)
    settings.CHAIN_RPC_URL = started.url
    yield started
    started.child.stop()


def test_all_jobs_settle_through_faults_and_chain_and_ledger_agree(
    stage: Stage, proxy: Proxy, settings: Any
) -> None:
    credits_give(stage, JOBS)
    before = position()
    jobs = [stage.submit(key=str(number), timeout_s=TIMEOUT_S, name=f"Job {number}") for number in range(JOBS)]
    Message.objects.all().delete()
    proxy.faults(FAULTS)
    started = time.monotonic()
    fleet = Fleet(stage.network, stage.market, max(2, JOBS // 50), cid=stage.pin(flow_state("done")))
    with workers(settings) as processes, fleet:
        for _ in range(WORKERS):
            processes.work()
        for job in jobs[::10]:  # some are stopped, wherever they are by then
            if not stage.job(job).over:
                stage.stop(job)
        until_settled(SECONDS, fleet)
        struck = proxy.faults({})["struck"]
        until_closed(60)
    took = time.monotonic() - started
    agree(stage, before.treasury_micro)
    states = Counter(Job.objects.values_list("state", "reason"))
    print(f"{JOBS} jobs, {WORKERS} workers: {took:.1f} s; {dict(states)}; faults {struck}")
    assert {"drop", "limit", "fail", "delay", "lose", "forget"} <= set(struck)


def credits_give(stage: Stage, jobs: int) -> None:
    """Give Acme credits for so many jobs at once; the treasury has NOS for them."""
    needed = jobs * TIMEOUT_S * PRICE * 2
    now = timezone.now()
    lot_grant(
        organisation_id=stage.world.acme.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=needed,
        key="soak",
        now=now,
        expires_at=now + timedelta(days=9),
    )
    assert needed < TREASURY


def until_settled(seconds: float, fleet: Fleet) -> None:
    """Wait until no attempt's money is open; say every 20 seconds how far it is."""
    began = told = time.monotonic()
    deadline = began + seconds
    while left := Attempt.objects.filter(settled_at=None).count():
        assert not list(Order.objects.exclude(parked_at=None).values_list("kind", "parked_reason"))
        now = time.monotonic()
        assert now < deadline, f"{left} attempts are not settled: {stuck()} {seen()} {fleet.said()}"
        if now - told > 20:
            told = now
            print(f"{now - began:.0f} s: {left} attempts are not settled, {seen()}", flush=True)
        time.sleep(0.1)


def until_closed(seconds: float) -> None:
    """Wait until no order is open."""
    deadline = time.monotonic() + seconds
    while Order.objects.filter(closed_at=None).exists():
        assert time.monotonic() < deadline, stuck()
        time.sleep(0.1)


def seen() -> dict[str, int]:
    """Return how many unsettled attempts the chain shows how."""
    return dict(Counter(Attempt.objects.filter(settled_at=None).values_list("seen", flat=True)))


def stuck() -> list[Any]:
    """Return what open orders say of themselves."""
    return list(Order.objects.filter(closed_at=None).values_list("kind", "instruction", "state", "error")[:5])


def agree(stage: Stage, treasury_micro: int) -> None:
    """Each job was listed once; what the treasury lacks is what the books say the network got."""
    assert not Hold.objects.filter(state="open").exists()
    now = position()
    assert now.deposits_micro == 0
    assert treasury_micro - now.treasury_micro == balance("network:spend")
    addresses = list(Attempt.objects.exclude(address=None).values_list("address", flat=True))
    sample = addresses[:: max(1, len(addresses) // 40)]
    assert max(listings(stage, str(address)) for address in sample) == 1


def listings(stage: Stage, address: str) -> int:
    """Return how many transactions that worked listed a job at the address."""
    history = stage.network.ask(lambda chain: chain.signatures_for(address))
    worked = [line.signature for line in history if line.error is None]
    logs = [stage.network.ask(lambda chain, one=one: chain.logs(one)) for one in worked]
    return sum(any("Instruction: List" in line for line in lines) for lines in logs)
