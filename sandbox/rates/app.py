"""`/api/v3/simple/price` in CoinGecko's shape, and `/_sandbox/rates` to set what it says."""

import json
import os
import time
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DEFAULT: dict[str, float] = {"eur": 0.42, "usd": 0.46, "gbp": 0.36}


class Prices:
    """Prices of one NOS by currency, how old they say they are, and the HTTP status to answer; kept in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.values, self.age_seconds, self.status = dict(DEFAULT), 0, 200
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            kept = json.loads(file.read_text())
            self.values, self.age_seconds, self.status = kept["prices"], kept["age_seconds"], kept["status"]

    def shown(self) -> dict[str, Any]:
        """Return what can be set."""
        return {"prices": self.values, "age_seconds": self.age_seconds, "status": self.status}

    def set(self, wanted: dict[str, Any]) -> None:
        """Take prices, `age_seconds` and `status` over and keep them. Raises ValueError with a sentence."""
        prices = wanted.get(
            "prices", {key: item for key, item in wanted.items() if key not in ("age_seconds", "status")}
        )
        age, status = wanted.get("age_seconds", self.age_seconds), wanted.get("status", self.status)
        if not isinstance(prices, dict) or any(
            type(price) not in (int, float) or price <= 0 for price in prices.values()
        ):
            raise ValueError('Prices are numbers above 0 by currency: send {"eur": 0.5}.')
        if type(age) is not int or type(status) is not int or not 200 <= status <= 599:
            raise ValueError("age_seconds and status are whole numbers; status is from 200 to 599.")
        self.values |= {key.lower(): price for key, price in prices.items()}
        self.age_seconds, self.status = age, status
        making = self.file.with_suffix(".new")
        making.write_text(json.dumps(self.shown()))
        os.replace(making, self.file)


def application(data: Path) -> Starlette:
    """Return the service; settings are kept in the folder `data`."""
    prices = Prices(data / "rates.json")

    async def simple_price(request: Request) -> Response:
        if prices.status != 200:
            return JSONResponse(
                {"status": {"error_code": prices.status, "error_message": "set so"}}, prices.status
            )
        ids = [item for item in request.query_params.get("ids", "").split(",") if item]
        currencies = [item.lower() for item in request.query_params.get("vs_currencies", "").split(",") if item]
        for name, given in (("ids", ids), ("vs_currencies", currencies)):
            if not given:
                return JSONResponse({"error": f"Missing parameter {name}"}, 422)
        answer: dict[str, dict[str, float]] = {}
        if "nosana" in ids:
            answer["nosana"] = {key: prices.values[key] for key in currencies if key in prices.values}
            if request.query_params.get("include_last_updated_at") == "true":
                answer["nosana"]["last_updated_at"] = int(time.time()) - prices.age_seconds
        return JSONResponse(answer)

    async def settings(request: Request) -> Response:
        if request.method == "POST":
            try:
                prices.set(dict(await request.json()))
            except (ValueError, TypeError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(prices.shown())

    return Starlette(
        routes=[
            Route("/api/v3/simple/price", simple_price),
            Route("/_sandbox/rates", settings, methods=["GET", "POST"]),
        ]
    )
