"""`GET /api/markets/` and `/api/markets/{id or slug}/`: the catalogue in the shape of the network's own list."""

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NOS_USD = 0.46
FEE_PERCENT = 10


def application(markets: Path) -> Starlette:
    """Return the service; the file is read for each answer, and may come later than the service."""

    def rows() -> list[dict[str, Any]]:
        return [shown(market) for market in json.loads(markets.read_text())] if markets.exists() else []

    async def every(request: Request) -> Response:
        limit = request.query_params.get("limit", "100")
        if not limit.isdecimal():
            return JSONResponse({"message": "limit must be a number"}, 400)
        return JSONResponse(rows()[: int(limit)])

    async def one(request: Request) -> Response:
        wanted = request.path_params["market"]
        found = [row for row in rows() if wanted in (row["address"], row["slug"])]
        return JSONResponse(found[0]) if found else JSONResponse({"message": "Market not found"}, 404)

    return Starlette(routes=[Route("/api/markets/", every), Route("/api/markets/{market}/", one)])


def shown(market: dict[str, Any]) -> dict[str, Any]:
    """Return a market of the catalogue as the list shows it."""
    nos_second = market["price_micro"] / 1_000_000
    return {
        "address": market["address"],
        "slug": market["slug"],
        "name": market["name"],
        "sft": None,
        "type": "COMMUNITY",
        "usd_reward_per_hour": round(nos_second * 3600 * NOS_USD, 4),
        "nos_reward_per_second": nos_second,
        "nos_job_price_per_second": nos_second * (1 + FEE_PERCENT / 100),
        "network_fee_percentage": FEE_PERCENT,
        "premium_community_relation": None,
        "gpu_types": [market["gpu"]],
        "required_images": [],
        "required_remote_resources": [],
        "lowest_vram": market["vram_gb"],
        "max_usd_uptime_reward_per_day": None,
        "client": False,
    }
