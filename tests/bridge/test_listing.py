"""The network's own list of markets: what it says is taken over, and nothing that money hangs on."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone
from nosana.chain import MarketAccount

from apps.bridge.listing import ListingBroken, listing_read
from apps.bridge.services import listing_sync, markets_sync
from apps.bridge.services import markets as acts
from apps.bridge.tasks import listing_sync as task
from apps.jobs.models import Market

HERE, OTHER, OWNER = "1" * 44, "2" * 44, "9" * 44
ROW = {
    "address": HERE,
    "slug": "rtx-4090",
    "name": "RTX 4090",
    "usd_reward_per_hour": 0.35,
    "gpu_types": ["NVIDIA 4090"],
    "lowest_vram": 24,
}


class List:
    """A server that answers what it is told to."""

    status, body = 200, "[]"

    def __init__(self) -> None:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(told.status)
                self.end_headers()
                self.wfile.write(told.body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def say(self, *rows: Any) -> None:
        self.body = json.dumps(list(rows))


@pytest.fixture
def network_list(settings: Any) -> Iterator[List]:
    found = List()
    settings.MARKETS_API_URL = f"http://127.0.0.1:{found.server.server_port}/api"
    settings.MARKETS_FILE = ""
    yield found
    found.server.shutdown()
    found.server.server_close()


def look(monkeypatch: pytest.MonkeyPatch, *addresses: str, authority: str = OWNER) -> None:
    """Let the chain show these markets, all of one authority."""
    market = MarketAccount(authority, 86_400, 100, 7_200, 4, OWNER, 0, OWNER, 0, 1, (OTHER, OTHER))
    monkeypatch.setattr(acts, "ask_chain", lambda question: (7, dict.fromkeys(addresses, market)))


@pytest.mark.django_db
def test_the_list_fills_in_what_the_catalogue_does_not_say(network_list: List) -> None:
    Market.objects.create(address=HERE, slug="gpu", name="Ours", open=True, price_micro=115, note="Quick")
    network_list.say(ROW)
    assert listing_sync(now=timezone.now()) == 1
    market = Market.objects.get()
    assert (market.name, market.gpu, market.vram_gb) == ("Ours", "NVIDIA 4090", 24)
    assert (market.usd_micro_hour, market.listed, market.price_micro, market.note) == (350_000, True, 115, "Quick")


@pytest.mark.django_db
def test_a_market_of_the_list_is_offered_only_if_its_authority_is_trusted(
    network_list: List, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    network_list.say(ROW)
    listing_sync(now=timezone.now())
    look(monkeypatch, HERE)
    for trusted, open_ in (([], False), ([OTHER], False), ([OWNER], True), ([OTHER], False)):
        settings.MARKETS_AUTHORITIES = trusted
        markets_sync(now=timezone.now())
        assert Market.objects.get().open is open_, trusted
    settings.MARKETS_AUTHORITIES = [OWNER]
    markets_sync(now=timezone.now())
    market = Market.objects.get()
    assert (market.open, market.slug, market.nodes_waiting, market.usd_micro_hour) == (
        True,
        "rtx-4090",
        2,
        350_000,
    )
    network_list.say()
    listing_sync(now=timezone.now())
    markets_sync(now=timezone.now())
    market.refresh_from_db()
    assert (market.open, market.listed, market.usd_micro_hour) == (False, False, None)


@pytest.mark.django_db
def test_two_markets_of_one_name_get_addresses_of_their_own(network_list: List) -> None:
    network_list.say(ROW, ROW | {"address": OTHER}, ROW)
    for _ in range(2):
        listing_sync(now=timezone.now())
    assert sorted(Market.objects.values_list("slug", flat=True)) == ["rtx-4090", "rtx-4090-222222"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "body"), [(500, "[]"), (200, "<html>"), (200, "{}"), (200, "[" + "0," * 600 + "0]")]
)
def test_a_list_that_cannot_be_had_changes_nothing(network_list: List, status: int, body: str) -> None:
    network_list.say(ROW)
    listing_sync(now=timezone.now())
    network_list.status, network_list.body = status, body
    with pytest.raises(ListingBroken):
        listing_sync(now=timezone.now())
    task()
    assert Market.objects.get().listed


@pytest.mark.parametrize(
    "wrong",
    [{"address": "x"}, {"address": None}, {"name": ""}, {"name": 5}, {"name": "\x00", "slug": "a"}],
)
def test_a_line_that_makes_no_sense_is_left_out(network_list: List, wrong: dict[str, Any]) -> None:
    network_list.say("text", None, ROW | wrong, ROW | {"address": OTHER})
    assert [one.address for one in listing_read()] == [OTHER]


@pytest.mark.parametrize("dollars", ["0.35", -1, 0, 1e9, True, None, "NaN"])
def test_a_price_that_is_none_is_left_out(network_list: List, dollars: Any) -> None:
    network_list.say(ROW | {"usd_reward_per_hour": dollars, "lowest_vram": "many", "gpu_types": "x"})
    (one,) = listing_read()
    assert (one.usd_micro_hour, one.vram_gb, one.gpu) == (None, 0, "")


@pytest.mark.django_db
def test_without_an_address_the_list_is_not_asked(settings: Any) -> None:
    settings.MARKETS_API_URL = ""
    assert listing_sync(now=timezone.now()) == 0
