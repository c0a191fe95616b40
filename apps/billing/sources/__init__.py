"""Where prices come from: each adapter asks one service over HTTP and tells what it said, in one shape."""

from apps.billing.sources.coingecko import CoinGecko
from apps.billing.sources.port import Source, Told
from apps.billing.sources.pyth import Pyth

__all__ = ["Source", "Told", "sources"]


def sources() -> list[Source]:
    """Return the sources that the settings name, the most trusted first."""
    return [source for source in (Pyth.from_settings(), CoinGecko.from_settings()) if source is not None]
