"""Words into pages, and the words that all documents share."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from babel import Locale

FOLDER = Path(__file__).parent


def pdf(template: str, words: dict[str, Any]) -> bytes:
    """Return the typst template filled with the words; the same words always make the same pages."""
    pages = typst.compile(
        FOLDER / template, format="pdf", ignore_system_fonts=True, sys_inputs={"words": json.dumps(words)}
    )
    return pages if isinstance(pages, bytes) else pages[0]


def party(facts: dict[str, str]) -> dict[str, Any]:
    """Return a seller or buyer as it is printed."""
    lines = [line.strip() for line in facts["address"].splitlines() if line.strip()]
    return {
        "name": facts["name"],
        "lines": [*lines, country_name(facts["country"])],
        "vat_id": facts["vat_id"],
        "email": facts.get("email", ""),
        "registration": facts.get("registration", ""),
    }


def country_name(code: str) -> str:
    """Return a country's English name."""
    return str(Locale("en", "GB").territories.get(code, code))


def percent(bp: int) -> str:
    """Return basis points as a percentage ("25.5 %")."""
    return f"{bp / 100:g} %"


def day(iso: str, zone: str = "UTC") -> str:
    """Return the day of a moment ("2 November 2026")."""
    moment = datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))
    return f"{moment.day} {moment:%B %Y}"


def moment(iso: str) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"
