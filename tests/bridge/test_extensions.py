"""More time for a job on the chain, and what happens when its end is faster."""

import pytest
from django.utils import timezone

from apps.billing.models import Hold
from apps.bridge import services
from apps.bridge.models import Order
from apps.jobs.models import Extension, Job
from apps.jobs.services import job_extend
from apps.jobs.state import State
from apps.ledger.selectors import balance
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, flow_state, treasury

pytestmark = pytest.mark.django_db


def extend(stage: Stage, job: Job, timeout_s: int) -> None:
    """Ask for more time as Mia."""
    job_extend(membership=stage.mia, job=job, timeout_s=timeout_s, now=timezone.now())


def account(stage: Stage, job: Job):  # noqa: ANN201
    """Return the job's account."""
    address = stage.job(job).attempt.address
    return stage.network.ask(lambda chain: chain.job(address))


def test_more_time_is_held_first_and_then_stands_on_the_chain(stage: Stage) -> None:
    job = stage.until_state(stage.submit(timeout_s=100), State.QUEUED)
    extend(stage, job, 300)
    extend(stage, job, 300)
    assert Hold.objects.get().network_micro == PRICE * 300
    stage.until(lambda: stage.job(job).timeout_s == 300)
    assert account(stage, job).timeout == 300
    assert Extension.objects.get().state == "landed"
    stage.until(lambda: treasury(stage.network) == TREASURY - PRICE * 300)
    stage.stop(job)
    stage.until_settled(job)
    assert stage.wallet().available_micro == CREDITS
    stage.until(lambda: treasury(stage.network) == TREASURY)


def test_a_job_that_used_the_more_time_pays_for_it(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=100), State.RUNNING)
    extend(stage, job, 300)
    stage.until(lambda: stage.job(job).timeout_s == 300)
    stage.network.later(200)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    attempt = stage.until_settled(job).attempt
    assert attempt.seconds >= 200
    assert attempt.cost_micro == PRICE * attempt.seconds == balance("network:spend")


def test_an_end_that_is_faster_gives_the_more_back(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=100), State.RUNNING)
    extend(stage, job, 300)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    services.orders_make_missing(now=timezone.now())
    services.orders_push(now=timezone.now())
    assert Extension.objects.get().state == "refused"
    assert Hold.objects.get().network_micro == PRICE * 100
    attempt = stage.until_settled(job).attempt
    assert stage.wallet().available_micro == CREDITS - attempt.cost_micro - attempt.fee_micro
    assert treasury(stage.network) == TREASURY - attempt.cost_micro


def test_an_end_between_signing_and_sending_gives_the_more_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=100), State.RUNNING)
    extend(stage, job, 300)
    real = services.pushing.orders_send
    ended = []

    def send(orders: list[Order], **given: object) -> None:
        if orders and not ended:
            ended.append(node.finish(job.attempt.address, stage.pin(flow_state())))
        real(orders, **given)

    monkeypatch.setattr(services.pushing, "orders_send", send)
    stage.until_settled(job)
    stage.until(lambda: not Order.objects.filter(kind="extend", closed_at=None).exists())
    assert Extension.objects.get().state == "refused"
    attempt = stage.job(job).attempt
    assert stage.wallet().available_micro == CREDITS - attempt.cost_micro - attempt.fee_micro
    assert treasury(stage.network) == TREASURY - attempt.cost_micro
