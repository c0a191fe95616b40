"""Columns of staff's lists: amounts, addresses and long texts as people read them, not as they are stored."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.html import format_html

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
        field, title, lambda _row, text: _cut(text, f"{text[:ENDS]}…{text[-ENDS:]}", len(text) >= 2 * ENDS + 3)
    )


def text_column(field: str, title: str) -> Column:
    """Return a column of sentences, the longest of them cut."""
    return _column(field, title, lambda _row, text: _cut(text, f"{text[:LONGEST].rstrip()}…", len(text) > LONGEST))


def _cut(whole: str, shown: str, long: bool) -> str:
    """Return what is shown of a long text, with all of it under the pointer."""
    return format_html('<span title="{}">{}</span>', whole, shown) if long else whole


def _column(field: str, title: str, words: Callable[[Any, Any], str]) -> Column:
    @admin.display(description=title, ordering=field, empty_value="–")
    def shown(row: Any) -> str | None:
        value = getattr(row, field)
        return None if value in (None, "") else words(row, value)

    shown.__name__ = field
    return shown
