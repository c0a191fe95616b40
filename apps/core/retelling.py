"""Sentences that are kept in English, and said again in the language of whoever reads them.

What is kept for many readers (a job's timeline, a notice) is one English text: a pattern of an app's `sentences.py`
with its values, as `FINISHED % {"seconds": 12}`. When somebody reads it in another language, the pattern is found
again by its words, and said in theirs with the same values. What fits no pattern stays as it is.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

from babel.dates import get_month_names
from babel.numbers import format_decimal
from django.conf import settings
from django.utils.translation import get_language, gettext

from apps.core.languages import PLAIN, locale_now
from apps.core.moments import day_text
from apps.core.money import fiat_text
from apps.core.wiring import ask

HOLE = re.compile(r"%\((\w+)\)s")
AMOUNT = re.compile(r"-?\d{1,3}(,\d{3})*\.(\d{2,6})")  # credits in English
FIAT = re.compile(r"(€|£|US\$)(\d{1,3}(?:,\d{3})*\.\d\d)")
SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD"}
MONTHS = {  # as English writes them: which month, and how its day is shown (core.moments)
    name: (number, how)
    for names, how in (
        (get_month_names("wide", locale=PLAIN), "long"),
        (get_month_names("abbreviated", locale=PLAIN), ""),
    )
    for number, name in names.items()
}
DAY = re.compile(rf"(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})(, \d\d:\d\d.*)?")
DEEPEST = 4  # a value may be a kept sentence itself


def sentences_of(names: Mapping[str, object]) -> list[str]:
    """Return what the constants of a `sentences.py` keep: texts, and those of its tuples and tables."""
    found: list[object] = []
    for name, said in names.items():
        if name.isupper():
            found += said.values() if isinstance(said, dict) else said if isinstance(said, tuple) else [said]
    return [one for one in found if isinstance(one, str)]


@cache
def _patterns() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Return the kept sentences: those without values, and those with, the most telling ones first."""
    known = {sentence for answer in ask("core.kept_sentences") for sentence in answer}
    holed = sorted((one for one in known if HOLE.search(one)), key=lambda one: -len(HOLE.sub("", one)))
    return {one: one for one in known if not HOLE.search(one)}, [(_expression(one), one) for one in holed]


def _expression(pattern: str) -> re.Pattern[str]:
    words = HOLE.split(pattern.replace("%%", "%"))
    parts = [re.escape(word) if place % 2 == 0 else f"(?P<{word}>.+?)" for place, word in enumerate(words)]
    return re.compile("".join(parts), re.DOTALL)


def retold(sentence: str, deep: int = 0) -> str:
    """Return a kept sentence in the language spoken now."""
    if not sentence or deep > DEEPEST or (get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE:
        return sentence
    whole, holed = _patterns()
    if sentence in whole:
        return gettext(sentence)
    for expression, pattern in holed:
        found = expression.fullmatch(sentence)
        if found:
            return gettext(pattern) % {name: _value(said, deep) for name, said in found.groupdict().items()}
    return sentence


def _value(said: str, deep: int) -> str:
    amount, money = AMOUNT.fullmatch(said), FIAT.fullmatch(said)
    if money is not None:
        return fiat_text(int(money[2].replace(",", "").replace(".", "")), SIGNS[money[1]])
    if amount is None:
        day = DAY.fullmatch(said)
        return retold(said, deep + 1) if day is None else _day(day)
    figure = "#,##0." + "0" * len(amount[2])
    return format_decimal(Decimal(said.replace(",", "")), format=figure, locale=locale_now())


def _day(found: re.Match[str]) -> str:
    """Return a day, or the moment that begins with it, whose clock stays as it was told."""
    month, how = MONTHS[found[2]]
    try:
        day = date(int(found[3]), month, int(found[1]))
    except ValueError:  # a name that only looks like a day
        return found[0]
    return day_text(day, how) + (found[4] or "")
