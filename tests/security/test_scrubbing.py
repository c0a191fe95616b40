"""No secret and no card's number gets into a log."""

import logging
import logging.config
from io import StringIO

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.logs import Structured
from apps.core.scrubbing import ScrubbingFormatter, card_numbers, scrub

LONG = "q7Zt0pXw3Lk9Vb2N"


@pytest.mark.parametrize(
    "text",
    [
        f"key sk_live_{LONG}",
        f"rk_test_{LONG} was refused",
        f"whsec_{LONG}",
        f"nos_live_{LONG}",
        f"Authorization: Bearer {LONG}",
        f'{{"Authorization": "Basic {LONG}"}}',
        f"(b'authorization', b'Bearer {LONG}')",
        f"bearer {LONG}",
        f"Cookie: sessionid={LONG}; csrftoken={LONG}",
        f"GET /callback?token={LONG}&x=1",
        f"password={LONG}",
        f"'client_secret': '{LONG}'",
        f"postgres://nosana:{LONG}@db/nosana",
        f"https://hooks.slack.com/services/T0/B0/{LONG}",
        f"eyJhbGciOi.eyJzdWIiOi.{LONG}",
        f"ghp_{LONG}",
    ],
)
def test_a_secret_is_masked_wherever_it_stands(text: str) -> None:
    assert LONG not in scrub(text)
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "number",
    ["4242424242424242", "4242 4242 4242 4242", "5555-5555-5555-4444", "378282246310005", "6011111111111117"],
)
def test_a_number_of_a_card_is_masked(number: str) -> None:
    line = f"The card {number} was declined."
    assert list(card_numbers(line)) == [number]
    assert number not in scrub(line)
    assert list(card_numbers(scrub(line))) == []


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",  # the check digit is wrong
        "job 0199a1b2-4242-7424-8242-424242424242 ended",
        "1764136800000",
        "0.4242424242424242",
        "balance 12,500,000,000 micro-NOS",
        "GET /o/acme/jobs/?page=2 200",
        "token bucket empty; password reset mailed",
        "4444444444444444",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert scrub(text) == text
    assert list(card_numbers(text)) == []


def test_arguments_and_traces_are_masked_too() -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(ScrubbingFormatter("%(message)s"))
    logger = logging.Logger("scrubbed")
    logger.addHandler(handler)
    try:
        raise ValueError(f"sk_live_{LONG}")
    except ValueError:
        logger.exception("asked with %s", f"whsec_{LONG}")
    assert LONG not in written.getvalue()
    assert "ValueError: sk_live_•••" in written.getvalue()


def test_no_value_begins_a_line_of_its_own_or_speaks_to_a_terminal() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "name %s", ("a\nI forged ok\x1b[2J\u2028b",), None)
    line = ScrubbingFormatter("%(message)s").format(record)
    assert line == r"name a\nI forged ok\x1b[2J\u2028b"


def test_every_handler_of_the_platform_masks() -> None:
    config = settings.LOGGING
    for name, handler in config["handlers"].items():
        formatter = config["formatters"][handler["formatter"]]
        assert issubclass(import_string(formatter["()"]), Structured), name
