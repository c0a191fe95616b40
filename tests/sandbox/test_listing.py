"""The stand-in for the network's own list of markets has its shape."""

import json
from pathlib import Path

from starlette.testclient import TestClient

from sandbox.listing.app import application

MARKET = {"address": "M" * 44, "slug": "gpu", "name": "GPU", "gpu": "RTX", "vram_gb": 24, "price_micro": 100}


def test_it_lists_the_catalogue_and_one_by_address_or_slug(tmp_path: Path) -> None:
    client = TestClient(application(tmp_path / "markets.json"))
    assert client.get("/api/markets/").json() == []
    (tmp_path / "markets.json").write_text(json.dumps([MARKET]))
    (row,) = client.get("/api/markets/?limit=5").json()
    assert (row["usd_reward_per_hour"], row["gpu_types"], row["lowest_vram"]) == (0.1656, ["RTX"], 24)
    assert client.get("/api/markets/gpu/").json() == client.get(f"/api/markets/{'M' * 44}/").json() == row
    assert client.get("/api/markets/none/").status_code == 404
    assert client.get("/api/markets/?limit=x").status_code == 400
