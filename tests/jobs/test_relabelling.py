"""What a job has cost is counted under another project and labels, by whoever keeps the money."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.billing.models import UsageAdjustment
from apps.billing.selectors import Dimension, usage_by
from apps.jobs.models import Job
from apps.organisations.models import AuditEvent, Project
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make
from tests.organisations.keys import key_make, member
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

GIVEN = {"project": "lab", "labels": "team=vision\ncost=7", "reason": "Ran for the lab"}


@pytest.fixture
def job(world: World) -> Job:
    """A settled job in the project Default; Acme has a second one, Lab."""
    Project.objects.create(organisation=world.acme, name="Lab", slug="lab")
    credits_give(world.acme)
    now = timezone.now()
    made = job_make(member(world.mia), markets_make()[0])
    job_list(made, now)
    job_run(made, now)
    job_finish(made, started=now - timedelta(seconds=60), ended=now)
    return made


def page(job: Job, part: str = "relabel/") -> str:
    return f"/o/acme/jobs/{job.pk}/{part}"


def test_reports_count_it_there_from_now_on_and_the_job_says_so(world: World, job: Job) -> None:
    bea, now = world.client(world.bea), timezone.now()
    assert "Count its cost elsewhere" in bea.get(page(job)).content.decode()
    for _ in range(2):
        assert bea.post(page(job), GIVEN).url == page(job, "")
    adjustment = UsageAdjustment.objects.get()
    assert (adjustment.project.slug, adjustment.labels) == ("lab", {"team": "vision", "cost": "7"})
    assert adjustment.reason == "Ran for the lab"
    span = {"since": now - timedelta(days=1), "until": now + timedelta(days=1)}
    rows = usage_by(world.acme, Dimension.PROJECT, **span)
    assert [row.name for row in rows] == ["Lab"]
    shown = bea.get(page(job, "")).content.decode()
    assert "counted under Lab" in shown
    assert "team: vision" in shown
    assert AuditEvent.objects.filter(act="usage.relabelled").count() == 1
    job.refresh_from_db()
    assert job.project.slug == "default"


def test_a_program_counts_it_there_too_and_a_repeat_changes_nothing(world: World, job: Job) -> None:
    olga = Program(key_make(world.olga, "billing.manage", "jobs.view").token)
    path, body = f"{ACME}/jobs/{job.pk}/relabel", {"project": "lab", "labels": {"team": "vision"}, "reason": "Lab"}
    refused(olga.post(path, body | {"project": "nowhere"}), 404, "not_found")
    refused(olga.post(path, body | {"labels": {"Team": "x"}}), 400, "labels_refused")
    assert not UsageAdjustment.objects.exists()
    for _ in range(2):
        answer = olga.post(path, body, **{"Idempotency-Key": "once"})
        assert (answer.status_code, answer.json()["records"]) == (200, 1)
    assert UsageAdjustment.objects.get().project.slug == "lab"
    mia = Program(key_make(world.mia, "jobs.view").token)
    assert mia.post(path, body).status_code == 403
    other = Program(key_make(world.xena, "jobs.view").token)
    assert other.post(path, body).status_code == 404


def test_a_developer_may_not_and_an_outsider_finds_nothing(world: World, job: Job) -> None:
    assert world.client(world.mia).post(page(job), GIVEN).status_code == 403
    assert world.client(world.xena).post(page(job), GIVEN).status_code == 404
    assert not UsageAdjustment.objects.exists()
    assert "/relabel/" not in world.client(world.mia).get(page(job, "")).content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"project": "nonsense"}, "Choose a project of the list."),
        ({"labels": "team"}, "Line 1 of the labels"),
        ({"labels": "Team=vision"}, "cannot name a label"),
        ({"reason": ""}, "Say in a few words"),
    ],
)
def test_what_cannot_be_counted_so_is_refused_with_a_sentence(
    world: World, job: Job, change: dict[str, str], sentence: str
) -> None:
    answer = world.client(world.bea).post(page(job), GIVEN | change)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not UsageAdjustment.objects.exists()


def test_a_job_without_a_settlement_has_nothing_to_count(world: World, job: Job) -> None:
    waiting = job_make(member(world.mia), job.market, name="Waits")
    answer = world.client(world.bea).post(page(waiting), GIVEN)
    assert answer.status_code == 409
    assert "Nothing is settled of this job yet" in answer.content.decode()


def test_the_dialog_takes_a_fixed_number_of_queries(
    world: World, job: Job, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    bea = world.client(world.bea)
    with django_assert_num_queries(8):
        bea.get(page(job))
