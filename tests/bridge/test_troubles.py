"""A foreign cluster, an endpoint that is away, an empty treasury, a broken catalogue, a network that takes a fee."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from nosana.chain import instructions as ix
from nosana.chain import wallet_load

from apps.bridge import services
from apps.bridge.chain import ClusterMismatch
from apps.bridge.models import Order
from apps.bridge.selectors import position, treasury
from apps.jobs.models import Market
from apps.jobs.state import State
from apps.ledger.selectors import balance
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state
from tests.bridge.network import ROOT, Network
from tests.bridge.processes import process_env


def due_now() -> None:
    """Let every pause of an order be over."""
    Order.objects.update(next_try_at=timezone.now())


@pytest.mark.django_db
def test_a_worker_refuses_another_cluster_and_sends_nothing(stage: Stage, settings: object) -> None:
    job = stage.submit()
    right = settings.CHAIN_GENESIS_HASH  # type: ignore[attr-defined]
    settings.CHAIN_GENESIS_HASH = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"  # type: ignore[attr-defined]
    with pytest.raises(ClusterMismatch, match="genesis hash"):
        stage.look()
    order = Order.objects.get()
    assert (order.signature, order.blob) == ("", None)
    with pytest.raises(CommandError, match="genesis hash"):
        call_command("bridge_observe")
    settings.CHAIN_GENESIS_HASH = right  # type: ignore[attr-defined]
    assert stage.job(job).state == State.PENDING


@pytest.mark.django_db
def test_an_attempt_of_another_cluster_is_left_alone(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.stop(job)
    job.attempts.update(genesis_hash="another")
    with pytest.raises(ClusterMismatch, match="lives on the cluster another"):
        stage.look()
    assert Order.objects.get(kind="stop").signature == ""


@pytest.mark.django_db
def test_an_endpoint_that_is_away_delays_a_job_and_loses_nothing(stage: Stage, settings: object) -> None:
    job = stage.submit()
    url = settings.CHAIN_RPC_URL  # type: ignore[attr-defined]
    settings.CHAIN_RPC_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    services.orders_make_missing(now=timezone.now())
    services.orders_push(now=timezone.now())
    order = Order.objects.get()
    assert (order.failures, order.lease) == (1, None)
    assert "did not answer" in order.error
    with pytest.raises(CommandError, match="did not answer"):
        call_command("treasury")
    settings.CHAIN_RPC_URL = url  # type: ignore[attr-defined]
    due_now()
    stage.until_state(job, State.QUEUED)


@pytest.mark.django_db
def test_an_empty_treasury_lets_the_job_wait_until_it_is_filled(stage: Stage, settings: object) -> None:
    owner = wallet_load(settings.CHAIN_TREASURY_FILE)  # type: ignore[attr-defined]
    away = ix.transfer(
        stage.network.cluster, owner=owner.pubkey(), to=stage.market.owner.pubkey(), amount=TREASURY
    )
    stage.network.act(away, owner)
    job = stage.submit()
    stage.look()
    order = Order.objects.get()
    assert (order.state, order.signature) == ("wanted", "")
    assert "does not hold enough NOS" in order.error
    assert stage.job(job).state == State.PENDING
    stage.network.give(str(owner.pubkey()), nos=TREASURY)
    due_now()
    stage.until_state(job, State.QUEUED)


@pytest.mark.django_db
def test_the_position_counts_live_deposits_to_the_micro_nos(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    running = stage.until_state(stage.submit(key="a", timeout_s=100), State.RUNNING)
    stage.until_state(stage.submit(key="b", timeout_s=200), State.QUEUED)
    stage.until(lambda: position().deposits_micro == PRICE * 300)
    assert position().treasury_micro == TREASURY - PRICE * 300
    stage.network.later(50)
    node.finish(running.attempt.address, stage.pin(flow_state()))
    stage.until_settled(running)
    now = position()
    assert now.treasury_micro + now.deposits_micro == TREASURY - balance("network:spend")
    assert balance("network:spend") > 0
    assert treasury()["nos_micro"] == now.treasury_micro


@pytest.mark.django_db
def test_only_markets_of_the_catalogue_are_offered(stage: Stage) -> None:
    assert [market.slug for market in Market.objects.filter(open=True)] == ["gpu"]
    stage.catalogue.write_text("[]")
    services.markets_sync(now=timezone.now())
    assert not Market.objects.filter(open=True).exists()


@pytest.mark.parametrize(
    "text", ["no json", "7", '[{"slug": "x"}]', '[{"address": 1, "slug": "x", "name": "n", "vram_gb": "a"}]']
)
def test_a_broken_catalogue_is_one_sentence(settings: object, tmp_path: Path, text: str) -> None:
    (tmp_path / "markets.json").write_text(text)
    settings.MARKETS_FILE = str(tmp_path / "markets.json")  # type: ignore[attr-defined]
    with pytest.raises(services.CatalogueBroken, match="must be a JSON list of markets"):
        services.markets_sync(now=timezone.now())


class TestANetworkThatTakesAFee:
    """Ten per cent of the deposit on top, as the program once took (network facts §1.8)."""

    @pytest.fixture
    def network(self) -> Iterator[Network]:
        started = Network(fee_divisor=10)
        yield started
        started.stop()

    @pytest.mark.django_db
    def test_a_job_that_ran_pays_it_and_one_that_never_ran_does_not(self, stage: Stage) -> None:
        waiting = stage.until_state(stage.submit(key="b", timeout_s=100), State.QUEUED)
        stage.stop(waiting)
        waiting = stage.until_settled(waiting)
        fee = PRICE * 100 // 10
        assert (waiting.attempt.cost_micro, waiting.attempt.loss_micro) == (0, fee)
        assert stage.wallet().available_micro == CREDITS
        node = stage.node()
        node.work(stage.market)
        job = stage.until_state(stage.submit(key="a", timeout_s=100), State.RUNNING)
        stage.network.later(50)
        node.finish(job.attempt.address, stage.pin(flow_state()))
        attempt = stage.until_settled(job).attempt
        assert attempt.cost_micro == PRICE * attempt.seconds + fee
        now = position()
        assert now.treasury_micro + now.deposits_micro == TREASURY - balance("network:spend")


@pytest.mark.django_db(transaction=True)
def test_the_observer_alone_brings_a_job_through_and_ends_when_asked(stage: Stage, settings: object) -> None:
    env = process_env(settings)
    command = [sys.executable, "manage.py", "bridge_observe", "--every", "0.1"]
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready bridge_observe\n"
        Market.objects.update(price_micro=1)
        job = stage.submit()
        services.order_make(want_id=job.wants.get().pk, now=timezone.now())
        services.orders_push(now=timezone.now())
        deadline = time.monotonic() + 60
        while stage.job(job).state != State.QUEUED and time.monotonic() < deadline:
            time.sleep(0.05)
        assert stage.job(job).state == State.QUEUED
        while stage.job_market().price_micro == 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert stage.job_market().price_micro == PRICE
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert json.dumps(stage.job(job).result) == "null"
