"""A platform with credits, a treasury with NOS, a market and a node, on a chain of the tests' own."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from nosana.ipfs import IpfsClient

from apps.billing.models import Lot
from apps.billing.selectors import Wallet, wallet
from apps.billing.services import lot_grant
from apps.bridge import services
from apps.bridge.chain import treasury_address, treasury_make
from apps.bridge.keys import seed_make
from apps.bridge.models import Order
from apps.core.models import Message
from apps.core.queue import TASKS
from apps.jobs.models import Job, Market, Want
from apps.jobs.policies import Policy
from apps.jobs.services import job_stop, job_submit
from apps.jobs.state import State
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from tests.bridge.network import GpuMarket, GpuNode, Network
from tests.world import World

DEFINITION = {
    "version": "0.1",
    "type": "container",
    "ops": [{"type": "container/run", "id": "hello", "args": {"image": "ubuntu", "cmd": ["echo", "hello"]}}],
}
CREDITS = 100_000_000  # micro-NOS
TREASURY = 1_000_000_000
PRICE = 43


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """The chain and IPFS, shared by all tests."""
    started = Network()
    yield started
    started.stop()


@dataclass
class Stage:
    """What a test of the bridge plays on."""

    network: Network
    world: World
    market: GpuMarket
    catalogue: Path

    @property
    def mia(self) -> Membership:
        """The developer who launches."""
        return membership_get(self.world.mia, self.world.acme.slug, Permission.JOBS_LAUNCH)

    def wallet(self) -> Wallet:
        """Return Acme's wallet."""
        return wallet(self.world.acme.pk)

    def submit(
        self,
        *,
        timeout_s: int = 600,
        key: str = "one",
        name: str = "Hello",
        node: str = "",
        policy: Policy | None = None,
    ) -> Job:
        """Submit a job to the market."""
        return job_submit(
            membership=self.mia,
            project=self.world.project,
            market=self.job_market(),
            definition=DEFINITION,
            timeout_s=timeout_s,
            name=name,
            submission_key=key,
            policy=policy or Policy(reposts=0),
            node=node,
            now=timezone.now(),
        )

    def network_treasury(self) -> str:
        """Return the file of the treasury's key."""
        return str(settings.CHAIN_TREASURY_FILE)

    def job_market(self) -> Market:
        """Return the platform's copy of the market."""
        return Market.objects.get(address=self.market.address)

    def stop(self, job: Job) -> None:
        """Ask for the job's stop."""
        job_stop(membership=self.mia, job=job, now=timezone.now())

    def look(self) -> None:
        """Do once what workers and the observer do all the time."""
        for message in Message.objects.order_by("created_at", "id"):
            TASKS[message.name].run(**message.payload)
            message.delete()
        services.orders_make_missing(now=timezone.now())
        services.orders_push(now=timezone.now())
        services.orders_check(now=timezone.now())
        services.chain_observe(now=timezone.now())

    def until(self, held: Callable[[], Any], *, seconds: float = 60) -> None:
        """Let the platform work until something holds."""
        deadline = time.monotonic() + seconds
        while not held():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.look()
            time.sleep(0.03)

    def job(self, job: Job) -> Job:
        """Return the job as it is now, with its attempt."""
        return Job.objects.select_related("attempt", "market").get(pk=job.pk)

    def until_state(self, job: Job, state: str) -> Job:
        """Let the platform work until the job is in the state, and its listing is known if it has one.

        Observation may see a job on the chain before the order that listed it is looked up.
        """
        unknown = Order.objects.filter(attempt__job=job, kind=Want.Kind.LIST, confirmed_at=None, closed_at=None)
        self.until(lambda: self.job(job).state == state and (state == State.PENDING or not unknown.exists()))
        return self.job(job)

    def until_settled(self, job: Job) -> Job:
        """Let the platform work until the job's money is settled."""
        self.until(lambda: self.job(job).attempt.settled_at)  # type: ignore[union-attr]
        return self.job(job)

    def node(self) -> GpuNode:
        """Return a new node."""
        return GpuNode(self.network)

    def pin(self, value: Any) -> str:
        """Pin JSON as a node would."""
        return asyncio.run(IpfsClient(self.network.ipfs_url, self.network.ipfs_url).pin_json(value))


def flow_state(*lines: str, status: str = "success") -> dict[str, Any]:
    """Return what a node pins: one operation `hello` with these lines of log."""
    logs = [
        {"type": "stdout", "log": line, "timestamp": 1_760_000_000_000 + number}
        for number, line in enumerate(lines)
    ]
    operation = {"operationId": "hello", "group": "hello", "status": status, "exitCode": 0, "logs": logs}
    return {
        "status": status,
        "startTime": 1_760_000_000_000,
        "endTime": 1_760_000_001_000,
        "opStates": [operation],
    }


@pytest.fixture
def chain_settings(network: Network, settings: Any, tmp_path: Path) -> Path:
    """Settings of this network, a new seed and a funded treasury; return the catalogue's path."""
    settings.CHAIN_CLUSTER = "sandbox"
    settings.CHAIN_RPC_URL = network.rpc_url
    settings.CHAIN_GENESIS_HASH = network.cluster.genesis_hash
    settings.CHAIN_FEE_DIVISOR = network.fee_divisor
    settings.CHAIN_SEED_FILE = str(tmp_path / "seed")
    settings.CHAIN_TREASURY_FILE = str(tmp_path / "treasury.json")
    settings.IPFS_API_URL = settings.IPFS_GATEWAY_URL = network.ipfs_url
    settings.MARKETS_FILE = str(tmp_path / "markets.json")
    seed_make(tmp_path / "seed")
    network.give(treasury_make(tmp_path / "treasury.json"), nos=TREASURY)
    return tmp_path / "markets.json"


@pytest.fixture
def stage(network: Network, chain_settings: Path, world: World) -> Stage:
    """Acme with 100 credits, and a market of the catalogue."""
    market = GpuMarket(network, price_micro=PRICE)
    entry = {"address": market.address, "slug": "gpu", "name": "GPU", "gpu": "RTX", "vram_gb": 24}
    chain_settings.write_text(json.dumps([entry]))
    now = timezone.now()
    services.markets_sync(now=now)
    for message in Message.objects.filter(name="billing.wallet_open"):
        TASKS[message.name].run(**message.payload)
        message.delete()
    lot_grant(
        organisation_id=world.acme.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=CREDITS,
        key="tests",
        now=now,
        expires_at=datetime.now(UTC) + timedelta(days=30),
    )
    return Stage(network=network, world=world, market=market, catalogue=chain_settings)


def treasury(network: Network) -> int:
    """Return the treasury's final micro-NOS, once what is confirmed by now is final."""
    confirmed = network.ask(lambda chain: chain.token_balance(treasury_address(), "confirmed"))
    deadline = time.monotonic() + 60
    while network.balance(treasury_address()) != confirmed and time.monotonic() < deadline:
        time.sleep(0.03)
    return network.balance(treasury_address())
