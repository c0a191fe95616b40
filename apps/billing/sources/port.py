"""What every source of prices promises."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

NANO = 10**9
NOS_USD = "NOS/USD"
LEGS = {"EUR": "EUR/USD", "GBP": "GBP/USD"}  # how many dollars one unit of the currency is
TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Told:
    """A price as a source told it: billionths of a dollar for one unit of the pair's first currency.

    `doubt` says in a sentence why the source itself is not sure of it.
    """

    pair: str
    price_nano: int
    at: datetime
    source: str
    doubt: str = ""


class Source(Protocol):
    """A service that knows prices."""

    name: str

    def read(self, *, now: datetime) -> list[Told]:
        """Ask for NOS/USD, EUR/USD and GBP/USD. Calls the network. Raises RateSourceBroken with a sentence."""


def nano(price: Decimal) -> int:
    """Return the price in billionths, rounded half up. Raises ValueError for what is no price."""
    if not price.is_finite() or not 0 < price < 10**9:
        raise ValueError(f"{price} is no price")
    return int((price * NANO + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))
