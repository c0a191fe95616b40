"""Jobs in projects: whoever is limited sees and acts only in theirs; an archived one takes nothing new."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import Conflict, Denied, NotFound
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, jobs_latest
from apps.jobs.services import job_project_set, job_stop, job_submit
from apps.organisations.models import Project
from apps.organisations.roles import Permission, Role
from tests.jobs.conftest import DEFINITION, NOW
from tests.organisations.keys import grant, limit, member
from tests.world import World


@pytest.fixture
def lab(world: World) -> Project:
    """A second project of Acme."""
    return Project.objects.create(organisation=world.acme, name="Lab", slug="lab")


@pytest.fixture
def job(submit: Callable[..., Job]) -> Job:
    """A job in the project Default."""
    return submit()


def test_a_limited_member_sees_the_jobs_of_their_projects_only(world: World, job: Job, lab: Project) -> None:
    limit(world.victor, lab=Role.VIEWER)
    with pytest.raises(NotFound, match="no such job"):
        job_get(grant(world.victor), job.pk)
    assert jobs_latest(grant(world.victor), limit=9) == []
    limit(world.victor, default=Role.VIEWER)
    assert jobs_latest(grant(world.victor), limit=9) == [job]


def test_no_page_shows_a_limited_member_what_is_elsewhere(world: World, job: Job, lab: Project) -> None:
    limit(world.mia, lab=Role.DEVELOPER)
    mia = world.client(world.mia)
    for path in (
        f"{job.pk}/",
        f"{job.pk}/stop/",
        f"{job.pk}/project/",
        f"{job.pk}/log.txt",
        f"new/?again={job.pk}",
    ):
        assert mia.get(f"/o/acme/jobs/{path}").status_code == 404, path
    assert mia.post(f"/o/acme/jobs/{job.pk}/stop/").status_code == 404
    for page in ("/o/acme/", "/o/acme/jobs/", "/o/acme/jobs/?project=default"):
        assert "Hello" not in mia.get(page).content.decode(), page
    job.refresh_from_db()
    assert job.stop_requested_at is None


def test_a_viewer_of_a_project_does_nothing_in_it(world: World, job: Job, lab: Project) -> None:
    limit(world.mia, default=Role.VIEWER, lab=Role.DEVELOPER)
    with pytest.raises(Denied, match="limited to some projects"):
        job_get(grant(world.mia), job.pk, Permission.JOBS_STOP)
    with pytest.raises(Denied):
        job_stop(membership=member(world.mia), job=job, now=NOW)
    answer = world.client(world.mia).post(f"/o/acme/jobs/{job.pk}/stop/")
    assert answer.status_code == 403
    page = world.client(world.mia).get(f"/o/acme/jobs/{job.pk}/").content.decode()
    assert "/stop/" not in page


def test_a_job_is_launched_only_where_its_launcher_may(rich: World, submit: Any, lab: Project) -> None:
    limit(rich.mia, default=Role.VIEWER, lab=Role.DEVELOPER)
    with pytest.raises(Denied):
        submit(membership=member(rich.mia))
    assert submit(membership=member(rich.mia), project=lab).project == lab
    assert Job.objects.count() == 1


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Hello",
        "definition": json.dumps(DEFINITION),
        "market": "gpu",
        "timeout_minutes": 10,
        "submission_key": "0b1de4a8-7a3e-4c6e-9a51-0d9f0a4f1a11",
    } | changes


def test_the_launch_page_offers_the_projects_in_which_one_may_launch(
    rich: World, market: Any, lab: Project
) -> None:
    mia = rich.client(rich.mia)
    assert 'name="project"' in mia.get("/o/acme/jobs/new/").content.decode()
    assert mia.post("/o/acme/jobs/new/", form(project="lab")).status_code == 302
    assert Job.objects.get().project == lab
    for wrong in ("", "nowhere"):
        answer = mia.post("/o/acme/jobs/new/", form(project=wrong))
        assert answer.status_code == 422
        assert Job.objects.count() == 1


def test_a_limited_member_launches_without_being_asked_in_their_only_project(
    rich: World, market: Any, lab: Project
) -> None:
    limit(rich.mia, lab=Role.DEVELOPER)
    mia = rich.client(rich.mia)
    assert 'name="project"' not in mia.get("/o/acme/jobs/new/").content.decode()
    assert mia.post("/o/acme/jobs/new/", form()).status_code == 302
    assert Job.objects.get().project == lab


def test_a_whole_organisation_without_a_project_for_them_is_told(rich: World) -> None:
    limit(rich.mia)
    answer = rich.client(rich.mia).get("/o/acme/jobs/new/")
    assert answer.status_code == 403
    assert "limited to some projects" in answer.content.decode()


def test_an_archived_project_takes_no_new_job_and_shows_its_old_ones(rich: World, job: Job, lab: Project) -> None:
    Project.objects.filter(pk=rich.project.pk).update(archived_at=timezone.now())
    archived = Project.objects.get(pk=rich.project.pk)
    with pytest.raises(Conflict, match="not a live project"):
        job_submit(
            membership=member(rich.mia),
            project=archived,
            market=job.market,
            definition=DEFINITION,
            timeout_s=600,
            name="Two",
            submission_key="two",
            now=NOW,
        )
    assert job_get(grant(rich.mia), job.pk) == job
    assert "Default (archived)" in rich.client(rich.mia).get("/o/acme/jobs/").content.decode()


def test_a_job_is_put_into_another_project_once(world: World, job: Job, lab: Project) -> None:
    for _ in range(2):
        job_project_set(grant=grant(world.mia), job=job, project=lab, now=NOW)
    job.refresh_from_db()
    assert job.project == lab
    sentence = job.events.get(kind="project_set").sentence
    assert sentence == "Mia put it from the project “Default” into “Lab”."


def test_a_job_is_put_only_where_one_may_launch_on_both_sides(world: World, job: Job, lab: Project) -> None:
    limit(world.mia, default=Role.VIEWER, lab=Role.DEVELOPER)
    with pytest.raises(Denied):
        job_project_set(grant=grant(world.mia), job=job, project=lab, now=NOW)
    with pytest.raises(NotFound):
        job_project_set(grant=grant(world.olga), job=job, project=world.other.projects.get(), now=NOW)
    Project.objects.filter(pk=lab.pk).update(archived_at=NOW)
    with pytest.raises(Conflict, match="archived"):
        job_project_set(grant=grant(world.olga), job=job, project=lab, now=NOW)
    job.refresh_from_db()
    assert job.project == world.project


def test_the_project_of_a_job_is_changed_on_its_page(world: World, job: Job, lab: Project) -> None:
    mia = world.client(world.mia)
    assert mia.post(f"/o/acme/jobs/{job.pk}/project/", {"project": "nowhere"}).status_code == 422
    assert mia.post(f"/o/acme/jobs/{job.pk}/project/", {"project": "lab"}).status_code == 302
    assert "into “Lab”" in mia.get(f"/o/acme/jobs/{job.pk}/").content.decode()
