"""The arithmetic of prices: whole numbers in, whole numbers out, and every rounding said."""

from decimal import Decimal

from django.conf import settings

from apps.core.money import MICRO, fiat_exact, fraction_floor

MICRO_PER_MINOR = 10_000  # millionths of the unit in one cent or penny; all currencies sold have two decimals


def rate_with_spread(rate_micro: int, spread_bp: int) -> int:
    """Return the rate a customer pays, in micro-fiat per NOS: the rate plus `spread_bp`, rounded up."""
    return -(-rate_micro * (10_000 + spread_bp) // 10_000)


def credits_for(net_minor: int, rate_charged_micro: int) -> int:
    """Return the credits, in micro-NOS, that `net_minor` buys, rounded down.

    net_minor [cent] x 10^4 [micro-fiat per cent] x 10^6 [micro-NOS per NOS] / rate [micro-fiat per NOS].
    """
    return net_minor * MICRO_PER_MINOR * MICRO // rate_charged_micro


def net_for(micro: int, rate_charged_micro: int) -> int:
    """Return the least amount in minor units, in whole units of the currency, that buys at least `micro` credits."""
    minor = -(-micro * rate_charged_micro // (MICRO * MICRO_PER_MINOR))
    return -(-minor // 100) * 100


def platform_fee(network_micro: int) -> int:
    """Return the platform's fee on what a node earns, in micro-NOS: PLATFORM_FEE_BP of it, rounded down."""
    return fraction_floor(network_micro, settings.PLATFORM_FEE_BP)


def cost_of(price_micro: int, seconds: int) -> int:
    """Return what a node earns in `seconds` at `price_micro` per second, in micro-NOS; never below 0."""
    return price_micro * max(seconds, 0)


def converted(minor: int, rate_micro: int) -> int:
    """Return minor units at a rate (millionths of one currency's unit for a unit of the other), half a cent up."""
    return (minor * rate_micro * 2 + MICRO) // (2 * MICRO)


def topup_limits(currency: str) -> tuple[int, int]:
    """Return the least and the most that a top-up in the currency may be before VAT, in minor units."""
    return settings.TOPUP_MINIMUM_MINOR[currency], settings.TOPUP_MAXIMUM_MINOR[currency]


def rate_text(rate_micro: int, currency: str) -> str:
    """Return a rate as people read it ("€0.4284"): what one credit costs."""
    return fiat_exact(Decimal(rate_micro) / MICRO, currency, "#,##0.00####")
