"""Pyth's Hermes service: prices with a confidence interval, from many publishers."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from apps.billing.errors import RateSourceBroken
from apps.billing.sources.port import TIMEOUT_SECONDS, Told, nano

DOUBT_BP = 200  # a confidence interval wider than 2 % of the price is no price


class Pyth:
    """Reads the feeds of settings.PYTH_FEEDS (pair to feed id) from Hermes."""

    name = "pyth"

    def __init__(self, *, url: str, key: str, feeds: dict[str, str]) -> None:
        self.url, self.key = f"{url}/v2/updates/price/latest", key
        self.pairs = {feed.removeprefix("0x").lower(): pair for pair, feed in feeds.items() if feed}

    @classmethod
    def from_settings(cls) -> "Pyth | None":
        """Return the source, if there is a key for it: Hermes answers nobody without one."""
        if not settings.PYTH_API_KEY:
            return None
        return cls(url=settings.PYTH_URL, key=settings.PYTH_API_KEY, feeds=settings.PYTH_FEEDS)

    def read(self, *, now: datetime) -> list[Told]:
        """Ask for all feeds at once. Raises RateSourceBroken."""
        query = {"ids[]": list(self.pairs), "parsed": "true", "encoding": "hex"}
        headers = {"Authorization": f"Bearer {self.key}"}
        try:
            answer = httpx.get(self.url, params=query, headers=headers, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            told = json.loads(answer.text, parse_float=Decimal)["parsed"]
            return [self._told(item["price"], self.pairs[item["id"]], now=now) for item in told]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, ArithmeticError, AttributeError) as error:
            raise RateSourceBroken(
                _("%(url)s did not tell the price of NOS (%(name)s: %(error)s).")
                % {"url": self.url, "name": type(error).__name__, "error": error}
            ) from error

    def _told(self, price: dict[str, Any], pair: str, *, now: datetime) -> Told:
        expo = int(price["expo"])
        if not -18 <= expo <= 9:
            raise ValueError(f"{expo} is no exponent of a price")
        value, confidence = (Decimal(int(price[part])).scaleb(expo) for part in ("price", "conf"))
        doubt = f"{self.name} is not sure of {pair}: {value:f} ± {confidence:f}."
        return Told(
            pair=pair,
            price_nano=nano(value),
            at=min(datetime.fromtimestamp(int(price["publish_time"]), UTC), now),
            source=self.name,
            doubt=doubt if confidence * 10_000 > value * DOUBT_BP else "",
        )
