"""The price of NOS comes over HTTP, and what is no price is refused in one sentence."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.billing.errors import RateSourceBroken
from apps.billing.models import Rate
from apps.billing.services import rate_latest, rate_read
from tests.billing.money import NOW

Answer = Callable[[int, str], list[str]]


@pytest.fixture
def source(settings: Any, db: None) -> Iterator[Answer]:
    """A source of prices that answers what it is told; the list it returns collects the questions."""
    said: dict[str, Any] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(said["status"])
            self.end_headers()
            self.wfile.write(said["body"].encode())

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.RATES_URL = f"http://127.0.0.1:{server.server_port}"

    def answer(status: int, body: str) -> list[str]:
        said.update(status=status, body=body)
        return asked

    yield answer
    server.shutdown()
    server.server_close()


def prices(**more: object) -> str:
    return json.dumps({"nosana": {"eur": 0.42, "usd": 0.4567895, "gbp": 0.36, **more}})


def test_the_price_is_kept_in_millionths_with_its_time_and_source(source: Answer) -> None:
    told_at = NOW - timedelta(seconds=90)
    asked = source(200, prices(last_updated_at=int(told_at.timestamp())))
    rate_read(now=NOW)
    assert asked[0].startswith("/simple/price?ids=nosana&vs_currencies=eur%2Cusd%2Cgbp")
    assert [rate_latest(currency, NOW).price_micro for currency in ("EUR", "USD", "GBP")] == [
        420_000,
        456_790,
        360_000,
    ]
    rate = rate_latest("EUR", NOW)
    assert (rate.at, rate.read_at) == (told_at, NOW)
    assert rate.source.startswith("127.0.0.1")


def test_the_same_price_told_twice_is_kept_once(source: Answer) -> None:
    source(200, prices(last_updated_at=int(NOW.timestamp())))
    rate_read(now=NOW)
    rate_read(now=NOW + timedelta(seconds=30))
    assert Rate.objects.count() == 3


def test_a_source_whose_clock_runs_ahead_is_not_believed(source: Answer) -> None:
    source(200, prices(last_updated_at=int(NOW.timestamp()) + 3_600))
    assert rate_read(now=NOW)[0].at == NOW


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ""),
        (200, "not JSON"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"nosana": {"eur": 0.42}}'),
        (200, prices(usd=0)),
        (200, prices(usd=-1)),
        (200, prices(usd="many")),
        (200, prices(usd=None)),
        (200, '{"nosana": {"eur": NaN, "usd": 1, "gbp": 1}}'),
    ],
)
def test_what_is_no_price_is_refused_whole(source: Answer, status: int, body: str) -> None:
    source(status, body)
    with pytest.raises(RateSourceBroken, match="did not tell the price of NOS"):
        rate_read(now=NOW)
    assert not Rate.objects.exists()


def test_a_source_that_is_away_is_told_in_a_sentence(settings: Any, db: None) -> None:
    settings.RATES_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="did not tell the price of NOS"):
        call_command("rate_read")
