"""The stand-in for CoinGecko's prices."""

import time
from pathlib import Path

import httpx

from tests.sandbox.processes import started

PRICE = "/api/v3/simple/price?ids=nosana&vs_currencies=eur,usd,gbp,chf&include_last_updated_at=true"


def test_prices_have_coingeckos_shape_and_can_be_set_for_good(tmp_path: Path) -> None:
    command = ("sandbox.rates", "--port", "0", "--data", str(tmp_path))
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        first = client.get(PRICE).json()["nosana"]
        assert {key: first[key] for key in ("eur", "usd", "gbp")} == {"eur": 0.42, "usd": 0.46, "gbp": 0.36}
        assert abs(first["last_updated_at"] - time.time()) < 5
        assert "chf" not in first
        assert client.get("/api/v3/simple/price?ids=nosana").status_code == 422
        assert client.post("/_sandbox/rates", json={"eur": -1}).status_code == 400
        assert client.post("/_sandbox/rates", json=[1]).status_code == 400
        assert client.post("/_sandbox/rates", json={"eur": 0.5, "age_seconds": 900}).status_code == 200
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        again = client.get(PRICE).json()["nosana"]
        assert again["eur"] == 0.5
        assert time.time() - again["last_updated_at"] > 890
        client.post("/_sandbox/rates", json={"status": 429})
        assert client.get(PRICE).status_code == 429
