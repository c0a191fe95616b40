"""Sentences that are kept in English, said again in the reader's language."""

import pytest
from django.utils import translation

from apps.billing import sentences as money
from apps.core.catalogues import compile_stale
from apps.core.retelling import AMOUNT, HOLE, retold
from apps.core.wiring import ask
from apps.jobs import sentences as said
from apps.payments import sentences as payments


@pytest.fixture(autouse=True, scope="module")
def _catalogues() -> None:
    compile_stale()


KEPT = sorted({sentence for answer in ask("core.kept_sentences") for sentence in answer})


@pytest.mark.parametrize("pattern", KEPT)
def test_every_kept_sentence_is_found_again_with_its_values(pattern: str) -> None:
    values = {name: f"<{name}>" for name in HOLE.findall(pattern)}
    with translation.override("de"):
        assert retold(pattern % values) == translation.gettext(pattern) % values


def test_what_is_kept_reads_the_same_in_english_whoever_acted() -> None:
    sentence = said.SETTLED % {"seconds": 929}
    assert sentence == "Settled for 929 s; the rest of the hold is released."
    assert retold(sentence) == sentence
    with translation.override("de"):
        assert sentence == said.SETTLED % {"seconds": 929}
        assert retold(sentence) == "Für 929 s abgerechnet; der Rest der Reservierung ist freigegeben."


def test_a_sentence_inside_a_sentence_is_said_again_too_with_amounts_as_the_language_writes_them() -> None:
    why = money.MISSING % {
        "needed": "1,212.50",
        "organisation": "Acme",
        "usable": "10.00",
        "missing": "1,202.50",
    }
    with translation.override("de"):
        told = retold(said.NOT_EXTENDED % {"limit": "2 h 00 min", "why": why})
        assert told.startswith(
            "Er konnte nicht auf 2 h 00 min verlängert werden: Dafür sind 1.212,50 Credits nötig"
        )
        assert "Es fehlen 1.202,50." in told
        assert retold(said.STOP_ASKED % {"who": said.KEY % {"name": "ci"}}).startswith("Der Schlüssel „ci“ hat")
        back = retold("€1,212.10 go back: what is unspent of a top-up, at the price it was bought at.")
        assert back.startswith("1.212,10\xa0€ gehen zurück")


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("3 Dec 2026", "3. Dez. 2026"),
        ("3 December 2026", "3. Dezember 2026"),
        ("1 Sept 2026, 14:05 UTC", "1. Sept. 2026, 14:05 UTC"),
        ("31 Feb 2026", "31 Feb 2026"),
    ],
)
def test_days_inside_a_sentence_are_written_as_the_language_writes_them(day: str, told: str) -> None:
    with translation.override("de"):
        assert retold(payments.GROWS_ON % {"more": "€1.00", "day": day}).startswith(f"am {told} werden es")


@pytest.mark.parametrize("text", ["", "Exit code 1", "Settled for", "12.50", "%(seconds)s", "%", "“{name}”"])
def test_what_fits_no_sentence_stays_as_it_is(text: str) -> None:
    with translation.override("de"):
        assert retold(text) == text


def test_only_whole_amounts_are_taken_for_amounts() -> None:
    assert all(AMOUNT.fullmatch(text) for text in ("12.50", "1,234.500000", "0.00"))
    assert not any(AMOUNT.fullmatch(text) for text in ("12", "1.5", "v1.25", "12,50", "2026-11-05"))
