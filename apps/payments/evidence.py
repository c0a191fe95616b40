"""The evidence of a dispute: who paid, who agreed to what, who came from where, and what was done with it.

What jobs know comes through the port `payments.evidence`; this app knows no jobs.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from apps.billing.documents import document_pdf, records_pdf
from apps.billing.models import Invoice
from apps.billing.selectors import movements, usage_lines
from apps.core.csv import csv_lines
from apps.core.languages import plainly
from apps.core.money import credits_text, fiat_text
from apps.core.sheets import Sheet
from apps.core.wiring import ask
from apps.organisations.selectors.audit import AuditFilters, audit_all
from apps.payments.models import Dispute, Refund

MOST = 2_000  # rows of a sheet: evidence is read by people


@plainly()
def evidence_zip(*, dispute: Dispute, now: datetime) -> bytes:
    """Return all evidence as one archive: the PDF a bank reads, the invoice, and every table as CSV."""
    sheets = evidence_sheets(dispute=dispute, now=now)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.pdf", evidence_pdf(dispute=dispute, sheets=sheets))
        for number, pdf in invoices_of(dispute):
            archive.writestr(f"invoice-{number}.pdf", pdf)
        for sheet in sheets:
            archive.writestr(f"{sheet.name}.csv", "".join(csv_lines(sheet.columns, sheet.rows)))
    return content.getvalue()


@plainly()
def evidence_pdf(*, dispute: Dispute, sheets: list[Sheet]) -> bytes:
    """Return the evidence as a bank reads it: our statement, the facts, and the tables."""
    return records_pdf(
        title=f"Dispute {dispute.dispute_id}",
        statement=dispute.statement,
        facts=evidence_facts(dispute),
        sheets=sheets,
    )


def evidence_facts(dispute: Dispute) -> list[tuple[str, str]]:
    """Return the facts of the payment, a label and a value each."""
    topup, organisation = dispute.topup, dispute.organisation
    quote = topup.quote
    found = [
        ("Disputed", fiat_text(dispute.amount_minor, dispute.currency)),
        ("Reason given", dispute.reason_text),
        ("Customer", organisation.legal_name or organisation.name),
        ("Address", ", ".join(line.strip() for line in organisation.address.splitlines() if line.strip())),
        ("VAT id", organisation.vat_id),
        ("Paid by", topup.user.email),
        ("Paid", _text(topup.paid_at)),
        ("Payment at Stripe", topup.payment_intent or ""),
        (
            "Bought",
            f"{credits_text(topup.price.credits_micro)} credits for {fiat_text(quote.total_minor, quote.currency)}",
        ),
    ]
    return [(label, value) for label, value in found if value]


def evidence_sheets(*, dispute: Dispute, now: datetime) -> list[Sheet]:
    """Return the tables: terms, refunds, activity, credits, usage, and what the apps above can show."""
    since = dispute.topup.paid_at or dispute.opened_at
    return [
        _terms(dispute),
        _refunds(dispute),
        _activity(dispute, until=now),
        _movements(dispute, since=since),
        _usage(dispute, since=since, until=now),
        *ask("payments.evidence", organisation_id=dispute.organisation_id, since=since, until=now),
    ]


def invoices_of(dispute: Dispute) -> Iterator[tuple[str, bytes]]:
    """Yield number and PDF of each invoice of the disputed top-up."""
    for invoice in Invoice.objects.filter(due__topup_id=str(dispute.topup_id)).order_by("issued_at"):
        yield invoice.number, bytes(invoice.pdf) if invoice.pdf else document_pdf(invoice.data)


def purchase_address(dispute: Dispute) -> str:
    """Return the newest IP address the payer acted from before they paid, or ''."""
    filters = AuditFilters(until=dispute.topup.paid_at)
    lines = islice(audit_all(dispute.organisation, filters), MOST)
    found = (line.content.get("address", "") for line in lines if line.event.user_id == dispute.topup.user_id)
    return next((str(address) for address in found if address), "")


def _terms(dispute: Dispute) -> Sheet:
    accepted = dispute.organisation.terms_acceptances.select_related("user").order_by("accepted_at")
    rows = [(row.version, _text(row.accepted_at), row.user.email) for row in accepted]
    return Sheet("terms", "Terms of service accepted", ("version", "accepted", "by"), rows)


def _refunds(dispute: Dispute) -> Sheet:
    rows = [
        (_text(refund.created_at), fiat_text(refund.gross_minor, refund.currency), refund.get_state_display(),
         refund.stripe_refund_id or "")
        for refund in Refund.objects.filter(topup_id=dispute.topup_id).order_by("created_at")
    ]  # fmt: skip
    return Sheet("refunds", "Refunded before", ("when", "amount", "state", "refund at Stripe"), rows)


def _activity(dispute: Dispute, *, until: datetime) -> Sheet:
    lines = islice(audit_all(dispute.organisation, AuditFilters(until=until)), MOST)
    rows = [
        (_text(line.event.at), line.who, line.event.act, line.on, line.content.get("address", ""),
         line.content.get("agent", ""))
        for line in lines
    ]  # fmt: skip
    columns = ("when", "who", "what", "on", "IP address", "browser")
    return Sheet("activity", "Who did what, and from where", columns, rows)


def _movements(dispute: Dispute, *, since: datetime) -> Sheet:
    rows = [
        (_text(row.at), row.sentence, credits_text(row.amount_micro))
        for row in movements(dispute.organisation, limit=MOST)
        if row.at >= since
    ]
    return Sheet("ledger", "Credits that came and went since", ("when", "what", "credits"), rows)


def _usage(dispute: Dispute, *, since: datetime, until: datetime) -> Sheet:
    rows = [
        (_text(line.settled_at), line.label, line.project, line.member, line.market, line.seconds,
         credits_text(line.amount_micro))
        for line in islice(usage_lines(dispute.organisation, since=since, until=until), MOST)
    ]  # fmt: skip
    columns = ("settled", "job", "project", "by", "market", "seconds", "credits")
    return Sheet("usage", "Usage that was charged", columns, rows)


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
