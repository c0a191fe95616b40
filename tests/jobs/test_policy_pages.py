"""What jobs do by themselves, on the pages: the launch form, the job, the organisation's own choice."""

import pytest
from django.test import Client

from apps.jobs.gallery import starters
from apps.jobs.models import Job, OrganisationPolicy
from tests.console.scene import credits_give, markets_make
from tests.world import World

GIVEN = {
    "policy-queue_limit": "20",
    "policy-queue_then": "give_up",
    "policy-reposts": "1",
    "policy-near_then": "warn",
}
EXTENDS = {"policy-near_then": "extend", "policy-extend_by": "10", "policy-extend_most": "30"}
URL = "/o/acme/jobs/policy/"


@pytest.fixture
def form(world: World) -> dict[str, str]:
    """A launch form, filled in."""
    credits_give(world.acme)
    return {
        "name": "Hello",
        "definition": starters()[0].text,
        "market": markets_make()[0].slug,
        "timeout_minutes": "10",
        "submission_key": "0199a1b2-0000-7000-8000-000000000000",
        "project": "default",
    }


def launch(client: Client, form: dict[str, str]) -> Job:
    """Launch and return the job."""
    response = client.post("/o/acme/jobs/new/", form)
    assert response.status_code == 302, response.content.decode()
    return Job.objects.get()


def test_a_job_keeps_what_its_form_says_and_its_page_tells_it(world: World, form: dict[str, str]) -> None:
    mia = world.client(world.mia)
    job = launch(mia, form | GIVEN)
    assert (job.queue_limit_s, job.queue_then, job.reposts, job.silent_limit_s) == (1200, "give_up", 1, None)
    page = mia.get(f"/o/acme/jobs/{job.pk}/").content.decode()
    assert "After 20 min 00 s in the queue it is given up and costs nothing." in page
    assert "is listed again, once" in page
    again = mia.get(f"/o/acme/jobs/new/?again={job.pk}").content.decode()
    assert 'value="give_up" selected' in again


def test_a_form_without_it_launches_as_the_organisation_chose(world: World, form: dict[str, str]) -> None:
    assert world.client(world.olga).post(URL, GIVEN).status_code == 302
    assert launch(world.client(world.mia), form).queue_then == "give_up"


def test_the_estimate_says_what_it_costs_extended_as_far_as_it_may_be(world: World, form: dict[str, str]) -> None:
    page = world.client(world.mia).post("/o/acme/jobs/new/estimate/", form | GIVEN | EXTENDS).content.decode()
    assert "If it is extended as far as it may be" in page
    assert "0.081270" in page  # three times 0.027090


def test_what_makes_no_sense_is_refused_at_its_field_and_launches_nothing(
    world: World, form: dict[str, str]
) -> None:
    bad = form | GIVEN | EXTENDS | {"policy-extend_by": ""}
    response = world.client(world.mia).post("/o/acme/jobs/new/", bad)
    assert response.status_code == 422
    assert "One extension must be" in response.content.decode()
    assert not Job.objects.exists()


def test_only_those_who_may_edit_the_organisation_change_its_choice(world: World) -> None:
    assert world.client(world.victor).get(URL).status_code == 200
    assert world.client(world.mia).post(URL, GIVEN).status_code == 403
    assert world.client(world.xena).get(URL).status_code == 404
    assert world.client(world.olga).post(URL, GIVEN | {"policy-reposts": "9"}).status_code == 422
    assert not OrganisationPolicy.objects.exists()
    for _ in range(2):
        assert world.client(world.olga).post(URL, GIVEN).status_code == 302
    assert OrganisationPolicy.objects.get().reposts == 1
    assert world.acme.audit_events.filter(act="jobs.policy_set").count() == 1
