"""The frame of all pages: navigation, switcher, burn of the balance, and the palette."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.selectors import Wallet
from apps.console.context import burn_of
from apps.jobs.models import Job
from apps.organisations.models import Membership, Project, ProjectMembership
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.world import World

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def running(world: World) -> Job:
    """A job of Mia's that runs for 43 micro-credits a second."""
    credits_give(world.acme, 12)
    job = job_make(Membership.objects.get(user=world.mia), markets_make()[0], name="Whisper nightly")
    job_list(job, timezone.now())
    job_run(job, timezone.now())
    return job


def side(page: str) -> str:
    """Return the side navigation of a page."""
    return page.partition('<nav class="side"')[2].partition("</nav>")[0]


def test_the_navigation_leads_where_the_role_may_and_says_where_one_is(world: World) -> None:
    olga, mia = (side(world.client(who).get("/o/acme/jobs/").content.decode()) for who in (world.olga, world.mia))
    assert 'href="/o/acme/billing/"' in olga
    assert 'href="/o/acme/billing/"' not in mia
    assert re.search(r'href="/o/acme/jobs/" aria-current="page"', mia)


def test_the_switcher_names_the_projects_that_the_member_sees(world: World) -> None:
    secret = Project.objects.create(
        organisation=world.acme, name="Moonshot", slug="moonshot", created_at=timezone.now()
    )
    assert "Moonshot" in side(world.client(world.olga).get("/o/acme/").content.decode())
    mia = Membership.objects.get(user=world.mia)
    Membership.objects.filter(pk=mia.pk).update(limited=True)
    ProjectMembership.objects.create(membership=mia, project=world.project, role="developer")
    assert secret.name not in side(world.client(world.mia).get("/o/acme/").content.decode())


def test_pages_outside_of_an_organisation_keep_the_way_back_to_the_last_one(world: World) -> None:
    olga = world.client(world.olga)
    olga.get("/o/acme/")
    assert 'href="/o/acme/jobs/"' in olga.get("/o/xenon/").content.decode()


def test_a_page_that_refuses_stays_in_the_organisation_and_names_no_project_to_a_limited_member(
    world: World,
) -> None:
    refused = world.client(world.victor).get("/o/acme/settings/audit/")
    assert refused.status_code == 403
    assert 'href="/o/acme/jobs/"' in side(refused.content.decode())
    Membership.objects.filter(user=world.victor).update(limited=True)
    lost = world.client(world.victor).get("/o/acme/jobs/01890000-0000-7000-8000-000000000000/nowhere/")
    again = world.client(world.victor).get("/o/acme/settings/audit/")
    assert (lost.status_code, again.status_code) == (404, 403)
    assert world.project.name not in side(again.content.decode()) + side(lost.content.decode())


def test_the_balance_says_what_runs_and_until_when_it_lasts(world: World, running: Job) -> None:
    page = side(world.client(world.victor).get("/o/acme/").content.decode())
    assert "One job runs: 0.16 an hour" in page
    assert "lasts until" in page


def test_the_burn_counts_what_is_held_less_what_was_used() -> None:
    now = timezone.now()
    found = {"jobs": 2, "price": 100, "begun": 100 * (now - timedelta(seconds=50)).timestamp()}
    burn = burn_of(found, Wallet(10_500, 5_250, 0), now)
    assert burn is not None
    assert burn.micro_hour == 378_000  # 100 a second and 5 % of it
    assert burn.until == pytest.approx(now + timedelta(seconds=100), abs=timedelta(seconds=1))
    assert burn_of({**found, "begun": 100 * now.timestamp()}, Wallet(10**15, 0, 0), now).until is None
    assert burn_of(None, Wallet(1, 0, 0), now) is None


def test_the_palette_finds_jobs_projects_people_and_pages(world: World, running: Job) -> None:
    running.attempt.refresh_from_db()
    olga = world.client(world.olga)
    for text, found in (
        ("whisper", f"/o/acme/jobs/{running.pk}/"),
        (str(running.pk), f"/o/acme/jobs/{running.pk}/"),
        (running.attempt.address, f"/o/acme/jobs/{running.pk}/"),
        ("vll", "/o/acme/templates/vllm/"),
        ("default", "/o/acme/projects/default/"),
        ("victor", "/o/acme/members/#member-"),
        ("top up", "/o/acme/billing/top-up/"),
        ("audit", "/o/acme/settings/audit/"),
    ):
        answer = olga.get("/o/acme/search/", {"q": text}, **HTMX).content.decode()
        assert found in answer, text
        assert "<html" not in answer
    assert "<h1>Search</h1>" in olga.get("/o/acme/search/?q=whisper").content.decode()


def test_the_palette_keeps_to_the_role_and_to_the_organisation(world: World, running: Job, client: Client) -> None:
    victor = world.client(world.victor)
    for text in ("top up", "invoices", "api key", "launch"):
        assert "Nothing fits" in victor.get("/o/acme/search/", {"q": text}).content.decode(), text
    assert world.client(world.xena).get("/o/acme/search/?q=whisper").status_code == 404
    assert str(running.pk) not in world.client(world.xena).get("/o/xenon/search/?q=whisper").content.decode()
    assert "Nothing fits" in world.client(world.xena).get(f"/o/xenon/search/?q={running.pk}").content.decode()
    assert client.get("/o/acme/search/").status_code == 302


def test_the_palette_takes_a_fixed_number_of_queries(
    world: World, running: Job, django_assert_num_queries: object
) -> None:
    olga = world.client(world.olga)
    for text, count in (("e", 8), ("nothing like it", 8), ("", 3)):
        with django_assert_num_queries(count):
            olga.get("/o/acme/search/", {"q": text}, **HTMX)


@pytest.mark.parametrize("text", ["%", "\\", "'", "\N{GRINNING FACE}", "x" * 5000, "9" * 44])
def test_the_palette_takes_any_text(world: World, text: str) -> None:
    assert world.client(world.olga).get("/o/acme/search/", {"q": text}).status_code == 200
