"""The price of NOS: read from its source, and used while it is fresh."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from apps.billing.errors import RateSourceBroken, RateUnavailable
from apps.billing.models import Rate
from apps.core.money import CURRENCIES, MICRO

FRESH = timedelta(minutes=10)
TOKEN = "nosana"


def rate_read(*, now: datetime) -> list[Rate]:
    """Ask the source for the price of NOS in every currency and keep the answer; return the rates, new or not.

    Calls the network. Raises RateSourceBroken.
    """
    url = f"{settings.RATES_URL}/simple/price"
    query = {
        "ids": TOKEN,
        "vs_currencies": ",".join(CURRENCIES).lower(),
        "include_last_updated_at": "true",
        "precision": "full",
    }
    try:
        answer = httpx.get(url, params=query, timeout=10)
        answer.raise_for_status()
        prices = json.loads(answer.text, parse_float=Decimal)[TOKEN]
        told_at = datetime.fromtimestamp(int(prices.get("last_updated_at") or now.timestamp()), UTC)
        rates = [
            _rate(currency, prices[currency.lower()], at=min(told_at, now), now=now) for currency in CURRENCIES
        ]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, ArithmeticError, AttributeError) as error:
        raise RateSourceBroken(
            f"{url} did not tell the price of NOS ({type(error).__name__}: {error})."
        ) from error
    Rate.objects.bulk_create(rates, ignore_conflicts=True)
    return rates


def _rate(currency: str, price: Decimal | int, *, at: datetime, now: datetime) -> Rate:
    micro = int((Decimal(price) * MICRO).to_integral_value())
    if micro <= 0:
        raise ValueError(f"{price} {currency} is no price")
    source = urlsplit(settings.RATES_URL).netloc
    return Rate(currency=currency, price_micro=micro, at=at, source=source, read_at=now)


def rate_latest(currency: str, now: datetime) -> Rate:
    """Return the newest rate of the currency. Raises RateUnavailable if it is older than 10 minutes."""
    rate = Rate.objects.filter(currency=currency, at__gte=now - FRESH).order_by("-at", "-id").first()
    if rate is None:
        raise RateUnavailable(currency)
    return rate
