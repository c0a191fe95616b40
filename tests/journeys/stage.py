"""What the journeys share: a server on the tests' own database, and windows of a browser that must not complain."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from tests.console.serve import chromium_path, launch_arguments, web
from tests.journeys.pages import session_for

CHROMIUM = chromium_path()
COMPLAINTS = ("Content Security Policy", "Uncaught", "htmx:")  # what no console may say


@contextmanager
def served() -> Iterator[str]:
    """Serve the tests' own database; yield the address."""
    settings = connection.settings_dict
    with web(f"postgres://postgres@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}") as address:
        yield address


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=launch_arguments())


@contextmanager
def window(browser: Browser, base: str, email: str, **options: Any) -> Iterator[Page]:
    """Open a window of the person's, or of nobody's; no error of a script, of htmx or of the policy may show in it."""
    complaints: list[str] = []
    context = browser.new_context(base_url=base, **options)
    if email:
        context.add_cookies([{"name": "sessionid", "value": session_for(email), "url": base}])
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"Uncaught {error}"))
    yield page
    context.close()
    assert [text for text in complaints if any(word in text for word in COMPLAINTS)] == []
