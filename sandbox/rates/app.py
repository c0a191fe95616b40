"""`/api/v3/simple/price` in CoinGecko's shape, `/hermes/…` in Pyth's, and `/_sandbox/rates` to set what they say."""

import json
import os
import time
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.rates import EUR_FEED, GBP_FEED, NOS_FEED

DEFAULT: dict[str, float] = {"eur": 0.42, "usd": 0.46, "gbp": 0.36}
EXPO = -8


class Prices:
    """What both sources say; kept in a file.

    `prices` of one NOS by currency; `age_seconds` and `status` of both; `pyth_usd` and `pyth_status` where Pyth is
    to differ.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.facts: dict[str, Any] = {
            "prices": dict(DEFAULT),
            "age_seconds": 0,
            "status": 200,
            "pyth_usd": None,
            "pyth_status": None,
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            self.facts |= json.loads(file.read_text())

    def set(self, wanted: dict[str, Any]) -> None:
        """Take what is wanted over and keep it. Raises ValueError with a sentence."""
        rest = {key: item for key, item in wanted.items() if key not in self.facts}
        prices = wanted.get("prices", rest)
        facts = {**self.facts, **{key: item for key, item in wanted.items() if key in self.facts}}
        amounts = [*(prices.values() if isinstance(prices, dict) else [None]), facts["pyth_usd"] or 1]
        if any(type(price) not in (int, float) or price <= 0 for price in amounts):
            raise ValueError('Prices are numbers above 0 by currency: send {"eur": 0.5}.')
        statuses = (facts["status"], facts["pyth_status"] or 200)
        if type(facts["age_seconds"]) is not int or any(
            type(status) is not int or not 200 <= status <= 599 for status in statuses
        ):
            raise ValueError("age_seconds and the statuses are whole numbers; a status is from 200 to 599.")
        lower = {key.lower(): price for key, price in prices.items()}
        self.facts = {**facts, "prices": {**self.facts["prices"], **lower}}
        making = self.file.with_suffix(".new")
        making.write_text(json.dumps(self.facts))
        os.replace(making, self.file)

    @property
    def at(self) -> int:
        """Return when the prices say they were true."""
        return int(time.time()) - int(self.facts["age_seconds"])

    def feeds(self) -> dict[str, float]:
        """Return what Pyth says of each feed, in dollars."""
        prices = self.facts["prices"]
        return {
            NOS_FEED: self.facts["pyth_usd"] or prices["usd"],
            EUR_FEED: prices["usd"] / prices["eur"],
            GBP_FEED: prices["usd"] / prices["gbp"],
        }


def application(data: Path) -> Starlette:
    """Return the service; settings are kept in the folder `data`."""
    prices = Prices(data / "rates.json")

    async def simple_price(request: Request) -> Response:
        status = prices.facts["status"]
        if status != 200:
            return JSONResponse({"status": {"error_code": status, "error_message": "set so"}}, status)
        ids = [item for item in request.query_params.get("ids", "").split(",") if item]
        currencies = [item.lower() for item in request.query_params.get("vs_currencies", "").split(",") if item]
        for name, given in (("ids", ids), ("vs_currencies", currencies)):
            if not given:
                return JSONResponse({"error": f"Missing parameter {name}"}, 422)
        answer: dict[str, dict[str, float]] = {}
        if "nosana" in ids:
            known = prices.facts["prices"]
            answer["nosana"] = {key: known[key] for key in currencies if key in known}
            if request.query_params.get("include_last_updated_at") == "true":
                answer["nosana"]["last_updated_at"] = prices.at
        return JSONResponse(answer)

    async def latest(request: Request) -> Response:
        status = prices.facts["pyth_status"] or prices.facts["status"]
        if status != 200:
            return PlainTextResponse("set so", status)
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return PlainTextResponse("an API key is needed", 401)
        return _hermes(prices, [item.removeprefix("0x").lower() for item in request.query_params.getlist("ids[]")])

    async def settings(request: Request) -> Response:
        if request.method == "POST":
            try:
                prices.set(dict(await request.json()))
            except (ValueError, TypeError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(prices.facts)

    return Starlette(
        routes=[
            Route("/api/v3/simple/price", simple_price),
            Route("/hermes/v2/updates/price/latest", latest),
            Route("/_sandbox/rates", settings, methods=["GET", "POST"]),
        ]
    )


def _hermes(prices: Prices, ids: list[str]) -> Response:
    feeds = prices.feeds()
    if not ids:
        return PlainTextResponse("Failed to deserialize query string: missing field `ids`", 400)
    unknown = [item for item in ids if item not in feeds]
    if unknown:
        return PlainTextResponse(f"Price ids not found: {', '.join(unknown)}", 404)
    parsed = []
    for feed in ids:
        value = round(feeds[feed] * 10**-EXPO)
        price = {
            "price": str(value),
            "conf": str(value // 1_000),
            "expo": EXPO,
            "publish_time": prices.at,
        }
        parsed.append({"id": feed, "price": price, "ema_price": price, "metadata": {"slot": prices.at}})
    return JSONResponse({"binary": {"encoding": "hex", "data": []}, "parsed": parsed})
