"""Printed documents: typst templates fed with data, never with markup."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst
from babel import Locale

from apps.billing.pricing import rate_text
from apps.core.money import credits_text, fiat_text

FOLDER = Path(__file__).parent
METHODS = {"card": "Paid by card"}


def invoice_pdf(data: dict[str, Any]) -> bytes:
    """Return the invoice whose data this is as a PDF; the same data always make the same words."""
    return _compile("invoice.typ", invoice_words(data), "pdf")


def invoice_words(data: dict[str, Any]) -> dict[str, Any]:
    """Return the invoice's data as the words that are printed."""
    currency = data["currency"]

    def money(minor: int) -> str:
        return fiat_text(minor, currency)

    def percent(bp: int) -> str:
        return f"{bp / 100:g} %"

    payment = data["payment"]
    return {
        "number": data["number"],
        "date": _day(data["issued_at"]),
        "supplied": _day(data["supplied_at"]),
        "seller": _party(data["seller"]),
        "buyer": _party(data["buyer"]),
        "lines": [
            {
                "description": line["description"],
                "quantity": credits_text(line["credits_micro"]),
                "price": rate_text(line["rate_micro"], currency),
                "vat": percent(line["vat_bp"]),
                "net": money(line["net_minor"]),
            }
            for line in data["lines"]
        ],
        "vat_by_rate": [
            {"rate": percent(row["bp"]), "net": money(row["net_minor"]), "vat": money(row["vat_minor"])}
            for row in data["vat_by_rate"]
        ],
        "vat_note": data["vat_note"],
        "net": money(data["net_minor"]),
        "total": money(data["total_minor"]),
        "currency": currency,
        "paid": f"{METHODS.get(payment['method'], 'Paid by ' + payment['method'])} on {_day(data['supplied_at'])}",
        "reference": payment["reference"],
        "rate": (
            f"1 credit = 1 NOS. Price of NOS: {rate_text(data['rate_micro'], currency)} "
            f"({data['rate_source']}, {_moment(data['rate_at'])}), with {percent(data['spread_bp'])} "
            f"for the exchange: {rate_text(data['rate_charged_micro'], currency)}."
        ),
    }


def _party(party: dict[str, str]) -> dict[str, Any]:
    lines = [line.strip() for line in party["address"].splitlines() if line.strip()]
    return {
        "name": party["name"],
        "lines": [*lines, Locale("en", "GB").territories.get(party["country"], party["country"])],
        "vat_id": party["vat_id"],
        "email": party.get("email", ""),
    }


def _day(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y}"


def _moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"


def _compile(template: str, words: dict[str, Any], form: Literal["pdf", "png"]) -> bytes:
    pages = typst.compile(
        FOLDER / template, format=form, ignore_system_fonts=True, sys_inputs={"words": json.dumps(words)}
    )
    return pages if isinstance(pages, bytes) else pages[0]
