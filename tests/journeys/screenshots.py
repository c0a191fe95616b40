"""Every page as PNG, 1280 and 390 pixels wide, light and dark: `python -m tests.journeys.screenshots`.

Runs on a database and a server of its own, with hand-made rows, and writes into var/screenshots/ (or the folder
given); names after the folder choose pages, SCREENSHOTS="1280-light 390-dark" chooses ways to look,
SCREENSHOTS_LANGUAGE=de the language. Ends with 2 and a sentence where there is no Chromium.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

import django
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cluster import server_start
from tests.console.serve import ROOT, chromium_path, launch_arguments, web

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in this thread
django.setup()

from tests.journeys.dialogs import Opening  # noqa: E402
from tests.journeys.factors import HALFWAY_PAGES, halfway_session  # noqa: E402 - models need the setup
from tests.journeys.pages import pages_make, session_for  # noqa: E402
from tests.world import World  # noqa: E402

DATABASE = "pictures"
LANGUAGE = os.environ.get("SCREENSHOTS_LANGUAGE", "en-GB")  # of the browser; nobody has chosen another
WIDTHS = {"1280": (1280, 900), "390": (390, 844)}


def ways() -> list[tuple[str, Literal["light", "dark"]]]:
    """Return the widths and colour schemes that pictures are taken in."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    every = [(width, scheme) for scheme in schemes for width in WIDTHS]
    wanted = os.environ.get("SCREENSHOTS", "").split()
    return [(width, scheme) for width, scheme in every if not wanted or f"{width}-{scheme}" in wanted]


def shoot(browser: Browser, base: str, folder: Path, shown: dict[str, str], cookie: str | None) -> int:
    """Take one picture per page, width and colour scheme; return how many."""
    count = 0
    for width, scheme in ways():
        w, h = WIDTHS[width]
        context = browser.new_context(viewport={"width": w, "height": h}, color_scheme=scheme, locale=LANGUAGE)
        if cookie:
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        page = context.new_page()
        page.on("console", lambda message: told(message.text) if message.type == "error" else None)
        for name, path in shown.items():
            page.goto(base + path, wait_until="load")
            page.evaluate("document.fonts.ready")
            page.wait_for_timeout(200)
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            overflow(page, f"{name} at {width}")
            count += 1
        context.close()
    return count


def shoot_openings(browser: Browser, base: str, folder: Path, shown: dict[str, Opening], cookie: str) -> int:
    """Take one picture per menu or dialog, width and colour scheme, of the window alone; return how many."""
    count = 0
    for width, scheme in ways():
        w, h = WIDTHS[width]
        context = browser.new_context(viewport={"width": w, "height": h}, color_scheme=scheme, locale=LANGUAGE)
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        page = context.new_page()
        for name, opening in shown.items():
            opening.open(page, base)
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
            overflow(page, f"{name} at {width}")
            count += 1
        context.close()
    return count


def overflow(page: Page, where: str) -> None:
    """Say so when a page is wider than its window."""
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        told(f"{where} is wider than the window")


def told(line: str) -> None:
    """Tell what a person should look at."""
    if "404" not in line:
        print(f"  look: {line}", flush=True)


def main() -> None:
    """Make the rows, serve them, take the pictures."""
    chromium = chromium_path()
    if chromium is None:
        print("screenshots: there is no Chromium here; install it (Debian: apt-get install chromium).")
        sys.exit(2)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "screenshots"
    only = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="nw-shots-"))
    server = server_start(data, database=DATABASE)
    try:
        own = {"HOST": server.socket_folder, "PORT": "", "USER": "postgres", "PASSWORD": "", "NAME": DATABASE}
        connections.databases["default"].update(own)
        count = story(server.url(DATABASE), folder, chromium, only)
    finally:
        connections.close_all()
        server.stop()
        shutil.rmtree(data, ignore_errors=True)
    print(f"{count} pictures in {folder}")


def story(url: str, folder: Path, chromium: str, only: list[str]) -> int:
    """Fill the database and take the pictures of all pages (or of those named)."""
    made = pages_make(World.build())
    closed = {name: path for name, path in made.closed.items() if not only or name in only}
    opened = {name: path for name, path in made.opened.items() if not only or name in only}
    staff = {name: path for name, path in made.staff.items() if not only or name in only}
    halfway = {name: path for name, path in HALFWAY_PAGES.items() if not only or name in only}
    with web(url) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=launch_arguments())
        count = shoot(browser, base, folder, opened, None)
        count += shoot(browser, base, folder, closed, session_for(made.email))
        opened_on = {name: one for name, one in made.openings.items() if not only or name in only}
        count += shoot_openings(browser, base, folder, opened_on, session_for(made.email))
        count += shoot(browser, base, folder, staff, session_for(made.staff_email))
        for email, seen in made.others.items():
            shown = {name: path for name, path in seen.items() if not only or name in only}
            count += shoot(browser, base, folder, shown, session_for(email)) if shown else 0
        if halfway:
            count += shoot(browser, base, folder, halfway, halfway_session(next(iter(made.others))))
        browser.close()
    return count


if __name__ == "__main__":
    main()
