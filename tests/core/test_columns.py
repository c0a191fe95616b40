"""Columns of staff's lists say what is stored as people read it."""

from types import SimpleNamespace as Row

from apps.core.columns import address_column, credits_column, fiat_column, sol_column, text_column


def test_amounts_are_said_in_their_units_and_nothing_is_nothing() -> None:
    row = Row(micro=1_500_000, none=None, minor=12_100, currency="EUR", lamports=3_900_000_000)
    assert credits_column("micro", "Credits")(row) == "1.500000"
    assert fiat_column("minor", "Total")(row) == "€121.00"
    assert sol_column("lamports", "SOL")(row) == "3.9000"
    assert credits_column("none", "Credits")(row) is None


def test_long_names_show_their_ends_and_long_sentences_their_beginning_with_all_under_the_pointer() -> None:
    row = Row(address="A" * 20 + "<" + "B" * 24, short="ab", why="word " * 40)
    whole = "A" * 20 + "&lt;" + "B" * 24
    assert address_column("address", "Address")(row) == f'<span title="{whole}">AAAAAA…BBBBBB</span>'
    assert address_column("short", "Address")(row) == "ab"
    assert (text_column("why", "Why")(row) or "").endswith(f">{('word ' * 16).rstrip()}…</span>")
