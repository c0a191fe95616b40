"""From invoice due to the customer's mailbox, each step once, whatever crashes in between.

1. `topup_credit` writes the due with its facts.  2. A short transaction numbers it: no credit waits for a number,
no number is lost.  3. The PDF is printed from the invoice's own data.  4. The mail is promised under the invoice's
number. 5. The due is finished. Each step looks at what is there and goes on from it.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.documents import document_pdf, document_xml
from apps.billing.errors import SentTooOften
from apps.billing.events import INVOICE_ISSUED
from apps.billing.models import Invoice, InvoiceDue
from apps.billing.selectors.documents import document_get, finance_address
from apps.billing.services.numbers import number_next
from apps.core.errors import Conflict, NotFound
from apps.core.mail import mail_write
from apps.core.models import Mail
from apps.core.sweeping import each_apart
from apps.notifications.services import event_emit
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import mail_language
from apps.organisations.services import RESENDS, Actor, audit_record, reason_read, staff_require

SENT_A_DAY = 3
BATCH = 100  # invoices in one round
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

    The invoice that it replaces, if any, is numbered first, since this one names it. Raises InvoiceDue.DoesNotExist.
    """
    replaces_id = InvoiceDue.objects.values_list("replaces_id", flat=True).get(id=invoice_due_id)
    replaces = invoice_number(invoice_due_id=replaces_id, now=now).number if replaces_id else None
    with transaction.atomic():
        due = InvoiceDue.objects.select_for_update().get(id=invoice_due_id)
        earlier = Invoice.objects.filter(due=due).first()
        if earlier is not None:
            return earlier
        series, sequence, number = number_next(due.facts["series_prefix"], now=now)
        data = {**due.facts, "kind": "invoice", "number": number, "issued_at": now.isoformat()}
        if replaces is not None:
            data["replaces"] = replaces
        invoice = Invoice.objects.create(
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
        event_emit(
            organisation_id=invoice.organisation_id,
            type=INVOICE_ISSUED.name,
            subject=f"invoice:{number}",
            key=f"invoice:{number}",
            data={name: getattr(invoice, name) for name in INVOICE_ISSUED.example},
            mailed=[finance_address(due.organisation)],
            now=now,
        )
    return invoice


def invoice_print(invoice: Invoice) -> Invoice:
    """Add the PDF to the invoice, once, and return the invoice with it."""
    if invoice.pdf is None:
        content = document_pdf(invoice.data)
        Invoice.objects.filter(id=invoice.id, pdf=None).update(pdf=content)
        invoice.refresh_from_db(fields=["pdf"])
    return invoice


def invoices_sweep(*, now: datetime) -> int:
    """Finish the invoices that an interruption left behind; return how many. One that fails stops no other."""
    due = InvoiceDue.objects.filter(finished_at=None, created_at__lt=now - PATIENCE).order_by("created_at")
    ids = list(due.values_list("id", flat=True)[:BATCH])
    return len(each_apart(ids, lambda due_id: invoice_issue(invoice_due_id=due_id, now=now)))


def invoice_send_again(*, membership: Membership, number: str, actor: Actor, now: datetime) -> Mail:
    """Mail an invoice to the finance address once more; a second press within a minute sends nothing more.

    Raises Denied, NotFound, Conflict while it is being printed, SentTooOften after three times in a day (UTC).
    """
    membership.require(Permission.BILLING_MANAGE)
    return _send_again(membership.organisation, number, actor, now=now)


def invoice_send_for(*, organisation_id: uuid.UUID, number: str, reason: str, actor: Actor, now: datetime) -> Mail:
    """Mail an organisation's invoice to its finance address once more, for staff. Raises as invoice_send_again."""
    staff_require(actor, RESENDS)
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound()
    return _send_again(organisation, number, actor, reason=reason_read(reason), now=now)


def _send_again(organisation: Organisation, number: str, actor: Actor, *, now: datetime, reason: str = "") -> Mail:
    with transaction.atomic():
        invoice = document_get(Invoice, organisation, number)
        Invoice.objects.select_for_update(no_key=True).only("id").get(id=invoice.id)
        if invoice.pdf is None:
            raise Conflict(
                _("Invoice %(number)s is being printed; it is mailed when it is ready.") % {"number": number}
            )
        day = f"invoice:{number}:again:{now:%Y-%m-%d}"
        key = f"{day}T{now:%H:%M}"
        earlier = Mail.objects.filter(key__startswith=day)
        if earlier.count() >= SENT_A_DAY and not earlier.filter(key=key).exists():
            raise SentTooOften(
                _(
                    "Invoice %(number)s was sent %(sent_a_day)s times today; look for it in the spam folder of "
                    "%(organisation)s, or download it here."
                )
                % {
                    "number": number,
                    "sent_a_day": SENT_A_DAY,
                    "organisation": finance_address(organisation),
                }
            )
        fresh = not earlier.filter(key=key).exists()
        mail = invoice_mail(invoice, key=key)
        if fresh:
            audit_record(
                organisation_id=organisation.pk,
                actor=actor,
                act="invoice.sent",
                subject=f"invoice:{number}",
                why=reason,
                now=now,
            )
    return mail


def _mail(invoice: Invoice) -> None:
    invoice_mail(invoice, key=f"invoice:{invoice.number}")


def invoice_mail(invoice: Invoice, *, key: str) -> Mail:
    """Promise a mail with the invoice's PDF and XML to the organisation's finance address, once per key."""
    organisation = Organisation.objects.get(id=invoice.organisation_id)
    address = finance_address(organisation)
    return mail_write(
        key=key,
        to=address,
        language=mail_language(organisation, address),
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
