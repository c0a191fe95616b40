"""The watchdog ends silent nodes' jobs, and nothing while it is deaf itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.bridge.services import nodes_watch
from apps.core import leases
from apps.jobs.models import Attempt, Job, Want
from apps.jobs.services import attempts_heard
from apps.jobs.state import State
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def running(world: World) -> list[Job]:
    """Two jobs that run on two nodes since two hours."""
    credits_give(world.acme)
    market = markets_make()[0]
    jobs = [job_make(Membership.objects.get(user=world.mia), market, timeout_s=36_000) for _ in "ab"]
    for number, job in enumerate(jobs):
        job_list(job, NOW)
        job_run(job, NOW - timedelta(hours=2))
        Attempt.objects.filter(job=job).update(node=f"N{number}")
    return jobs


def heard(job: Job, *, minutes_ago: int) -> None:
    """Note a sign of life of the job's node."""
    attempts_heard(attempt_ids=[Job.objects.get(pk=job.pk).attempt_id], now=NOW - timedelta(minutes=minutes_ago))


def stops() -> int:
    """Return how many ends are wanted."""
    return Want.objects.filter(kind="stop").count()


def test_a_silent_node_is_stopped_once_while_others_are_heard(running: list[Job]) -> None:
    leases.lease_take("bridge_collect", seconds=60, now=NOW)
    heard(running[0], minutes_ago=1)
    heard(running[1], minutes_ago=40)
    assert nodes_watch(now=NOW) == 1
    assert nodes_watch(now=NOW) == 0
    assert Want.objects.get(kind="stop").job == running[1]


def test_a_node_that_was_never_heard_is_silent_only_if_others_are_heard(running: list[Job]) -> None:
    leases.lease_take("bridge_collect", seconds=60, now=NOW)
    Job.objects.filter(pk=running[0].pk).update(state=State.FAILED, ended_at=NOW)
    assert nodes_watch(now=NOW) == 0
    heard(running[0], minutes_ago=1)
    assert nodes_watch(now=NOW) == 1


def test_whoever_hears_nobody_ends_nothing(running: list[Job]) -> None:
    for job in running:
        heard(job, minutes_ago=40)
    assert nodes_watch(now=NOW) == 0  # no collector
    leases.lease_take("bridge_collect", seconds=60, now=NOW)
    assert nodes_watch(now=NOW) == 0  # a collector, and two nodes silent at once
    assert stops() == 0
