"""Navigation and lists, by whoever has a phone, only a keyboard, or no JavaScript."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from apps.jobs.models import Job, Want
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.journeys import stage
from tests.notifications.notices import notice_make
from tests.world import World

pytestmark = stage.IN_A_BROWSER


@pytest.fixture
def jobs(transactional_db: None) -> list[Job]:
    """Thirty jobs of Acme's, of which the two newest run."""
    world = World.build()
    credits_give(world.acme)
    market, mia = markets_make()[0], Membership.objects.get(user=world.mia)
    made = [job_make(mia, market, name=f"Night run {n}") for n in range(30)]
    for job in made[-2:]:
        job_list(job, timezone.now())
        job_run(job, timezone.now())
    return made


@pytest.fixture
def base(jobs: list[Job]) -> Iterator[str]:
    """The address of a server on the tests' own database."""
    with stage.served() as address:
        yield address


@contextmanager
def window(browser: Browser, base: str, **options: Any) -> Iterator[Page]:
    """Mia's window."""
    with stage.window(browser, base, "mia@acme.example", **options) as page:
        yield page


def test_on_a_phone_the_menu_is_a_sheet_and_no_list_is_wider_than_the_screen(
    browser: Browser, base: str, jobs: list[Job]
) -> None:
    with window(browser, base, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        page.goto("/o/acme/")
        expect(page.locator("#side")).to_be_hidden()
        page.get_by_role("button", name="Open the menu").tap()
        page.locator("#side").get_by_role("link", name="Jobs", exact=True).tap()
        expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
        expect(page.get_by_role("link", name="Night run 29")).to_be_visible()
        page.get_by_role("link", name="Show more jobs").tap()
        expect(page.get_by_role("link", name="Night run 0", exact=True)).to_be_visible()
        for path in ("/o/acme/", "/o/acme/jobs/", "/o/acme/search/?q=night", "/o/acme/members/", "/o/acme/keys/"):
            page.goto(path)
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
            assert not page.evaluate(wide), path


def test_an_answer_of_the_palette_that_comes_late_takes_no_focus_away(
    browser: Browser, base: str, jobs: list[Job]
) -> None:
    held: list[Route] = []
    with window(browser, base) as page:
        page.goto("/o/acme/")
        page.keyboard.press("/")
        page.keyboard.type("night")
        first = page.locator("#palette a.hit").first
        expect(first).to_contain_text("Night run 29")
        page.route("**/search/**", lambda route: held.append(route))
        with page.expect_request("**/search/**"):
            page.keyboard.insert_text(" run 7")
        page.keyboard.press("ArrowDown")
        expect(first).to_be_focused()
        held[0].continue_()
        expect(first).to_contain_text("Night run 7")
        expect(first).to_be_focused()


def test_with_the_keyboard_alone_one_finds_sorts_saves_and_stops(
    browser: Browser, base: str, jobs: list[Job]
) -> None:
    with window(browser, base) as page:
        page.goto("/o/acme/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("#palette-q")).to_be_focused()
        page.keyboard.type("night run 7")
        expect(page.locator("#palette a.hit")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("jobs")
        hit = page.locator("#palette a.hit").filter(has_text=re.compile(r"^\s*Jobs\s*$"))
        expect(hit).to_be_visible()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#palette a.hit").first).to_be_focused()
        hit.press("Enter")
        expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
        page.locator("#id_state").press("R")
        expect(page.locator("#job-rows tr")).to_have_count(2)
        expect(page).to_have_url(re.compile(r"jobs/\?state=running$"))
        page.get_by_text("Save this view").press("Enter")
        page.get_by_label("Name of the view").press_sequentially("What runs")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="What runs")).to_have_attribute("aria-current", "page")
        for box in page.locator("input[name=job]").all():
            box.press("Space")
        expect(page.locator("[data-picked]")).to_have_text("2 chosen")
        page.get_by_role("button", name="Stop the chosen jobs").press("Enter")
        page.get_by_role("button", name="Stop 2 jobs").press("Enter")
        expect(page.get_by_text("The stops of 2 jobs are on their way.")).to_be_visible()
    assert Want.objects.filter(kind="stop").count() == 2


def test_without_javascript_everything_is_a_link_or_a_form(browser: Browser, base: str, jobs: list[Job]) -> None:
    with window(browser, base, java_script_enabled=False, viewport={"width": 390, "height": 844}) as page:
        page.goto("/o/acme/")
        page.get_by_role("button", name="Open the menu").click()
        page.locator("#side").get_by_role("link", name="Search").click()
        page.get_by_role("searchbox").fill("night run 12")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name="Night run 12")).to_be_visible()
        page.goto("/o/acme/jobs/")
        page.locator("#id_state").select_option("running")
        page.get_by_role("button", name="Filter").click()
        expect(page.locator("#job-rows tr")).to_have_count(2)
        page.locator("input[name=job]").first.check()
        page.get_by_role("button", name="Stop the chosen jobs").click()
        page.get_by_role("button", name="Stop the job").click()
        expect(page.get_by_text("The stop of one job is on its way.")).to_be_visible()
        page.get_by_role("link", name="Show more jobs").click()
        expect(page.get_by_role("link", name="Night run 0", exact=True)).to_be_visible()
    assert Want.objects.filter(kind="stop").count() == 1


def test_rows_change_in_place_while_one_looks_and_new_jobs_are_announced(
    browser: Browser, base: str, jobs: list[Job]
) -> None:
    with window(browser, base) as page:
        with page.expect_response(re.compile("/jobs/live/")):
            page.goto("/o/acme/jobs/")
        row = page.locator(f"#job-{jobs[27].pk}")
        expect(row).to_contain_text("Pending")
        page.evaluate("document.querySelector('#job-rows').dataset.same = 'yes'")
        job_list(jobs[27], timezone.now())
        expect(row).to_contain_text("Queued")
        assert page.locator("#job-rows").get_attribute("data-same") == "yes"
        job_make(Membership.objects.get(user__email="mia@acme.example"), jobs[0].market, name="Newcomer")
        expect(page.get_by_role("link", name="1 new job: show")).to_be_visible()
        page.get_by_role("link", name="1 new job: show").click()
        expect(page.get_by_role("link", name="Newcomer")).to_be_visible()


def test_a_list_narrows_in_place_with_a_clean_address_and_the_bell_counts_while_one_looks(
    browser: Browser, base: str, jobs: list[Job]
) -> None:
    with stage.window(browser, base, "olga@acme.example") as page:
        page.goto("/o/acme/billing/holds/")
        expect(page.locator("#list-rows tr")).to_have_count(30)
        page.locator("#list-q").press_sequentially("run 7")
        expect(page.locator("#list-rows tr")).to_have_count(1)
        expect(page).to_have_url(re.compile(r"/holds/\?q=run\+7$"))
        expect(page.locator("#spoken")).to_have_text("One row")
        page.locator("#list-state").select_option("settled")
        expect(page.get_by_role("heading", name="No hold fits")).to_be_visible()
        expect(page).to_have_url(re.compile(r"q=run\+7&state=settled$"))
        expect(page.locator("#bell .count")).to_have_count(0)
        notice_make(jobs[0].organisation, "balance.low")
        expect(page.locator("#bell .count")).to_contain_text("1")
        expect(page.locator("#spoken")).to_have_text("1 unread notice")
