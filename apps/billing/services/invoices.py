"""From invoice due to the customer's mailbox, each step once, whatever crashes in between.

1. `topup_credit` writes the due with its facts.  2. A short transaction numbers it: no credit waits for a number,
no number is lost.  3. The PDF is printed from the invoice's own data.  4. The mail is promised under the invoice's
number. 5. The due is finished. Each step looks at what is there and goes on from it.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.billing.documents import document_pdf, document_xml
from apps.billing.models import Invoice, InvoiceDue
from apps.billing.selectors.invoices import finance_address
from apps.billing.services.numbers import number_next
from apps.core.mail import mail_write
from apps.core.models import Mail
from apps.organisations.models import Organisation

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=1)  # how long the task may take before the sweep does its work


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
        series, sequence, number = number_next(due.facts["series_prefix"], now=now)
        data = {**due.facts, "kind": "invoice", "number": number, "issued_at": now.isoformat()}
        if due.replaces_id is not None:
            data["replaces"] = (
                Invoice.objects.filter(due_id=due.replaces_id).values_list("number", flat=True).first()
            )
        return Invoice.objects.create(
            organisation_id=due.organisation_id,
            due=due,
            series=series,
            sequence=sequence,
            number=number,
            issued_at=now,
            currency=due.facts["currency"],
            net_minor=due.facts["net_minor"],
            vat_minor=due.facts["vat_minor"],
            total_minor=due.facts["total_minor"],
            data=data,
        )


def invoice_print(invoice: Invoice) -> Invoice:
    """Add the PDF to the invoice, once, and return the invoice with it."""
    if invoice.pdf is None:
        content = document_pdf(invoice.data)
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
    invoice_mail(invoice, key=f"invoice:{invoice.number}")


def invoice_mail(invoice: Invoice, *, key: str) -> Mail:
    """Promise a mail with the invoice's PDF and XML to the organisation's finance address, once per key."""
    organisation = Organisation.objects.get(id=invoice.organisation_id)
    return mail_write(
        key=key,
        to=finance_address(organisation),
        template="invoice",
        context={
            "invoice": invoice,
            "organisation": organisation,
            "platform": settings.PLATFORM_NAME,
            "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/invoices/",
        },
        attachments=[
            (f"{invoice.number}.pdf", "application/pdf", bytes(invoice.pdf or b"")),
            (f"{invoice.number}.xml", "application/xml", document_xml(invoice.data)),
        ],
    )
