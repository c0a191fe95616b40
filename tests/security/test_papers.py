"""What docs/security.md says about itself: every requirement has its row, and what the rows name exists."""

import re
from pathlib import Path

from tests.security.breaking.__main__ import broken
from tests.security.breaking.table import DEFENCES, table

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/security.md").read_text()
# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has, in the chapters that are mapped.
SECTIONS = {
    "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "6.1": 3, "6.2": 11, "6.3": 3, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
    "14.1": 2, "14.2": 4, "14.3": 3, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
PLACES = (
    ".",
    "apps",
    "tests",
    "tests/security",
    "tests/users",
    "docs",
)  # names are short where the page says whose they are


def test_the_table_of_defences_is_printed_as_it_is_and_fits_the_code() -> None:
    assert table() in TEXT
    for one in DEFENCES:
        broken((ROOT / one.file).read_text(), one)
        path, _, name = one.test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(), one.test


def rows() -> dict[str, list[str]]:
    """Return the cells of each requirement by its number."""
    found = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.*)\|$", TEXT, re.MULTILINE)
    return {number: [cell.strip() for cell in cells.split(" | ")] for number, cells in found}


def test_each_requirement_of_these_chapters_has_its_row() -> None:
    wanted = [f"{section}.{n}" for section, count in SECTIONS.items() for n in range(1, count + 1)]
    assert list(rows()) == wanted


def test_what_is_met_names_what_shows_it_and_the_rest_says_what_is_open() -> None:
    for number, (_asks, state, where) in rows().items():
        assert "`" in where, number
        proof = number.split(".")[1] == "1" or "tests/" in where or "docs/" in where or "nosana_web/" in where
        assert proof or not state.startswith("met") or "static/" in where, f"{number}: name a test"
        assert state.startswith(("met", "partly", "the operator's")), number


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"(?:`|\b)([\w./-]+\.(?:py|md|json|js|html|yml))\b", TEXT))
    assert len(named) > 60
    assert [name for name in sorted(named) if not any((ROOT / place / name).exists() for place in PLACES)] == []
