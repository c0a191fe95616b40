"""What the front page tells a visitor: what GPUs cost an hour, what one job came to, and what is run for how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from apps.billing.pricing import credits_for, topup_limits
from apps.billing.selectors import rate_today
from apps.core.money import CURRENCIES, MICRO, fiat_exact, fiat_rough
from apps.jobs.gallery import Starter, starters
from apps.jobs.picker import Choice, Need, choices, sensible
from apps.jobs.selectors import markets_open
from apps.jobs.services import Estimate, job_estimate

EXAMPLE_LIMIT_S, EXAMPLE_RAN_S = 1800, 912
RUNS_SHOWN, RUNS_FROM_GB = 6, 4


@dataclass(frozen=True)
class Price:
    """What an hour costs in a market, all fees included, and how many whole hours the least top-up pays."""

    choice: Choice
    hour: str  # as fiat, "" where no rate is known
    hours: int | None


@dataclass(frozen=True)
class Example:
    """A job that ended before its time limit: what was held, what it came to."""

    gpu: str
    price_micro: int
    held: Estimate
    paid: Estimate
    worth: str  # of what was paid, as fiat, "" where no rate is known
    seconds: int = EXAMPLE_RAN_S

    @property
    def fees_micro(self) -> int:
        """The fees of the network and the platform."""
        return self.paid.network_fee_micro + self.paid.platform_fee_micro

    @property
    def released_micro(self) -> int:
        """What came back when it ended."""
        return self.held.total_micro - self.paid.total_micro


@dataclass(frozen=True)
class Run:
    """A template, and what the GPU it needs costs an hour."""

    starter: Starter
    price: Price | None


@dataclass(frozen=True)
class Front:
    """The figures of the front page, in one currency; two queries."""

    currency: str
    least: str  # the least top-up before VAT, as fiat
    credit: str  # what one credit costs about, "" where no rate is known
    prices: list[Price]
    example: Example | None
    runs: list[Run]
    trial_credits: int  # given to a new organisation; 0 where there is no trial
    currencies: tuple[str, ...] = CURRENCIES


def front(wanted: str, *, now: datetime) -> Front:
    """Return what the front page shows, in the currency that is wanted, else in the seller's own."""
    currency = wanted if wanted in CURRENCIES else settings.SELLER["currency"]
    rate, (least_minor, _) = rate_today(currency, now=now), topup_limits(currency)
    bought = credits_for(least_minor, rate) if rate else None
    found = choices(markets_open(), Need(), rate, currency)
    prices = [_price(one, rate, currency, bought) for one in found]
    return Front(
        currency=currency,
        least=fiat_exact(Decimal(least_minor) / 100, currency, "#,##0" if least_minor % 100 == 0 else "#,##0.00"),
        credit=fiat_rough(rate, currency) if rate else "",
        prices=prices,
        example=_example(found, rate, currency),
        runs=_runs(prices),
        trial_credits=settings.TRIAL_CREDITS,
    )


def _price(choice: Choice, rate: int | None, currency: str, bought: int | None) -> Price:
    hour = choice.per_hour_micro
    if not rate or not hour:
        return Price(choice, "", None)
    fiat = fiat_exact(Decimal(hour * rate // MICRO) / MICRO, currency, "#,##0.000")
    return Price(choice, fiat, bought // hour if bought else None)


def _example(found: Sequence[Choice], rate: int | None, currency: str) -> Example | None:
    chosen = sensible(found)
    if chosen is None:
        return None
    market = chosen.market
    paid = job_estimate(market, EXAMPLE_RAN_S)
    return Example(
        gpu=market.gpu or market.name,
        price_micro=market.price_micro,
        held=job_estimate(market, EXAMPLE_LIMIT_S),
        paid=paid,
        worth=fiat_rough(paid.total_micro * rate // MICRO, currency) if rate else "",
    )


def _runs(prices: Sequence[Price]) -> list[Run]:
    """Return templates that need a GPU of some size, each with the cheapest market that has it."""
    cheapest = sorted(prices, key=lambda price: price.choice.per_hour_micro)
    needing = [one for one in starters() if one.recipe.vram_gb >= RUNS_FROM_GB][:RUNS_SHOWN]
    return [
        Run(one, next((p for p in cheapest if p.choice.market.vram_gb >= one.recipe.vram_gb), None))
        for one in needing
    ]
