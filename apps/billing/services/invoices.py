"""From invoice due to the customer's mailbox, each step once, whatever crashes in between.

1. `topup_credit` writes the due with its facts.  2. A short transaction numbers it: no credit waits for a number,
no number is lost.  3. The PDF is printed from the invoice's own data.  4. The mail is promised under the invoice's
number. 5. The due is finished. Each step looks at what is there and goes on from it.
"""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.billing.documents import invoice_pdf
from apps.billing.models import Invoice, InvoiceCounter, InvoiceDue, Quote
from apps.core.mail import mail_write
from apps.organisations.models import Organisation
from apps.organisations.roles import Role

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=1)  # how long the task may take before the sweep does its work


def invoice_facts(quote: Quote, *, payment_reference: str, payment_method: str, now: datetime) -> dict[str, Any]:
    """Return what the invoice will say, as it is true now: later changes of address or rate do not reach it."""
    organisation = quote.organisation
    line = {
        "description": "Compute credits for the Nosana network",
        "credits_micro": quote.credits_micro,
        "rate_micro": quote.rate_charged_micro,
        "net_minor": quote.net_minor,
        "vat_bp": quote.vat_bp,
    }
    return {
        "seller": {key: settings.SELLER[key] for key in ("name", "address", "country", "vat_id", "email")},
        "series_prefix": settings.SELLER["prefix"],
        "buyer": {
            "name": organisation.legal_name or organisation.name,
            "address": organisation.address,
            "country": organisation.country,
            "vat_id": organisation.vat_id,
        },
        "currency": quote.currency,
        "lines": [line],
        "vat_by_rate": [{"bp": quote.vat_bp, "net_minor": quote.net_minor, "vat_minor": quote.vat_minor}],
        "vat_rule": quote.vat_rule,
        "vat_note": quote.vat_note,
        "net_minor": quote.net_minor,
        "vat_minor": quote.vat_minor,
        "total_minor": quote.total_minor,
        "credits_micro": quote.credits_micro,
        "rate_micro": quote.rate_micro,
        "spread_bp": quote.spread_bp,
        "rate_charged_micro": quote.rate_charged_micro,
        "rate_source": quote.rate_source,
        "rate_at": quote.rate_at.isoformat(),
        "payment": {"method": payment_method, "reference": payment_reference},
        "supplied_at": now.isoformat(),
    }


def invoice_issue(*, invoice_due_id: uuid.UUID | str, now: datetime) -> Invoice:
    """Number, print and mail the invoice that is due, going on from wherever an earlier try ended.

    Raises InvoiceDue.DoesNotExist.
    """
    invoice = invoice_number(invoice_due_id=invoice_due_id, now=now)
    invoice = invoice_print(invoice)
    _mail(invoice)
    InvoiceDue.objects.filter(id=invoice_due_id, finished_at=None).update(finished_at=now)
    return invoice


def invoice_number(*, invoice_due_id: uuid.UUID | str, now: datetime) -> Invoice:
    """Give the due its invoice, with the next number of the seller's year (UTC), without a gap; once.

    Raises InvoiceDue.DoesNotExist.
    """
    with transaction.atomic():
        due = InvoiceDue.objects.select_for_update().get(id=invoice_due_id)
        earlier = Invoice.objects.filter(due=due).first()
        if earlier is not None:
            return earlier
        series = f"{due.facts['series_prefix']}-{now:%Y}"
        InvoiceCounter.objects.bulk_create([InvoiceCounter(series=series)], ignore_conflicts=True)
        counter = InvoiceCounter.objects.select_for_update().get(series=series)
        counter.last += 1
        counter.save(update_fields=["last"])
        number = f"{series}-{counter.last:06d}"
        return Invoice.objects.create(
            organisation_id=due.organisation_id,
            due=due,
            series=series,
            sequence=counter.last,
            number=number,
            issued_at=now,
            currency=due.facts["currency"],
            net_minor=due.facts["net_minor"],
            vat_minor=due.facts["vat_minor"],
            total_minor=due.facts["total_minor"],
            data={**due.facts, "number": number, "issued_at": now.isoformat()},
        )


def invoice_print(invoice: Invoice) -> Invoice:
    """Add the PDF to the invoice, once, and return the invoice with it."""
    if invoice.pdf is None:
        content = invoice_pdf(invoice.data)
        Invoice.objects.filter(id=invoice.id, pdf=None).update(pdf=content)
        invoice.refresh_from_db(fields=["pdf"])
    return invoice


def invoices_sweep(*, now: datetime, limit: int = 100) -> int:
    """Finish the invoices that an interruption left behind; return how many. One that fails stops no other."""
    due = InvoiceDue.objects.filter(finished_at=None, created_at__lt=now - PATIENCE).order_by("created_at")
    finished = 0
    for due_id in list(due.values_list("id", flat=True)[:limit]):
        try:
            invoice_issue(invoice_due_id=due_id, now=now)
            finished += 1
        except Exception:
            logger.exception("invoice due %s could not be finished; the next sweep tries again", due_id)
    return finished


def _mail(invoice: Invoice) -> None:
    organisation = Organisation.objects.get(id=invoice.organisation_id)
    owner = organisation.memberships.select_related("user").get(role=Role.OWNER).user
    mail_write(
        key=f"invoice:{invoice.number}",
        to=organisation.finance_email or owner.email,
        template="invoice",
        context={
            "invoice": invoice,
            "organisation": organisation,
            "platform": settings.PLATFORM_NAME,
            "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/invoices/",
        },
        attachments=[(f"{invoice.number}.pdf", "application/pdf", bytes(invoice.pdf or b""))],
    )
