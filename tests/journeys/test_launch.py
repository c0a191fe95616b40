"""The launch page in a real browser: from a template to the first result, by keyboard alone, and without JavaScript."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from apps.jobs.models import Job
from tests.console.scene import credits_give, job_finish, job_list, job_run, markets_make
from tests.journeys import stage
from tests.journeys.pages import session_for
from tests.world import World

pytestmark = stage.IN_A_BROWSER
BROKEN = (
    'version: "0.1"\ntype: container\nops:\n  - type: container/run\n    id: a\n    args:\n      imag: alpine\n'
)


@pytest.fixture
def base(transactional_db: None) -> Iterator[str]:
    """The platform with Acme, credits and markets, served."""
    credits_give(World.build().acme)
    markets_make()
    with stage.served() as address:
        yield address


def opened(browser: Browser, base: str, **options: Any) -> Page:
    """Return a window in which Mia is signed in."""
    context = browser.new_context(reduced_motion="reduce", **options)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "sessionid", "value": session_for("mia@acme.example"), "url": base}])
    return context.new_page()


def played() -> None:
    """Let a node run the one job there is."""
    job, now = Job.objects.get(), timezone.now()
    job_list(job, now)
    job_run(job, now)
    job_finish(job, started=now, ended=now + timedelta(seconds=20))


def test_a_newcomer_comes_from_the_gallery_to_the_first_result(base: str, browser: Browser) -> None:
    page = opened(browser, base)
    page.goto(f"{base}/o/acme/templates/")
    page.get_by_role("searchbox").fill("primes below")
    expect(page.locator(".gallery > li")).to_have_count(1)
    page.get_by_role("link", name="Use Prime numbers").click()
    cost = page.locator("#estimate")
    expect(cost).to_contain_text("0.027090")
    page.wait_for_load_state()  # before its scripts are there, nobody hears what is typed
    page.get_by_label("Time limit, minutes").fill("20")
    expect(cost).to_contain_text("0.054180")
    page.get_by_role("button", name="Check only").last.click()
    expect(page.locator("#check")).to_contain_text("It would launch, and hold")
    assert not Job.objects.exists()
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_url("**/jobs/*-*/")
    played()
    page.reload()
    expect(page.locator("#job-results")).to_contain_text("148933")


def test_the_editor_marks_the_line_and_leads_to_it(base: str, browser: Browser) -> None:
    page = opened(browser, base)
    page.goto(f"{base}/o/acme/jobs/new/?how=definition")
    area = page.locator("#id_definition")
    expect(page.locator(".gutter span").first).to_have_text("1")
    area.fill(BROKEN)
    expect(page.locator(".gutter .marked").last).to_have_text("7")
    page.locator("#problems a[data-line='7']").first.click()
    assert (
        area.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)") == "      imag: alpine"
    )
    page.keyboard.type("      image: alpine")
    expect(page.locator("#problems")).to_contain_text("The definition is valid")
    expect(page.locator(".gutter .marked")).to_have_count(0)
    page.get_by_role("button", name="JSON").click()
    expect(area).to_have_value(re.compile(r'^\{\s+"version": "0.1",[^$]+"image": "alpine"'))
    page.get_by_role("button", name="Own container").click()
    expect(page.get_by_label("Image")).to_have_value("alpine")


def test_the_keyboard_alone_launches_a_job(base: str, browser: Browser) -> None:
    page = opened(browser, base)
    page.goto(f"{base}/o/acme/jobs/new/?template=primes")
    page.get_by_label("GPU memory, GB").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("24")
    page.keyboard.press("Enter")  # looks, and launches nothing
    expect(page.get_by_role("radio", name="RTX 4090")).to_be_checked()
    page.get_by_label("Name").focus()
    page.keyboard.press("Enter")  # checks, and launches nothing
    expect(page.locator("#check")).to_contain_text("It would launch")
    assert not Job.objects.exists()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Launch":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*-*/")
    assert Job.objects.get().market.slug == "nvidia-4090"


def test_without_javascript_everything_is_there(base: str, browser: Browser) -> None:
    page = opened(browser, base, java_script_enabled=False)
    page.goto(f"{base}/o/acme/jobs/new/")
    page.get_by_role("link", name="Shell command").click()
    page.get_by_label("Command").fill("echo 'result: 1'")
    page.get_by_label("Sort by").select_option("vram")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".markets li").first).to_contain_text("A100")
    page.get_by_role("button", name="Definition", exact=True).click()
    area = page.locator("#id_definition")
    expect(area).not_to_be_empty()
    area.fill(BROKEN)
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.locator(".field-error").first).to_contain_text("Line 7, ops[0].args.imag")
    area.fill(BROKEN.replace("imag:", "image:"))
    page.get_by_role("button", name="Launch", exact=True).click()
    page.wait_for_url("**/jobs/*-*/")
    assert Job.objects.get().definition["ops"][0]["args"] == {"image": "alpine"}
