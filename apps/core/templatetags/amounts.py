"""Template filters for credits, fiat, durations, days and times, all in the language of the page."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html

from apps.core import moments, money, words
from apps.core.durations import duration_text
from apps.core.languages import locale_now
from apps.core.numbers import number_text

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
def units(number: int, currency: str) -> str:
    """Show whole units of `currency`: "€1,000"."""
    return money.fiat_exact(Decimal(number), currency, "#,##0")


@register.filter
def worth(micro: int | None, rate: object) -> str:
    """Show micro-NOS as an amount of the rate's currency (billing's Worth), with four decimals where it is small."""
    price, currency = getattr(rate, "price_micro", 0), getattr(rate, "currency", "")
    if micro is None or not currency:
        return ""
    amount = Decimal(micro * price) / money.MICRO / money.MICRO
    return money.fiat_exact(amount, currency, "#,##0.00##" if abs(amount) < 1 else "#,##0.00")


@register.filter
def sol(lamports: int | None) -> str:
    """Show lamports as SOL, with four decimals, rounded down."""
    return "" if lamports is None else money.sol_text(int(lamports))


@register.filter
def duration(seconds: int | None) -> str:
    """Show seconds as "1 h 02 min", "3 min 20 s" or "45 s"."""
    return "" if seconds is None else duration_text(seconds)


@register.filter
def inline(label: object) -> str:
    """Show a label inside a sentence: with a small first letter in English; other languages keep the one it has."""
    text = str(label)
    return text[:1].lower() + text[1:] if locale_now().startswith("en") else text


@register.filter
def either(names: Iterable[object]) -> str:
    """Show names of which one will do: "Olga, Adam or Bea"."""
    return words.either(names)


@register.filter
def whole(number: int | None) -> str:
    """Show a whole number with its thousands apart: "1,234" or "1.234"."""
    return "" if number is None else number_text(int(number))


@register.filter
def day(at: date | None, how: str = "") -> str:
    """Show a day: "5 Nov 2026"; `how` is long ("5 November 2026"), short ("5 Nov") or month ("November 2026")."""
    return moments.day_text(at, how) if at else ""


@register.filter
def clock(at: datetime | None, how: str = "") -> str:
    """Show the time of the day, "14:05"; `how` may hold "s" for seconds and "zone" for the zone's name."""
    if not at:
        return ""
    text = moments.clock_text(at, "s" in how.split())
    return f"{text} {moments.zone_text(at)}" if "zone" in how.split() else text


@register.filter
def zone(at: datetime | None) -> str:
    """Show how the clock is called by which times are told at that moment: "UTC", "CEST"."""
    return moments.zone_text(at) if at else ""


@register.filter(is_safe=True)
def stamp(at: datetime | None, how: str = "") -> str:
    """Show what `moment` shows, as an element that programs can read; `how` may begin with "day" or "clock" too."""
    if not at:
        return ""
    only, _, rest = how.partition(" ")
    ways = {"day": day, "clock": clock}
    text = ways[only](at, rest) if only in ways else moment(at, how)
    return format_html('<time datetime="{}">{}</time>', moments.local(at).isoformat(), text)


@register.filter
def moment(at: datetime | None, how: str = "") -> str:
    """Show day and time, "5 Nov 2026, 14:05".

    `how` may hold "long" or "short" for the day, "s" for seconds and "zone" for the zone's name, apart by spaces.
    """
    if not at:
        return ""
    wanted = set(how.split())
    days = next(iter(wanted & set(moments.DAYS)), "")
    return moments.moment_text(at, days, seconds="s" in wanted, zone="zone" in wanted)
