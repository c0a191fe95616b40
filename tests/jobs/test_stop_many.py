"""Stopping many jobs at once: what it costs is said first, and a repeat changes nothing."""

import uuid
from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.jobs.models import Job, JobEvent, Want
from apps.organisations.models import Membership, Project, ProjectMembership
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.world import World

URL = "/o/acme/jobs/stop/"


@pytest.fixture
def launch(world: World) -> Callable[[str], Job]:
    """Launch a job of Mia's that runs."""
    credits_give(world.acme)
    market = markets_make()[0]
    mia = Membership.objects.get(user=world.mia)

    def make(name: str) -> Job:
        job = job_make(mia, market, name=name)
        job_list(job, timezone.now())
        job_run(job, timezone.now())
        return job

    return make


def stops() -> int:
    """Return how many stops are wanted of the chain."""
    return Want.objects.filter(kind="stop").count()


def test_the_page_says_which_jobs_stop_and_what_comes_back(world: World, launch: Callable[[str], Job]) -> None:
    jobs = [launch("One"), launch("Two")]
    page = world.client(world.mia).get(URL, {"job": [str(job.pk) for job in jobs]}).content.decode()
    assert "Stop these 2 jobs?" in page
    assert "come back" in page
    assert stops() == 0


def test_the_chosen_jobs_are_stopped_and_a_repeat_changes_nothing(
    world: World, launch: Callable[[str], Job]
) -> None:
    jobs = [launch("One"), launch("Two")]
    left = launch("Three")
    mia = world.client(world.mia)
    for _ in range(2):
        answer = mia.post(URL, {"job": [str(job.pk) for job in jobs]})
        assert answer.url == "/o/acme/jobs/"
    assert stops() == 2
    assert JobEvent.objects.filter(kind="stop_requested").count() == 2
    assert Job.objects.get(pk=left.pk).stop_requested_at is None


def test_what_has_ended_or_is_no_job_is_left_out(world: World, launch: Callable[[str], Job]) -> None:
    done = launch("Done")
    job_finish(done, started=timezone.now(), ended=timezone.now())
    chosen = {"job": [str(done.pk), "nonsense", str(uuid.uuid4())]}
    mia = world.client(world.mia)
    assert "Nothing to stop" in mia.get(URL, chosen).content.decode()
    assert mia.post(URL, chosen, follow=True).status_code == 200
    assert mia.post(URL, {}).status_code == 302
    assert stops() == 0


def test_neither_viewers_nor_outsiders_stop_jobs_of_acme(world: World, launch: Callable[[str], Job]) -> None:
    chosen = {"job": str(launch("One").pk)}
    assert world.client(world.victor).post(URL, chosen).status_code == 403
    assert world.client(world.xena).post(URL, chosen).status_code == 404
    assert world.client(world.xena).post("/o/xenon/jobs/stop/", chosen).status_code == 302
    assert stops() == 0


def test_a_limited_member_stops_only_in_the_own_projects(world: World, launch: Callable[[str], Job]) -> None:
    job, foreign = launch("Mine"), launch("Elsewhere")
    other = Project.objects.create(organisation=world.acme, name="Else", slug="else", created_at=timezone.now())
    Job.objects.filter(pk=foreign.pk).update(project=other)
    Membership.objects.filter(user=world.mia).update(limited=True)
    place = Membership.objects.get(user=world.mia)
    ProjectMembership.objects.create(membership=place, project=world.project, role="developer")
    ProjectMembership.objects.create(membership=place, project=other, role="viewer")
    world.client(world.mia).post(URL, {"job": [str(job.pk), str(foreign.pk)]})
    assert set(Want.objects.filter(kind="stop").values_list("job", flat=True)) == {job.pk}


def test_the_page_asks_the_same_for_two_jobs_as_for_one(
    world: World, launch: Callable[[str], Job], django_assert_num_queries: object
) -> None:
    jobs = [str(launch(name).pk) for name in ("One", "Two")]
    mia = world.client(world.mia)
    for chosen in (jobs[:1], jobs):
        with django_assert_num_queries(6):
            mia.get(URL, {"job": chosen})
