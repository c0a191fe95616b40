"""Records of any kind as one PDF for people outside, such as a bank that decides a dispute."""

from collections.abc import Sequence

from django.conf import settings

from apps.billing.documents.printing import party, pdf
from apps.core.sheets import Sheet

PRINTED = 200  # rows of a sheet; its file has all
ZERO_WIDTH = "\u200b"


def records_pdf(*, title: str, statement: str, facts: Sequence[tuple[str, str]], sheets: Sequence[Sheet]) -> bytes:
    """Return statement, facts and sheets as a PDF; of a long sheet the first rows."""
    words = {
        "title": title,
        "seller": party(dict(settings.SELLER)),
        "statement": [line for line in statement.splitlines() if line.strip()],
        "facts": [list(fact) for fact in facts],
        "sheets": [
            {
                "title": sheet.title,
                "columns": list(sheet.columns),
                "widths": _widths(sheet),
                "rows": [[_breakable(value) for value in row] for row in sheet.rows[:PRINTED]],
                "left_out": max(0, len(sheet.rows) - PRINTED),
            }
            for sheet in sheets
        ],
    }
    return pdf("records.typ", words)


def _widths(sheet: Sheet) -> list[int]:
    """Return how wide the columns are beside each other: as their longest value, within bounds."""
    longest = [len(name) for name in sheet.columns]
    for row in sheet.rows[:PRINTED]:
        longest = [max(most, len(str(value))) for most, value in zip(longest, row, strict=True)]
    return [max(14, min(most, 44)) for most in longest]


def _breakable(value: object) -> str:
    """Return the value as text whose long words may break anywhere: ids, addresses, signatures."""
    return " ".join(
        ZERO_WIDTH.join(word[start : start + 6] for start in range(0, len(word), 6)) if len(word) > 12 else word
        for word in str(value).split()
    )
