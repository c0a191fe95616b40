"""The price of NOS comes over HTTP from two sources, and what cannot be believed is refused in one sentence."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.billing.errors import JumpOver, RateSourceBroken, RateUnavailable
from apps.billing.models import Jump, Rate, Reading
from apps.billing.selectors.rates import rates_health
from apps.billing.services import RatesRead, jump_confirm, rate_latest, rate_read, rates_purge
from tests.billing.money import NOW
from tests.world import World

FEEDS = {"NOS/USD": "aa", "EUR/USD": "bb", "GBP/USD": "cc"}


@dataclass
class Sources:
    """CoinGecko under /gecko and Pyth under /pyth; a text is answered as it is, None with 503."""

    gecko: Any = None
    pyth: Any = None
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def say(self, usd: float, *, eur: float = 0.42, pyth: float | None = None, at: datetime = NOW) -> None:
        """Let both tell prices: NOS in dollars and euros, what Pyth differs in, and when."""
        self.gecko = gecko(usd=usd, eur=eur, gbp=usd / 1.25, last_updated_at=int(at.timestamp()))
        self.pyth = hermes(aa=pyth or usd, bb=usd / eur, cc=1.25, at=at)


def gecko(**prices: Any) -> dict[str, Any]:
    return {"nosana": {"eur": 0.42, "usd": 0.46, "gbp": 0.36, "last_updated_at": int(NOW.timestamp()), **prices}}


def hermes(*, at: datetime = NOW, conf: int = 0, **feeds: float) -> dict[str, Any]:
    def price(value: float) -> dict[str, Any]:
        return {
            "price": str(round(value * 10**8)),
            "conf": str(conf),
            "expo": -8,
            "publish_time": int(at.timestamp()),
        }

    return {"parsed": [{"id": feed, "price": price(value)} for feed, value in feeds.items()]}


@pytest.fixture
def source(settings: Any, db: None) -> Iterator[Sources]:
    """Both sources, saying nothing yet."""
    said = Sources()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(self.path)
            said.headers.update(self.headers.items())
            body = said.pyth if self.path.startswith("/pyth") else said.gecko
            self.send_response(503 if body is None else 200)
            self.end_headers()
            self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    settings.COINGECKO_URL, settings.COINGECKO_API_KEY = f"{base}/gecko", "demo"
    settings.PYTH_URL, settings.PYTH_API_KEY, settings.PYTH_FEEDS = f"{base}/pyth", "secret", FEEDS
    yield said
    server.shutdown()
    server.server_close()


def priced(read: RatesRead) -> dict[str, int]:
    return {rate.currency: rate.price_micro for rate in read.rates}


def test_both_sources_are_asked_as_they_document_it(source: Sources) -> None:
    source.say(0.46)
    rate_read(now=NOW)
    assert source.asked[0].startswith(
        "/pyth/v2/updates/price/latest?ids%5B%5D=aa&ids%5B%5D=bb&ids%5B%5D=cc&parsed=true"
    )
    assert source.asked[1].startswith("/gecko/simple/price?ids=nosana&vs_currencies=eur%2Cusd%2Cgbp")
    assert source.headers["Authorization"] == "Bearer secret"
    assert source.headers["x-cg-demo-api-key"] == "demo"


def test_a_price_in_euros_is_the_dollar_price_divided_by_the_euros(source: Sources) -> None:
    source.say(0.46)
    read = rate_read(now=NOW)
    assert priced(read) == {"USD": 460_000, "EUR": 420_000, "GBP": 368_000}
    assert [rate.source for rate in read.rates] == ["pyth", "pyth", "pyth"]
    assert (rate_latest("EUR", NOW).at, rate_latest("EUR", NOW).read_at) == (NOW, NOW)
    assert read.refusals == []
    assert Reading.objects.count() == 6


def test_one_source_suffices_and_the_other_is_told_about(source: Sources) -> None:
    source.gecko = gecko(usd=0.4567895)
    read = rate_read(now=NOW)
    assert priced(read) == {"USD": 456_790, "EUR": 420_000, "GBP": 360_000}
    assert "/pyth/v2/updates/price/latest did not tell the price of NOS" in read.refusals[0]
    assert "Only coingecko tells NOS/USD: no second source checks it." in rates_health(now=NOW)


def test_without_a_key_pyth_is_not_asked(source: Sources, settings: Any) -> None:
    settings.PYTH_API_KEY = ""
    source.say(0.46)
    assert rate_read(now=NOW).refusals == []
    assert len(source.asked) == 1


def test_sources_more_than_two_percent_apart_are_both_refused(source: Sources) -> None:
    source.say(0.5, pyth=0.51)
    assert priced(rate_read(now=NOW))["USD"] == 510_000
    source.say(0.5, pyth=0.511)
    read = rate_read(now=NOW + timedelta(minutes=1))
    assert read.rates == []
    assert read.refusals == [
        "The sources are more than 2 % apart on NOS/USD: pyth says $0.5110 and coingecko says $0.5000."
    ]


def test_what_is_older_than_ten_minutes_is_refused(source: Sources) -> None:
    source.say(0.46, at=NOW - timedelta(minutes=10))
    assert priced(rate_read(now=NOW))["USD"] == 460_000
    read = rate_read(now=NOW + timedelta(minutes=1))
    assert read.rates == []
    assert "pyth tells a NOS/USD that is 11 minutes old." in read.refusals


def test_the_euro_may_be_three_days_old_because_its_markets_sleep(source: Sources) -> None:
    source.gecko = ""
    friday = NOW - timedelta(hours=72)
    source.pyth = {"parsed": hermes(aa=0.46)["parsed"] + hermes(bb=1.15, cc=1.25, at=friday)["parsed"]}
    assert priced(rate_read(now=NOW)) == {"USD": 460_000, "EUR": 400_000, "GBP": 368_000}
    source.pyth = hermes(
        aa=0.46, at=NOW + timedelta(minutes=1)
    )  # the euro's feed is gone: what it said last counts
    assert set(priced(rate_read(now=NOW))) == {"USD", "EUR", "GBP"}
    assert set(priced(rate_read(now=NOW + timedelta(minutes=1)))) == {"USD"}


def test_a_price_its_source_is_not_sure_of_is_refused(source: Sources) -> None:
    source.gecko = gecko()
    source.pyth = hermes(aa=0.9, conf=1_800_001)
    read = rate_read(now=NOW)
    assert priced(read)["USD"] == 460_000
    assert read.refusals == ["pyth is not sure of NOS/USD: 0.90000000 ± 0.01800001."]


def test_a_jump_of_more_than_a_fifth_sells_nothing_until_staff_confirm(source: Sources, world: World) -> None:
    source.say(0.5)
    rate_read(now=NOW)
    later = NOW + timedelta(minutes=1)
    source.say(0.601, at=later)
    assert rate_read(now=later).rates == []
    assert "nothing is sold until staff confirm" in rate_read(now=later).refusals[0]
    with pytest.raises(RateUnavailable):
        rate_latest("USD", later)  # although the price of a minute ago is fresh
    assert "NOS/USD moved from $0.5000 to $0.6010" in rates_health(now=later)[0]
    jump = Jump.objects.get()
    jump_confirm(jump_id=jump.id, staff_id=world.olga.pk, now=later)
    assert priced(rate_read(now=later))["USD"] == 601_000
    jump.refresh_from_db()
    assert (jump.confirmed_by, jump.confirmed_at) == (world.olga, later)
    with pytest.raises(JumpOver):
        jump_confirm(jump_id=jump.id, staff_id=world.olga.pk, now=later)


def test_a_price_that_comes_back_ends_the_jump_by_itself(source: Sources) -> None:
    source.say(0.5)
    rate_read(now=NOW)
    for minutes, usd in ((1, 0.3), (2, 0.31), (3, 0.45)):
        now = NOW + timedelta(minutes=minutes)
        source.say(usd, at=now)
        rate_read(now=now)
    assert Jump.objects.get().withdrawn_at == NOW + timedelta(minutes=3)
    assert rate_latest("USD", NOW + timedelta(minutes=3)).price_micro == 450_000


def test_twenty_percent_exactly_is_believed(source: Sources) -> None:
    for minutes, usd in ((0, 0.5), (1, 0.6), (2, 0.48)):
        now = NOW + timedelta(minutes=minutes)
        source.say(usd, at=now)
        assert priced(rate_read(now=now))["USD"] == round(usd * 1_000_000)


def test_the_same_price_told_twice_is_kept_once(source: Sources) -> None:
    source.say(0.46)
    rate_read(now=NOW)
    rate_read(now=NOW + timedelta(seconds=30))
    assert (Rate.objects.count(), Reading.objects.count()) == (3, 6)


def test_a_source_whose_clock_runs_ahead_is_not_believed(source: Sources) -> None:
    source.say(0.46, at=NOW + timedelta(hours=1))
    assert {rate.at for rate in rate_read(now=NOW).rates} == {NOW}


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        "{}",
        {"nosana": {"usd": 0.46}},
        gecko(usd=0),
        gecko(eur=0),
        gecko(usd=-1),
        gecko(usd="many"),
        gecko(usd=None),
        gecko(usd=10**30),
        gecko(last_updated_at=10**30),
        gecko(last_updated_at=None),
        json.dumps(gecko()).replace("0.46", "NaN"),
    ],
)
def test_what_is_no_answer_of_coingecko_is_refused_whole(source: Sources, body: Any) -> None:
    source.gecko = body
    with pytest.raises(RateSourceBroken, match="gecko/simple/price did not tell the price of NOS"):
        rate_read(now=NOW)
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("part", "value"),
    [("price", "x"), ("price", "-5"), ("price", None), ("expo", 300), ("conf", "Inf"), ("publish_time", 10**30)],
)
def test_what_is_no_answer_of_pyth_is_refused_whole(source: Sources, part: str, value: Any) -> None:
    source.pyth = hermes(aa=0.46)
    source.pyth["parsed"][0]["price"][part] = value
    with pytest.raises(RateSourceBroken, match="pyth/v2/updates/price/latest did not tell"):
        rate_read(now=NOW)


def test_the_command_says_what_was_read_and_what_was_refused(source: Sources, capsys: Any) -> None:
    source.gecko = gecko()
    with pytest.raises(CommandError, match="could be believed"):  # the clock of the command is today's
        call_command("rate_read")
    assert "refused  coingecko tells a NOS/USD that is" in capsys.readouterr().out


def test_sources_that_are_away_are_told_in_a_sentence(source: Sources) -> None:
    with pytest.raises(CommandError, match="did not tell the price of NOS"):
        call_command("rate_read")


def test_health_says_what_is_not_sold(source: Sources) -> None:
    assert "NOS has never been priced in EUR: credits are not sold in it." in rates_health(now=NOW)
    source.say(0.46)
    rate_read(now=NOW)
    assert rates_health(now=NOW) == []
    assert rates_health(now=NOW + timedelta(minutes=11))[0] == (
        "NOS was last priced in EUR at 2 November, 12:00 UTC: credits are not sold in it."
    )


def test_old_readings_go_but_the_last_rate_stays(source: Sources) -> None:
    source.say(0.46)
    rate_read(now=NOW)
    assert rates_purge(now=NOW + timedelta(days=31)) == 6
    assert Rate.objects.count() == 3
