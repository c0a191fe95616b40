"""In a real browser: the log appears as it is written, and survives a lost connection."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.jobs.models import Job
from apps.organisations.models import Membership
from sandbox.ports import free_port
from tests.console.scene import credits_give, job_finish, job_list, job_log, job_make, job_run, markets_make
from tests.journeys import stage
from tests.world import World

pytestmark = stage.IN_A_BROWSER


@pytest.fixture
def job(transactional_db: None) -> Job:
    """A job of Acme's that runs, with one line in its log."""
    world = World.build()
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.mia), markets_make()[0])
    job_list(made, timezone.now())
    job_run(made, timezone.now() - timedelta(seconds=30))
    job_log(made, ["the first line"])
    return made


def lines(page: Page) -> list[str]:
    """Return the log lines the page shows."""
    return page.locator(".line .text").all_inner_texts()


def test_the_log_appears_live_and_survives_a_lost_connection(job: Job, page: Page) -> None:
    port = free_port()
    with stage.served(port=port) as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.get_by_text("the first line")).to_be_visible()
        job_log(job, ["written while you watch"], start=1)
        expect(page.get_by_text("written while you watch")).to_be_visible()
    expect(page.locator("[data-log-status]")).to_have_text("reconnecting…")
    job_log(job, ["written while you were away"], start=2)
    with stage.served(port=port):
        expect(page.get_by_text("written while you were away")).to_be_visible()
        assert lines(page) == ["the first line", "written while you watch", "written while you were away"]
        began = timezone.now() - timedelta(seconds=30)
        job_finish(job, started=began, ended=began + timedelta(seconds=25))
        expect(page.locator("#job-state .state")).to_have_text("Completed")
        expect(page.locator("#job-cost")).to_contain_text("Released")
        expect(page.locator("#job-results")).to_contain_text("148933")
        expect(page.locator("[data-log-status]")).to_have_text("complete")
        page.fill("#log-search", "while you")
        expect(page.locator("[data-log-hits]")).to_have_text("2 hits")
        page.locator(".log-more > summary").click()
        page.get_by_role("button", name="Keys (?)").click()
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        expect(page.locator(".log-more > summary")).to_be_focused()


def test_costs_tick_and_a_job_is_stopped_through_the_dialog(job: Job, page: Page) -> None:
    with stage.served() as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        cost = page.locator("#job-cost [data-tick]")
        before = cost.inner_text()
        expect(cost).not_to_have_text(before)
        page.get_by_role("link", name="Stop").click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("#act-dialog")).to_be_hidden()
        page.get_by_role("link", name="Stop").click()
        page.get_by_role("button", name="Stop the job").click()
        expect(page.get_by_text("The stop is on its way")).to_be_visible()
        expect(page.locator("#job-state")).to_contain_text("stop asked for")
