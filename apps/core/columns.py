"""Columns of staff's lists: amounts, addresses and long texts as people read them, not as they are stored."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from apps.core.money import credits_text, fiat_text, sol_text

Column = Callable[[Any], str | None]
ENDS, LONGEST = 6, 80


def credits_column(field: str, title: str) -> Column:
    """Return a column of micro-NOS, shown as credits."""
    return _column(field, title, lambda _row, micro: credits_text(micro, places=6))


def fiat_column(field: str, title: str) -> Column:
    """Return a column of minor units, shown with the currency of its row."""
    return _column(field, title, lambda row, minor: fiat_text(minor, row.currency))


def sol_column(field: str, title: str) -> Column:
    """Return a column of lamports, shown as SOL."""
    return _column(field, title, lambda _row, lamports: sol_text(lamports))


def address_column(field: str, title: str) -> Column:
    """Return a column of addresses, signatures or long texts, of which the two ends are shown."""
    return _column(
        field, title, lambda _row, text: text if len(text) < 2 * ENDS + 3 else f"{text[:ENDS]}…{text[-ENDS:]}"
    )


def text_column(field: str, title: str) -> Column:
    """Return a column of sentences, the longest of them cut."""
    return _column(
        field, title, lambda _row, text: text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"
    )


def _column(field: str, title: str, words: Callable[[Any, Any], str]) -> Column:
    @admin.display(description=title, ordering=field, empty_value="–")
    def shown(row: Any) -> str | None:
        value = getattr(row, field)
        return None if value in (None, "") else words(row, value)

    shown.__name__ = field
    return shown
