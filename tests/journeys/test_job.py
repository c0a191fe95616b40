"""On a job's page in a real browser: a developer with a failing job, a viewer who may not, a log that is cut off."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.jobs.models import Job, Market
from apps.organisations.models import Membership
from sandbox.ports import free_port
from tests.console.jobs_scene import failing
from tests.console.scene import credits_give, job_list, job_log, job_make, job_run, markets_make
from tests.journeys import stage
from tests.world import World

pytestmark = stage.IN_A_BROWSER
EVIL = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "\x1b[31m<svg onload=window.pwned=1>\x1b[0m",
    "\x1b]8;;javascript:window.pwned=1\x07click\x1b]8;;\x07",
    '\x1b[31;"><script>window.pwned=1</script>m',
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "</div></section><iframe srcdoc='<script>parent.pwned=1</script>'>",
    "\u202egnp.exe\u0000\x1b[<b>m",
    "{{constructor.constructor('window.pwned=1')()}}",
]


@pytest.fixture
def acme(transactional_db: None) -> Membership:
    """Mia of Acme, which has credits and markets."""
    world = World.build()
    credits_give(world.acme)
    markets_make()
    return Membership.objects.select_related("user", "organisation").get(user=world.mia)


def running(member: Membership) -> Job:
    """Make a job that runs."""
    job = job_make(member, Market.objects.get(slug="nvidia-3060"))
    job_list(job, timezone.now() - timedelta(seconds=40))
    job_run(job, timezone.now() - timedelta(seconds=30))
    return job


def test_a_developer_finds_out_why_a_job_failed_and_runs_it_again(acme: Membership, page: Page) -> None:
    job = failing(acme, Market.objects.get(slug="nvidia-3060"))
    with stage.served() as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.locator("#job-results")).to_contain_text("exit code 137")
        expect(page.locator("[data-log-status]")).to_have_text("complete")
        page.select_option("#log-level", "error")
        expect(page.locator(".line")).to_have_count(1)
        expect(page.locator(".line .text")).to_have_text("Traceback (most recent call last):")
        page.select_option("#log-level", "")
        page.fill("#log-search", "MEMORY")
        expect(page.locator("[data-log-hits]")).to_have_text("1 hit")
        page.press("#log-search", "Enter")
        expect(page.locator(".line.here mark")).to_have_text("memory")
        page.locator(".line.here a.seq").click()
        assert page.url.endswith("#L63")
        page.fill("#note-text", "Out of memory: halve the batch.")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator(".notes")).to_contain_text("halve the batch")
        page.get_by_role("link", name="Run again").click()
        expect(page.locator("#act-dialog")).to_contain_text("Costs at most")
        page.locator("#act-dialog").get_by_role("button", name="Run it again").dblclick()
        expect(page.get_by_text("this is the new one")).to_be_visible()
    assert Job.objects.count() == 2


def test_a_viewer_sees_everything_and_may_do_nothing(acme: Membership, page: Page) -> None:
    job = running(acme)
    job_log(job, ["hello"])
    with stage.served() as base:
        stage.sign_in(page, base, "victor@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.get_by_text("hello")).to_be_visible()
        for word in ("Stop", "Run again", "More time", "Rename", "change"):
            expect(page.locator("main").get_by_role("link", name=word, exact=True)).to_have_count(0)
        expect(page.locator("#note-text")).to_have_count(0)
        page.goto(f"{base}/o/acme/jobs/{job.pk}/stop/")
        expect(page.locator("main")).to_contain_text("to stop jobs it takes the role")


def test_a_log_that_is_cut_off_comes_back_without_loss_or_repeat_and_pauses(acme: Membership, page: Page) -> None:
    job = running(acme)
    job_log(job, [f"line {n}" for n in range(1, 41)])
    port = free_port()
    with stage.served(port=port) as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.get_by_text("line 40", exact=True)).to_be_visible()
    expect(page.locator("[data-log-status]")).to_have_text("reconnecting…")
    job_log(job, [f"line {n}" for n in range(41, 61)], start=40)
    with stage.served(port=port):
        expect(page.get_by_text("line 60", exact=True)).to_be_visible()
        assert page.locator(".line .text").all_inner_texts() == [f"line {n}" for n in range(1, 61)]
        page.keyboard.press("p")
        job_log(job, ["while paused"], start=60)
        expect(page.locator("[data-log-pause]")).to_have_text("Go on (1 new)")
        expect(page.get_by_text("while paused")).to_have_count(0)
        page.keyboard.press("p")
        expect(page.get_by_text("while paused")).to_be_visible()
        page.keyboard.press("?")
        page.get_by_text("Single letters act on this page").click()
        page.keyboard.press("Escape")
        page.reload()
        expect(page.get_by_text("line 60", exact=True)).to_be_visible()
        page.keyboard.press("p")
        expect(page.locator("[data-log-pause]")).to_have_attribute("aria-pressed", "false")


def test_lines_are_text_whatever_they_hold(acme: Membership, page: Page) -> None:
    job = running(acme)
    job_log(job, EVIL)
    with stage.served() as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.locator(".line")).to_have_count(len(EVIL))
        page.fill("#log-search", "script")
        expect(page.locator(".line mark").first).to_be_visible()
        assert page.evaluate("window.pwned") is None
        tags = page.eval_on_selector_all(".line *", "all => [...new Set(all.map((one) => one.localName))].sort()")
        assert tags == ["a", "mark", "span", "time"]
        page.goto(f"{base}/o/acme/jobs/{job.pk}/log/?q=script")
        assert page.evaluate("window.pwned") is None
        assert page.locator(".line script, .line img, .line iframe").count() == 0


@pytest.mark.walk
def test_a_hundred_thousand_lines_are_searched_and_stay_light(acme: Membership, page: Page) -> None:
    job = running(acme)
    for start in range(0, 100_000, 20_000):
        job_log(job, [f"line {n} of many" for n in range(start + 1, start + 20_001)], start=start)
    with stage.served() as base:
        stage.sign_in(page, base, "mia@acme.example")
        page.goto(f"{base}/o/acme/jobs/{job.pk}/")
        expect(page.get_by_text("line 100000 of many")).to_be_visible()
        page.fill("#log-search", "line 77 of")
        expect(page.locator("[data-log-hits]")).to_have_text("1 hit", timeout=60_000)
        page.press("#log-search", "Enter")
        expect(page.locator(".line.here .text")).to_have_text("line 77 of many")
        assert page.locator(".line").count() < 1_500
        gap: Any = page.evaluate("""() => new Promise((resolve) => {
            let last = performance.now(), worst = 0, left = 60;
            const frame = (now) => {
                worst = Math.max(worst, now - last); last = now;
                document.querySelector("[data-log-view]").scrollTop += 900;
                left -= 1; if (left) requestAnimationFrame(frame); else resolve(worst);
            };
            requestAnimationFrame(frame);
        })""")
        print(f"the longest frame while scrolling took {gap:.0f} ms")
        began = time.monotonic()
        page.goto(f"{base}/o/acme/jobs/{job.pk}/#L50000")
        expect(page.locator("#L50000.here")).to_be_visible(timeout=60_000)
        print(f"line 50,000 was there after {time.monotonic() - began:.1f} s")
