"""Invoices and credit notes as they are printed."""

from typing import Any

from apps.billing.documents.printing import day, moment, party, pdf, percent
from apps.billing.pricing import rate_text
from apps.core.languages import plainly
from apps.core.money import credits_text, fiat_text

METHODS = {
    "card": "Paid by card",
    "sepa_debit": "Paid by SEPA Direct Debit",
    "bacs_debit": "Paid by Bacs Direct Debit",
    "us_bank_account": "Paid from a US bank account",
}


def document_pdf(data: dict[str, Any]) -> bytes:
    """Return the invoice or credit note whose data this is as a PDF; the same data always make the same pages."""
    return pdf("invoice.typ", document_words(data))


@plainly()
def document_words(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an invoice or credit note as the words that are printed."""
    currency = data["currency"]

    def money(minor: int) -> str:
        return fiat_text(minor, currency)

    return {
        "number": data["number"],
        "facts": _facts(data),
        "seller": party(data["seller"]),
        "buyer": party(data["buyer"]),
        "lines": [_line(line, currency) for line in data["lines"]],
        "vat_by_rate": [
            {"rate": percent(row["bp"]), "net": money(row["net_minor"]), "vat": money(row["vat_minor"])}
            for row in data["vat_by_rate"]
        ],
        "vat_home": _vat_home(data),
        "vat_note": data["vat_note"],
        "net": money(data["net_minor"]),
        "total": money(data["total_minor"]),
        "reference": data["payment"]["reference"],
        **(_credit_words(data) if data.get("kind") == "credit_note" else _invoice_words(data)),
    }


def _facts(data: dict[str, Any]) -> list[list[str]]:
    """Return what stands beside the parties: a label and a value each."""
    credit = data.get("kind") == "credit_note"
    found = [
        ["Credit note date" if credit else "Invoice date", day(data["issued_at"])],
        ["Date of correction" if credit else "Date of supply", day(data["supplied_at"])],
        ["Currency", data["currency"]],
        ["Your PO number", data.get("po_number", "")],
        ["Your cost centre", data.get("cost_centre", "")],
    ]
    return [[label, value] for label, value in found if value]


def _line(line: dict[str, Any], currency: str) -> dict[str, str]:
    return {
        "description": line["description"],
        "quantity": credits_text(line["credits_micro"]) if "credits_micro" in line else "",
        "price": rate_text(line["rate_micro"], currency) if "rate_micro" in line else "",
        "vat": percent(line["vat_bp"]),
        "net": fiat_text(line["net_minor"], currency),
    }


def _vat_home(data: dict[str, Any]) -> str:
    home = data.get("vat_home")
    if not home:
        return ""
    return (
        f"VAT in {home['currency']}: {fiat_text(home['vat_minor'], home['currency'])}, at "
        f"{home['rate_micro'] / 1_000_000:.6f} {home['currency']} for 1 {data['currency']} "
        f"({home['source']}, {moment(home['at'])})."
    )


def _invoice_words(data: dict[str, Any]) -> dict[str, str]:
    currency, method = data["currency"], data["payment"]["method"]
    rate = (
        f"1 credit = 1 NOS. Price of NOS: {rate_text(data['rate_micro'], currency)} "
        f"({data['rate_source']}, {moment(data['rate_at'])}), with {percent(data['spread_bp'])} "
        f"for the exchange: {rate_text(data['rate_charged_micro'], currency)}."
    )
    proof = data.get("vat_check")
    if proof:
        number = f", consultation {proof['consultation']}" if proof["consultation"] else ""
        rate = f"The customer’s VAT id was confirmed by VIES on {moment(proof['at'])}{number}. {rate}"
    return {
        "title": "Invoice",
        "lead": f"Replaces invoice {data['replaces']}, which was credited." if data.get("replaces") else "",
        "settled": f"{METHODS.get(method, 'Paid by ' + method)} on {day(data['supplied_at'])}.",
        "remains": "Nothing remains to be paid.",
        "small": rate,
    }


def _credit_words(data: dict[str, Any]) -> dict[str, str]:
    invoice = data["invoice"]
    return {
        "title": "Credit note",
        "lead": f"Corrects invoice {invoice['number']} of {day(invoice['issued_at'])}. {data['reason']}.",
        "settled": f"{fiat_text(data['total_minor'], data['currency'])} less than invoiced.",
        "remains": "Whatever was paid too much goes back the way it was paid.",
        "small": "",
    }
