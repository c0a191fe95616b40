"""Statements as they are printed."""

from typing import Any

from apps.billing.documents.printing import day, party, pdf
from apps.core.languages import plainly
from apps.core.money import credits_text


def statement_pdf(data: dict[str, Any]) -> bytes:
    """Return the statement whose data this is as a PDF; the same data always make the same pages."""
    return pdf("statement.typ", statement_words(data))


@plainly()
def statement_words(data: dict[str, Any]) -> dict[str, Any]:
    """Return a statement's data as the words that are printed."""
    zone = data["time_zone"]
    shown = len(data["jobs"]) + len(data["movements"])
    return {
        "title": data["title"],
        "seller": party(data["seller"]),
        "buyer": party(data["buyer"]),
        "facts": [
            ["Period", f"{day(data['starts_at'], zone)} to {day(data['last_day'], zone)}"],
            ["Time zone", zone],
            ["Frozen on", day(data["closed_at"], zone)],
            *([["Your cost centre", data["cost_centre"]]] if data["cost_centre"] else []),
        ],
        "opening": credits_text(data["opening_micro"], places=6),
        "closing": credits_text(data["closing_micro"], places=6),
        "kinds": [[kind["name"], _count(kind), _signed(kind["micro"])] for kind in data["kinds"]],
        "projects": [
            [row["name"], f"{row['jobs']:,}", _hours(row["seconds"]), credits_text(row["micro"], places=6)]
            for row in data["projects"]
        ],
        "movements": [
            [_when(row), row["text"], row["document"], _signed(row["micro"])] for row in data["movements"]
        ],
        "jobs": [
            [_when(row), row["project"], row["text"], f"{row['seconds']:,} s", _signed(row["micro"])]
            for row in data["jobs"]
        ],
        "left_out": f"{data['lines'] - shown:,}" if data["lines"] > shown else "",
    }


def _count(kind: dict[str, Any]) -> str:
    return f"{kind['count']:,}"


def _signed(micro: int) -> str:
    text = credits_text(abs(micro), places=6)
    return f"+{text}" if micro > 0 else f"−{text}" if micro < 0 else text


def _hours(seconds: int) -> str:
    return f"{seconds // 3600:,} h {seconds % 3600 // 60:02d} min"


def _when(row: dict[str, Any]) -> str:
    return str(row["at"])[:16].replace("T", " ")
