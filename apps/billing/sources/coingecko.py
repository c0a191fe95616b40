"""CoinGecko's simple price: what NOS costs in each currency, and so what the currencies cost in dollars."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from apps.billing.errors import RateSourceBroken
from apps.billing.sources.port import LEGS, NOS_USD, TIMEOUT_SECONDS, Told, nano
from apps.core.money import CURRENCIES

TOKEN = "nosana"


class CoinGecko:
    """Reads NOS in all our currencies; the legs are implied by its own prices."""

    name = "coingecko"

    def __init__(self, *, url: str, key: str) -> None:
        self.url, self.key = f"{url}/simple/price", key

    @classmethod
    def from_settings(cls) -> "CoinGecko | None":
        """Return the source, unless its address is empty."""
        url = settings.COINGECKO_URL
        return cls(url=url, key=settings.COINGECKO_API_KEY) if url else None

    def read(self, *, now: datetime) -> list[Told]:
        """Ask for NOS in all currencies at once. Raises RateSourceBroken."""
        query = {
            "ids": TOKEN,
            "vs_currencies": ",".join(CURRENCIES).lower(),
            "include_last_updated_at": "true",
            "precision": "full",
        }
        # The public and the paid service want their keys under different names.
        header = "x-cg-pro-api-key" if "pro-api." in self.url else "x-cg-demo-api-key"
        try:
            answer = httpx.get(
                self.url, params=query, headers={header: self.key} if self.key else {}, timeout=TIMEOUT_SECONDS
            )
            answer.raise_for_status()
            prices = json.loads(answer.text, parse_float=Decimal)[TOKEN]
            at = min(datetime.fromtimestamp(int(prices["last_updated_at"]), UTC), now)
            amounts = {currency: Decimal(prices[currency.lower()]) for currency in CURRENCIES}
            dollars = amounts["USD"]
            legs = {pair: dollars / amounts[currency] for currency, pair in LEGS.items()}
            return [
                Told(pair=pair, price_nano=nano(price), at=at, source=self.name)
                for pair, price in {NOS_USD: dollars, **legs}.items()
            ]
        except (
            httpx.HTTPError,
            ValueError,
            KeyError,
            TypeError,
            ArithmeticError,
            AttributeError,
            OSError,
        ) as error:
            raise RateSourceBroken(
                _("%(url)s did not tell the price of NOS (%(name)s: %(error)s).")
                % {"url": self.url, "name": type(error).__name__, "error": error}
            ) from error
