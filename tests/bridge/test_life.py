"""The whole life of a job on a real chain process, to the micro-NOS."""

import pytest
from django.utils import timezone

from apps.billing.models import Hold, Settlement
from apps.bridge import services
from apps.bridge.models import Order
from apps.jobs.models import LogLine, Want
from apps.jobs.state import Reason, State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury

pytestmark = pytest.mark.django_db


def ended_holds() -> list[str]:
    return sorted(Hold.objects.values_list("state", flat=True))


def test_a_job_is_listed_run_finished_and_settled_to_the_micro_nos(stage: Stage) -> None:
    node = stage.node()
    job = stage.submit(timeout_s=600)
    assert stage.wallet().held_micro == PRICE * 600 + PRICE * 600 * 500 // 10_000
    address = stage.until_state(job, State.QUEUED).attempt.address
    node.work(stage.market)
    running = stage.until_state(job, State.RUNNING)
    assert running.node == node.address
    stage.network.later(100)
    node.finish(address, stage.pin(flow_state("one", "two")))
    job = stage.until_settled(job)
    attempt = job.attempt
    assert (job.state, job.reason) == (State.COMPLETED, Reason.FINISHED)
    assert 100 <= attempt.seconds <= 110
    assert attempt.cost_micro == PRICE * attempt.seconds
    assert attempt.fee_micro == attempt.cost_micro * 500 // 10_000
    assert stage.wallet().available_micro == CREDITS - attempt.cost_micro - attempt.fee_micro
    assert stage.wallet().held_micro == 0
    assert ended_holds() == ["settled"]
    assert treasury(stage.network) == TREASURY - attempt.cost_micro
    stage.until(lambda: stage.job(job).result)
    assert [line.text for line in LogLine.objects.order_by("seq")] == ["one", "two"]
    assert "logs" not in stage.job(job).result["opStates"][0]


def test_a_job_that_overran_is_paid_for_its_timeout_and_no_second_more(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=600), State.RUNNING)
    stage.network.later(1000)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.COMPLETED, Reason.TIMEOUT)
    assert (job.attempt.seconds, job.attempt.cost_micro, job.attempt.fee_micro) == (600, 25_800, 1_290)
    assert job.attempt.released_micro == 0
    assert stage.wallet().available_micro == CREDITS - 27_090
    assert treasury(stage.network) == TREASURY - 25_800


def test_the_timeline_tells_what_the_chain_did_with_signature_and_slot(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)  # it waits, so the listing starts the job at once
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    events = {event.kind: event for event in job.events.all()}
    # Whoever looks first may see it run already, and the result may be there before the end is final.
    told = [kind for kind in events if kind not in ("queued", "result")]
    assert told == ["submitted", "pinned", "running", "completed", "settled"]
    assert sorted(job.events.exclude(act="").values_list("act", flat=True)) == ["finish", "list"]
    for event in (events[kind] for kind in told[2:]):
        assert len(event.signature) > 80
        assert event.slot > 0


def test_a_queued_job_that_is_stopped_is_delisted_and_costs_nothing(stage: Stage) -> None:
    job = stage.until_state(stage.submit(), State.QUEUED)
    stage.stop(job)
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STOP_REQUESTED)
    assert (job.attempt.seconds, job.attempt.cost_micro, job.attempt.fee_micro) == (0, 0, 0)
    assert job.attempt.settle_signature == Order.objects.get(kind="stop").signature != ""
    assert stage.wallet().available_micro == CREDITS
    assert ended_holds() == ["settled"]
    assert (
        Settlement.objects.get().details["signature"] == job.attempt.settle_signature
    )  # the statement's evidence
    assert treasury(stage.network) == TREASURY


def test_a_running_job_that_is_stopped_pays_its_seconds(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    stage.network.later(100)
    stage.stop(job)
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STOP_REQUESTED)
    assert job.attempt.seconds >= 100
    assert treasury(stage.network) == TREASURY - PRICE * job.attempt.seconds
    assert job.attempt.settle_signature == Order.objects.get(kind="stop").signature


def test_a_job_stopped_before_it_is_listed_never_reaches_the_chain(stage: Stage) -> None:
    job = stage.submit()
    stage.stop(job)
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.STOPPED, Reason.STOP_REQUESTED)
    stage.until(lambda: not Want.objects.filter(closed_at=None).exists())
    assert not Order.objects.exclude(signature="").exists()
    assert stage.wallet().available_micro == CREDITS


def test_a_job_its_node_quits_fails_and_costs_nothing(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.quit(job.attempt.address)
    job = stage.until_settled(job)
    assert (job.state, job.reason) == (State.FAILED, Reason.NODE_QUIT)
    assert job.attempt.settle_signature == Order.objects.get(kind="recover").signature
    assert stage.wallet().available_micro == CREDITS
    assert treasury(stage.network) == TREASURY


def test_a_stop_that_comes_after_the_end_does_nothing(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    stage.stop(job)
    job = stage.until_settled(job)
    assert job.state == State.COMPLETED
    stage.until(lambda: not Want.objects.filter(closed_at=None).exists())
    assert Order.objects.get(kind="stop").signature == ""


def test_a_market_that_closed_before_the_listing_fails_the_job_with_a_sentence(stage: Stage) -> None:
    job = stage.submit()
    stage.market.close()
    job = stage.until_state(job, State.FAILED)
    assert job.reason == Reason.MARKET_CLOSED
    assert "closed before the job was listed" in job.sentence
    assert stage.wallet().available_micro == CREDITS
    assert ended_holds() == ["released"]
    services.markets_sync(now=timezone.now())
    job.market.refresh_from_db()
    assert not job.market.open


def test_a_price_that_rose_is_held_again_before_the_listing(stage: Stage) -> None:
    job = stage.submit(timeout_s=600)
    stage.market.reprice(PRICE * 2)
    job = stage.until_state(job, State.QUEUED)
    assert job.attempt.price_micro == PRICE * 2
    assert stage.wallet().held_micro == PRICE * 2 * 600 * 105 // 100
    assert ended_holds() == ["open", "released"]


def test_a_price_that_rose_beyond_the_balance_fails_the_job_and_releases_the_hold(stage: Stage) -> None:
    job = stage.submit(timeout_s=600)
    stage.market.reprice(CREDITS)
    job = stage.until_state(job, State.FAILED)
    assert job.reason == Reason.PRICE_ROSE
    assert "credits" in job.sentence
    assert stage.wallet().available_micro == CREDITS
    assert ended_holds() == ["released"]


def test_a_price_that_fell_keeps_the_hold_and_pays_the_lower_price(stage: Stage) -> None:
    node = stage.node()
    job = stage.submit(timeout_s=600)
    stage.market.reprice(PRICE - 3)
    stage.until_state(job, State.QUEUED)
    node.work(stage.market)
    job = stage.until_state(job, State.RUNNING)
    stage.network.later(100)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    assert job.attempt.cost_micro == (PRICE - 3) * job.attempt.seconds > 0
    assert treasury(stage.network) == TREASURY - job.attempt.cost_micro
