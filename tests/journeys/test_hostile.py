"""In a real browser, with markup and formulas in everything that people and nodes wrote: none of it runs anywhere.

`tests/security/test_fields.py` reads the pages; here scripts put them together: what is typed, drawn, opened, streamed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from apps.jobs.models import Job
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_finish, job_list, job_log, job_make, job_run, markets_make
from tests.journeys import stage
from tests.journeys.pages import session_for
from tests.security.nasty import MARK, POISON, poison
from tests.world import World

pytestmark = stage.IN_A_BROWSER
LINE = f"\x1b[31m{POISON}<img src=x onerror={MARK}()>\x1b]8;;javascript:{MARK}()\x07here\x1b]8;;\x07"
# Whatever became an element, or leads to a script, although nothing ran yet.
ALIVE = """(mark) => [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
  .filter((own) => own.name.startsWith("on") || /^\\s*javascript:/i.test(own.value) || own.name.includes(mark))
  .map((own) => `<${one.localName} ${own.name}>`))"""
WATCH = "document.addEventListener('securitypolicyviolation', (told) => blocked(told.violatedDirective));"


@contextmanager
def watched(browser: Browser, base: str, session: str) -> Iterator[Page]:
    """Open a window in which nothing may run that was written, and nothing may need to be stopped from running."""
    ran: list[str] = []
    context = browser.new_context(base_url=base)
    context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    context.expose_function(MARK, lambda *_: ran.append("ran"))
    context.expose_function("blocked", lambda what: ran.append(f"blocked by {what}"))
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: (ran.append("dialog"), dialog.dismiss()))  # type: ignore[func-returns-value]
    page.on("pageerror", lambda error: ran.append(str(error)))
    yield page
    page.wait_for_timeout(100)  # for what runs a moment later, such as an image that is not there
    assert ran == []
    context.close()


def seen(page: Page, what: str, *, times: int = 1) -> None:
    """Expect the hostile text in that part of the page, as text."""
    places = page.locator(what).filter(has_text=MARK)
    expect(places.nth(times - 1)).to_be_attached()
    assert page.evaluate(ALIVE, MARK) == [], f"{page.url}: {what}"


def opened(page: Page, path: str, what: str) -> None:
    """Open the page and expect the text there."""
    page.goto(path, wait_until="load")
    seen(page, what)


def jobs(world: World) -> tuple[Job, Job]:
    """Make a job that ended, and one that runs and has a log."""
    credits_give(world.acme)
    mia, now = Membership.objects.get(user=world.mia), timezone.now()
    market = markets_make()[0]
    ended, running = (job_make(mia, market, name=name) for name in ("first", "second"))
    for job in (ended, running):
        job_list(job, now - timedelta(seconds=99))
        job_run(job, now - timedelta(seconds=90))
    job_finish(ended, started=now - timedelta(seconds=90), ended=now - timedelta(seconds=30))
    job_log(running, ["the first line", LINE])
    return ended, running


def test_nothing_that_was_written_runs_in_a_browser(transactional_db: None) -> None:
    world = World.build()
    ended, running = jobs(world)
    session = session_for(world.olga.email)
    with transaction.atomic():
        assert poison() > 20
    with stage.served() as base, stage.chromium() as browser, watched(browser, base, session) as page:
        opened(page, "/o/acme/", "main")
        page.keyboard.press("Control+k")
        page.keyboard.type(MARK)
        seen(page, "#palette a.hit")
        opened(page, f"/o/acme/search/?q={MARK}", "main a")
        opened(page, "/o/acme/billing/usage/?by=project", "table.usage")
        expect(page.locator("canvas[data-usage]")).to_be_visible()
        page.locator("canvas[data-usage]").hover()
        opened(page, "/o/acme/members/", "main table")
        opened(page, "/o/acme/jobs/new/", "main")
        opened(page, f"/o/acme/jobs/{running.pk}/", ".line .text")
        job_log(running, [LINE], start=2)
        seen(page, ".line .text", times=2)
        page.fill("#log-search", MARK)
        expect(page.locator("[data-log-hits]")).to_contain_text("hits")
        seen(page, ".line .text", times=2)
        page.locator(".page-head a[href$='/name/']").click()
        expect(page.locator("dialog[open] input[name=name]")).to_have_value(POISON)
        opened(page, f"/o/acme/jobs/{ended.pk}/", "main")
        page.goto("/o/acme/jobs/", wait_until="load")
        began = timezone.now() - timedelta(seconds=60)
        job_finish(running, started=began, ended=began + timedelta(seconds=25))
        expect(page.locator(f"#job-{running.pk}")).to_contain_text("Completed")
        seen(page, f"#job-{running.pk}")
