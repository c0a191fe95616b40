"""Whole numbers as people read them, in the language spoken now."""

from babel.numbers import format_decimal

from apps.core.languages import locale_now


def number_text(number: int) -> str:
    """Return a whole number with its thousands apart: "1,234", in German "1.234"."""
    return format_decimal(number, locale=locale_now())
