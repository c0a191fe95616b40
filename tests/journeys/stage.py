"""What the journeys share: a server on the tests' own database, and windows of a browser that must not complain."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from tests.console.serve import chromium_path, launch_arguments, web
from tests.journeys.pages import session_for

CHROMIUM = chromium_path()
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
COMPLAINTS = ("Content Security Policy", "Uncaught", "htmx:")  # what no console may say
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")  # said of what a newer question replaced; a failure says more


@contextmanager
def served(*, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the tests' own database; yield the address. A port or a name of its own makes a server of its own."""
    settings = connection.settings_dict
    database = f"postgres://postgres@{settings['HOST'].replace('/', '%2F')}/{settings['NAME']}"
    with web(database, port=port, host=host) as address:
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
    context = browser.new_context(base_url=base or None, **options)
    page = context.new_page()
    if email:
        sign_in(page, base, email)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"Uncaught {error}"))
    yield page
    context.close()
    loud = [text for text in complaints if not text.startswith(REPLACED)]
    said = [text for text in loud if any(word in text for word in COMPLAINTS)]
    assert not said, said


def sign_in(page: Page, base: str, email: str) -> None:
    """Put the person's session into the browser."""
    page.context.add_cookies([{"name": "sessionid", "value": session_for(email), "url": base}])
