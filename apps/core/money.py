"""Amounts as people read them, in the language spoken now. Themselves they are integers: micro-NOS, or minor units."""

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision

from apps.core.languages import locale_now

MICRO = 1_000_000  # micro-NOS in one credit (1 credit = 1 NOS)
CURRENCIES = ("EUR", "USD", "GBP")
FIGURE = re.compile(r"[#0.,]+")  # the figure in a pattern of babel


def credits_text(micro: int, *, places: int | None = None) -> str:
    """Return micro-NOS as credits with two to six decimals ("12.50", "0.000043"), or exactly `places`."""
    return _written(micro, "0" * places if places is not None else "00####", locale_now())


@lru_cache(maxsize=4096)
def _written(micro: int, decimals: str, locale: str) -> str:
    return format_decimal(Decimal(micro) / MICRO, format=f"#,##0.{decimals}", locale=locale)


def credits_plain(micro: int) -> str:
    """Return micro-NOS as credits for programs, the same in every language: "1234.500000"."""
    return f"{Decimal(micro) / MICRO:.6f}"


def sol_text(lamports: int) -> str:
    """Return lamports as SOL with four decimals, rounded down."""
    return format_decimal(Decimal(lamports // 100_000) / 10_000, format="#,##0.0000", locale=locale_now())


def fiat_plain(minor: int, currency: str) -> str:
    """Return minor units as an amount for programs, without its currency: "1210.00"."""
    precision = get_currency_precision(currency)
    return f"{Decimal(minor) / (10**precision):.{precision}f}"


def fiat_text(minor: int, currency: str) -> str:
    """Return minor units as an amount with its currency: "€12.10", in German "12,10 €"."""
    precision = get_currency_precision(currency)
    return format_currency(Decimal(minor) / (10**precision), currency, locale=locale_now())


def fiat_rough(micro: int, currency: str) -> str:
    """Return millionths of a currency's unit as a rough amount: cents from 1 up, else four places ("€0.0114")."""
    return fiat_exact(Decimal(micro) / MICRO, currency, "#,##0.00" if micro >= MICRO else "0.00##")


def fiat_exact(amount: Decimal, currency: str, figure: str) -> str:
    """Return whole units with the decimals that `figure`, a pattern of babel, gives them ("#,##0.00####")."""
    locale = locale_now()
    pattern = FIGURE.sub(figure, Locale.parse(locale).currency_formats["standard"].pattern, count=1)
    return format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)


def fraction_floor(amount: int, basis_points: int) -> int:
    """Return `basis_points` of a non-negative integer amount, rounded down."""
    return amount * basis_points // 10_000


def fraction_round(amount: int, basis_points: int) -> int:
    """Return `basis_points` of a non-negative integer amount, rounded half up."""
    return (amount * basis_points + 5_000) // 10_000
