"""Whole numbers as people read them, in the language spoken now."""

from babel.numbers import format_decimal
from django.conf import settings
from django.utils import translation


def number_text(number: int) -> str:
    """Return a whole number with its thousands apart: "1,234", in German "1.234"."""
    locale = translation.to_locale(translation.get_language() or settings.LANGUAGE_CODE)
    return format_decimal(number, locale=locale)
