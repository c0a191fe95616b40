"""Kill -9 a worker at each step of an order: the job is listed exactly once, and the books agree."""

import signal

import pytest

from apps.billing.models import Hold
from apps.bridge.models import Order
from apps.core.models import Message
from apps.jobs.models import Job
from apps.jobs.state import State
from tests.bridge.conftest import CREDITS, PRICE, TREASURY, Stage, treasury
from tests.bridge.processes import workers
from tests.bridge.test_crashes import die
from tests.bridge.worker import ENDS, POINTS

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
KILLED = -signal.SIGKILL


def signatures(stage: Stage, job: Job) -> int:
    """Return how many transactions that worked named the job."""
    address = stage.job(job).attempt.address
    history = stage.network.ask(lambda chain: chain.signatures_for(address))
    return len([line for line in history if line.error is None])


def test_a_worker_killed_at_any_step_lists_the_job_once_and_another_goes_on(
    stage: Stage, settings: object
) -> None:
    jobs = {}
    with workers(settings) as processes:
        for point in POINTS:
            jobs[point] = stage.submit(key=point, timeout_s=100)
            Message.objects.all().delete()
            assert processes.die(point) == KILLED, point
            die()
            stage.until_state(jobs[point], State.QUEUED)
            stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
        assert {point: signatures(stage, job) for point, job in jobs.items()} == dict.fromkeys(POINTS, 1)
        assert treasury(stage.network) == TREASURY - len(POINTS) * PRICE * 100
        for point, job in zip(ENDS, jobs.values(), strict=False):
            stage.stop(job)
            Message.objects.all().delete()
            assert processes.die(point) == KILLED, point
            die()
            stage.until_settled(job)
    for job in jobs.values():
        if stage.job(job).state != State.STOPPED:
            stage.stop(job)
    stage.until(lambda: not Order.objects.filter(closed_at=None).exists())
    for job in jobs.values():
        stage.until_settled(job)
    assert {signatures(stage, job) for job in jobs.values()} == {2}
    assert set(Hold.objects.values_list("state", "settlement__cost_micro")) == {("settled", 0)}
    assert treasury(stage.network) == TREASURY
    assert stage.wallet().available_micro == CREDITS
