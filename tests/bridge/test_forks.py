"""What was confirmed may vanish with its fork: state has moved, money has not, and it is done again."""

from collections.abc import Iterator

import pytest

from apps.billing.models import Hold
from apps.bridge.models import Order
from apps.jobs.state import State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury
from tests.bridge.network import Network

pytestmark = pytest.mark.django_db
LAG = 40  # slots until a block is final


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A chain that takes its time to be final."""
    started = Network(finality_lag=LAG)
    yield started
    started.stop()


def drop(network: Network, *signatures: str) -> None:
    """Drop the fork that holds these transactions, and all that is not final."""
    vanished = network.sandbox("sandboxForkDrop", {"slots": LAG - 5})
    assert set(signatures) <= set(vanished)


def settle_down(network: Network) -> None:
    """Wait until what happened before is out of a fork's reach."""
    network.blocks_pass(LAG + 5)


def test_a_listing_whose_fork_is_dropped_is_listed_again_with_one_deposit(stage: Stage) -> None:
    settle_down(stage.network)
    job = stage.until_state(stage.submit(), State.QUEUED)
    first = Order.objects.get().signature
    drop(stage.network, first)
    stage.until(lambda: Order.objects.get().closed_at, seconds=40)
    assert Order.objects.get().signature != first
    assert stage.job(job).state == State.QUEUED
    assert treasury(stage.network) == TREASURY - PRICE * job.timeout_s


def test_a_delisting_whose_fork_is_dropped_is_sent_again_before_the_hold_is_released(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.until(lambda: Order.objects.get().closed_at)
    stage.stop(job)
    stage.until_state(job, State.STOPPED)
    assert Hold.objects.get().state == "open"
    drop(stage.network, Order.objects.get(kind="stop").signature)
    stage.until(lambda: stage.job(job).attempt.settled_at, seconds=40)
    assert stage.wallet().available_micro == CREDITS
    assert treasury(stage.network) == TREASURY


def test_a_finish_whose_fork_is_dropped_settles_what_is_final_in_the_end(stage: Stage) -> None:
    node = stage.node()
    job = stage.until_state(stage.submit(), State.QUEUED)
    node.work(stage.market)
    stage.until_state(job, State.RUNNING)
    settle_down(stage.network)
    address = stage.job(job).attempt.address
    signature = node.finish(address, stage.pin(flow_state()))
    stage.until_state(job, State.COMPLETED)
    assert stage.job(job).attempt.settled_at is None
    drop(stage.network, signature)
    stage.network.later(100)
    node.finish(address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    assert job.attempt.seconds >= 100
    assert treasury(stage.network) == TREASURY - PRICE * job.attempt.seconds
