"""Amounts as people read them. Amounts themselves are integers: micro-NOS, or minor units with a currency."""

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_precision

MICRO = 1_000_000  # micro-NOS in one credit (1 credit = 1 NOS)
CURRENCIES = ("EUR", "USD", "GBP")


def credits_text(micro: int, *, locale: str = "en_GB", places: int | None = None) -> str:
    """Return micro-NOS as credits with two to six decimals ("12.50", "0.000043"), or exactly `places`."""
    pattern = "#,##0." + ("0" * places if places is not None else "00####")
    return format_decimal(Decimal(micro) / MICRO, format=pattern, locale=locale)


def credits_plain(micro: int) -> str:
    """Return micro-NOS as credits for programs ("-1234.500000")."""
    return f"{Decimal(micro) / MICRO:.6f}"


def fiat_plain(minor: int, currency: str) -> str:
    """Return minor units as an amount for programs, without its currency ("1210.00")."""
    precision = get_currency_precision(currency)
    return f"{Decimal(minor) / (10**precision):.{precision}f}"


def fiat_text(minor: int, currency: str, *, locale: str = "en_GB") -> str:
    """Return minor units as an amount with its currency ("€12.10")."""
    precision = get_currency_precision(currency)
    return format_currency(Decimal(minor) / (10**precision), currency, locale=locale)


def fiat_rough(micro: int, currency: str, *, locale: str = "en_GB") -> str:
    """Return millionths of a currency's unit as a rough amount: cents from 1 up, else four places ("€0.0114")."""
    pattern = "¤#,##0.00" if micro >= MICRO else "¤0.00##"
    return format_currency(Decimal(micro) / MICRO, currency, format=pattern, locale=locale, currency_digits=False)


def fraction_floor(amount: int, basis_points: int) -> int:
    """Return `basis_points` of a non-negative integer amount, rounded down."""
    return amount * basis_points // 10_000


def fraction_round(amount: int, basis_points: int) -> int:
    """Return `basis_points` of a non-negative integer amount, rounded half up."""
    return (amount * basis_points + 5_000) // 10_000
