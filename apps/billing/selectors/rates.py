"""The price of NOS: the newest one, and what staff should know about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.billing.models import Jump, Rate, Reading
from apps.billing.pricing import rate_with_spread
from apps.core.money import CURRENCIES, MICRO

FRESH = timedelta(minutes=10)
ROUGH = timedelta(days=1)  # a rate as old as this still says about what credits are worth


@dataclass(frozen=True)
class Worth:
    """What one credit costs about, in micro-fiat of the currency: for the filter `worth`."""

    currency: str
    price_micro: int


def rates_health(*, now: datetime) -> list[str]:
    """Return a sentence for everything that keeps credits from being sold, or soon may; none when all is well."""
    sentences = []
    jump = Jump.objects.filter(confirmed_at=None, withdrawn_at=None).first()
    if jump is not None:
        sentences.append(
            f"NOS/USD moved from ${jump.before_nano / 10**9:.4f} to ${jump.after_nano / 10**9:.4f} at "
            f"{jump.opened_at:%H:%M} UTC: nothing is sold until staff confirm it under Price jumps."
        )
    for currency in CURRENCIES:
        newest = Rate.objects.filter(currency=currency).order_by("-at").values_list("at", flat=True).first()
        if newest is None:
            sentences.append(f"NOS has never been priced in {currency}: credits are not sold in it.")
        elif newest < now - FRESH:
            sentences.append(
                f"NOS was last priced in {currency} at {newest:%-d %B, %H:%M} UTC: credits are not sold in it."
            )
    told = set(
        Reading.objects.filter(pair="NOS/USD", at__gte=now - FRESH).order_by().values_list("source", flat=True)
    )
    if len(told) == 1:
        sentences.append(f"Only {told.pop()} tells NOS/USD: no second source checks it.")
    return sentences


def rate_today(currency: str, *, now: datetime) -> int | None:
    """Return about what one credit costs, spread included, in micro-fiat; None where no rate of a day is known.

    For figures beside an amount of credits; nothing is sold at it.
    """
    rate = Rate.objects.filter(currency=currency, at__gte=now - ROUGH).order_by("-at", "-id").first()
    return None if rate is None else rate_with_spread(rate.price_micro, settings.RATE_SPREAD_BP)


def worth_today(currency: str, *, now: datetime) -> Worth | None:
    """Return what credits are about worth today, as `rate_today` knows it: one query."""
    rate = rate_today(currency, now=now)
    return Worth(currency, rate) if rate else None


def home_rate(currency: str, *, now: datetime) -> dict[str, Any] | None:
    """Return what one of the currency is in the seller's, in millionths, with source and moment, as documents keep it.

    It is that of the two prices of NOS read last, so that all figures of an invoice share one source. None where the
    currency is the seller's own, or one of the prices is not known.
    """
    home = settings.SELLER["currency"]
    if currency == home:
        return None
    ours, theirs = (
        Rate.objects.filter(currency=code, at__lte=now).order_by("-at", "-id").first() for code in (home, currency)
    )
    if ours is None or theirs is None:
        return None
    return {
        "currency": home,
        "rate_micro": ours.price_micro * MICRO // theirs.price_micro,
        "source": ours.source,
        "at": min(ours.at, theirs.at).isoformat(),
    }
