"""In a real browser: the log appears as it is written, and survives a lost connection."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from apps.jobs.models import Job
from apps.organisations.models import Membership
from apps.users.models import User
from tests.console.scene import credits_give, job_finish, job_list, job_log, job_make, job_run, markets_make
from tests.console.serve import chromium_path, free_port, launch_arguments, web
from tests.world import World

CHROMIUM = chromium_path()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def job(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job of Acme's that runs, with one line in its log."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in this thread
    world = World.build()
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.mia), markets_make()[0])
    job_list(made, timezone.now())
    job_run(made, timezone.now() - timedelta(seconds=30))
    job_log(made, ["the first line"])
    return made


@pytest.fixture
def database(job: Job) -> str:
    """The address of the tests' own database, for a server in another process."""
    settings = connection.settings_dict
    return f"postgres://postgres@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}"


@pytest.fixture
def page() -> Iterator[Page]:
    """A page whose console must stay free of complaints about the content security policy."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=launch_arguments())
        fresh = browser.new_page()
        fresh.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield fresh
        browser.close()
    assert [text for text in complaints if "Content Security Policy" in text] == []


def sign_in(page: Page, base: str, email: str) -> None:
    """Put the person's session into the browser."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def lines(page: Page) -> list[str]:
    """Return the log lines the page shows."""
    return page.locator(".line .text").all_inner_texts()


def test_the_log_appears_live_and_survives_a_lost_connection(job: Job, database: str, page: Page) -> None:
    port = free_port()
    with web(database, port=port) as base:
        sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.get_by_text("the first line")).to_be_visible()
        job_log(job, ["written while you watch"], start=1)
        expect(page.get_by_text("written while you watch")).to_be_visible(timeout=2000)
    expect(page.locator("[data-log-status]")).to_have_text("reconnecting…")
    job_log(job, ["written while you were away"], start=2)
    with web(database, port=port):
        expect(page.get_by_text("written while you were away")).to_be_visible(timeout=15_000)
        assert lines(page) == ["the first line", "written while you watch", "written while you were away"]
        began = timezone.now() - timedelta(seconds=30)
        job_finish(job, started=began, ended=began + timedelta(seconds=25))
        expect(page.locator("#job-state .state")).to_have_text("Completed", timeout=5000)
        expect(page.locator("#job-cost")).to_contain_text("Released")
        expect(page.locator("#job-results")).to_contain_text("148933")
        expect(page.locator("[data-log-status]")).to_have_text("complete")
        page.fill("#log-search", "while you")
        expect(page.locator("[data-log-hits]")).to_have_text("2 hits")


def test_costs_tick_and_a_job_is_stopped_through_the_dialog(job: Job, database: str, page: Page) -> None:
    with web(database) as base:
        sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        cost = page.locator("#job-cost [data-tick]")
        before = cost.inner_text()
        expect(cost).not_to_have_text(before, timeout=5000)
        page.get_by_role("link", name="Stop").click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("#act-dialog")).to_be_hidden()
        page.get_by_role("link", name="Stop").click()
        page.get_by_role("button", name="Stop the job").click()
        expect(page.get_by_text("The stop is on its way")).to_be_visible()
        expect(page.locator("#job-state")).to_contain_text("stop asked for")
