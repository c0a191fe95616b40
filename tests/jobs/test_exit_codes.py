"""A completed job whose program failed says so wherever it is listed."""

import pytest
from django.utils import timezone

from apps.jobs.models import Job
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.world import World


@pytest.fixture
def completed(world: World) -> Job:
    """A job that its node finished."""
    credits_give(world.acme, 12)
    job, now = job_make(Membership.objects.get(user=world.mia), markets_make()[0]), timezone.now()
    job_list(job, now)
    job_run(job, now)
    job_finish(job, started=now, ended=now)
    return job


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([{"operationId": "a", "exitCode": 0}, {"operationId": "b", "exitCode": 2}], "exit code 2"),
        ([{"operationId": "a", "exitCode": 0}, {"operationId": "b", "exitCode": None}], ""),
        ("nonsense", ""),
    ],
)
def test_the_list_tells_of_an_operation_that_failed(
    world: World, completed: Job, states: object, said: str
) -> None:
    Job.objects.filter(pk=completed.pk).update(result={"opStates": states}, result_at=timezone.now())
    for page in ("/o/acme/jobs/", "/o/acme/"):
        text = world.client(world.olga).get(page).content.decode()
        assert ("exit code" in text) == bool(said)
        assert said in text


def test_a_job_that_was_stopped_blames_no_program(world: World, completed: Job) -> None:
    states = [{"operationId": "a", "exitCode": 143}]
    Job.objects.filter(pk=completed.pk).update(
        state="stopped", result={"opStates": states}, result_at=timezone.now()
    )
    olga = world.client(world.olga)
    assert "exit code" not in olga.get("/o/acme/jobs/").content.decode()
    assert "ended with exit code" not in olga.get(f"/o/acme/jobs/{completed.pk}/").content.decode()
