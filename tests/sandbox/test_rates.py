"""The stand-ins for CoinGecko's and Pyth's prices."""

import time
from pathlib import Path

import httpx

from sandbox.rates import EUR_FEED, NOS_FEED
from tests.sandbox.processes import started

PRICE = "/api/v3/simple/price?ids=nosana&vs_currencies=eur,usd,gbp,chf&include_last_updated_at=true"
LATEST = "/hermes/v2/updates/price/latest"
KEY = {"Authorization": "Bearer x"}


def test_prices_have_coingeckos_shape_and_can_be_set_for_good(tmp_path: Path) -> None:
    command = ("sandbox.rates", "--port", "0", "--data", str(tmp_path))
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        first = client.get(PRICE).json()["nosana"]
        assert {key: first[key] for key in ("eur", "usd", "gbp")} == {"eur": 0.42, "usd": 0.46, "gbp": 0.36}
        assert abs(first["last_updated_at"] - time.time()) < 60
        assert "chf" not in first
        assert client.get("/api/v3/simple/price?ids=nosana").status_code == 422
        assert client.post("/_sandbox/rates", json={"eur": -1}).status_code == 400
        assert client.post("/_sandbox/rates", json=[1]).status_code == 400
        assert client.post("/_sandbox/rates", json={"pyth_usd": "x"}).status_code == 400
        assert client.post("/_sandbox/rates", json={"eur": 0.5, "age_seconds": 900}).status_code == 200
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        again = client.get(PRICE).json()["nosana"]
        assert again["eur"] == 0.5
        assert time.time() - again["last_updated_at"] > 890
        client.post("/_sandbox/rates", json={"status": 429})
        assert client.get(PRICE).status_code == 429


def test_prices_have_pyths_shape_and_may_differ(tmp_path: Path) -> None:
    with (
        started("sandbox.rates", "--port", "0", "--data", str(tmp_path)) as part,
        httpx.Client(base_url=part.url, trust_env=False) as client,
    ):
        assert client.get(LATEST, params={"ids[]": NOS_FEED}).status_code == 401
        assert client.get(LATEST, headers=KEY).status_code == 400
        assert client.get(LATEST, params={"ids[]": "ff"}, headers=KEY).status_code == 404
        answer = client.get(LATEST, params={"ids[]": ["0x" + NOS_FEED, EUR_FEED]}, headers=KEY).json()["parsed"]
        assert [(item["id"], item["price"]["price"], item["price"]["expo"]) for item in answer] == [
            (NOS_FEED, "46000000", -8),
            (EUR_FEED, "109523810", -8),
        ]
        client.post("/_sandbox/rates", json={"pyth_usd": 0.5})
        answer = client.get(LATEST, params={"ids[]": NOS_FEED}, headers=KEY).json()["parsed"]
        assert answer[0]["price"]["price"] == "50000000"
        client.post("/_sandbox/rates", json={"pyth_status": 503})
        assert client.get(LATEST, params={"ids[]": NOS_FEED}, headers=KEY).status_code == 503
        assert client.get(PRICE).status_code == 200
