"""Template filters for credits, fiat and durations."""

from django import template

from apps.core import money
from apps.core.durations import duration_text

register = template.Library()


@register.filter
def credits(micro: int | None) -> str:
    """Show micro-NOS as credits."""
    return "" if micro is None else money.credits_text(int(micro))


@register.filter
def fiat(minor: int | None, currency: str) -> str:
    """Show minor units as an amount of `currency`."""
    return "" if minor is None else money.fiat_text(int(minor), currency)


@register.filter
def sol(lamports: int | None) -> str:
    """Show lamports as SOL, with four decimals, rounded down."""
    return "" if lamports is None else f"{int(lamports) // 100_000 / 10_000:.4f}"


@register.filter
def duration(seconds: int | None) -> str:
    """Show seconds as "1 h 02 min", "3 min 20 s" or "45 s"."""
    return "" if seconds is None else duration_text(seconds)
