"""Journeys run beside much else: what is expected of a page may take its time."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import stage

expect.set_options(timeout=30_000)  # milliseconds


@pytest.fixture(autouse=True)
def _in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in this thread


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium."""
    with stage.chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of nobody's that must not complain."""
    with stage.window(browser, "", "", viewport={"width": 1280, "height": 900}) as found:
        yield found
