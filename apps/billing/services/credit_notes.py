"""Credit notes: due, numbered, printed and mailed as invoices are, each step once."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.documents import document_pdf, document_xml
from apps.billing.errors import AmountInvalid, CreditExceedsInvoice, InvoiceUnknown
from apps.billing.models import CreditNote, CreditNoteDue, Invoice, InvoiceDue
from apps.billing.pricing import converted
from apps.billing.selectors.documents import finance_address
from apps.billing.services.invoices import PATIENCE, invoice_number
from apps.billing.services.numbers import number_next
from apps.core.errors import KeyReused
from apps.core.mail import mail_write
from apps.core.money import fiat_text
from apps.core.queue import enqueue
from apps.core.sweeping import each_apart
from apps.organisations.models import Organisation
from apps.organisations.selectors import mail_language

LIMIT = 10**15  # minor units: far above any invoice
BATCH = 100  # credit notes in one round


def credit_note_due(
    *,
    topup_id: uuid.UUID | str,
    net_minor: int,
    vat_minor: int,
    key: str,
    now: datetime,
    reason: str = said.REFUNDED,
) -> CreditNoteDue:
    """Promise a credit note over part of a top-up's invoice, in minor units; the same key again changes nothing.

    Runs in the caller's transaction if there is one, so that a refund and its credit note are booked together.
    Raises InvoiceUnknown, AmountInvalid, CreditExceedsInvoice when more would be credited than was invoiced,
    KeyReused for the same key with another top-up or other amounts.
    """
    parts = (net_minor, vat_minor)
    if any(type(part) is not int or not 0 <= part <= LIMIT for part in parts) or not any(parts):
        raise AmountInvalid(
            _("A credit note over %(parts)s minor units is none: net and VAT are whole numbers, together above 0.")
            % {"parts": parts}
        )
    with transaction.atomic():
        due = invoice_due_locked(topup_id)
        earlier = CreditNoteDue.objects.select_related("invoice_due").filter(key=key).first()
        if earlier is not None:
            told = (earlier.invoice_due.topup_id, earlier.net_minor, earlier.vat_minor)
            if told != (str(topup_id), *parts):
                raise KeyReused(
                    _("The credit note “%(key)s” was promised with other amounts; use a new key.") % {"key": key}
                )
            return earlier
        _check_within(due, net_minor=net_minor, vat_minor=vat_minor)
        promised = CreditNoteDue.objects.create(
            organisation_id=due.organisation_id,
            invoice_due=due,
            key=key,
            net_minor=net_minor,
            vat_minor=vat_minor,
            reason=reason[:200],
            created_at=now,
        )
        enqueue("billing.credit_note_issue", credit_note_due_id=str(promised.id))
    return promised


def invoice_due_locked(topup_id: uuid.UUID | str) -> InvoiceDue:
    """Lock a top-up's invoices and return the one in force, which no other replaces. Raises InvoiceUnknown."""
    dues = list(InvoiceDue.objects.select_for_update(no_key=True).filter(topup_id=str(topup_id)).order_by("id"))
    if not dues:
        raise InvoiceUnknown(
            _("There is no invoice for the top-up %(topup_id)s; it is written when it is credited.")
            % {"topup_id": topup_id}
        )
    replaced = {due.replaces_id for due in dues}
    return next(due for due in dues if due.id not in replaced)


def creditable(due: InvoiceDue) -> tuple[int, int]:
    """Return (net, VAT) in minor units that can still be credited of an invoice."""
    sums = due.credits_due.aggregate(net=Sum("net_minor"), vat=Sum("vat_minor"))
    return due.facts["net_minor"] - (sums["net"] or 0), due.facts["vat_minor"] - (sums["vat"] or 0)


def _check_within(due: InvoiceDue, *, net_minor: int, vat_minor: int) -> None:
    net_left, vat_left = creditable(due)
    if net_minor > net_left or vat_minor > vat_left:
        currency = due.facts["currency"]
        raise CreditExceedsInvoice(
            _(
                "Of this invoice %(net_left)s and %(vat_left)s VAT can still be credited, not %(net)s and "
                "%(vat)s; credit less."
            )
            % {
                "net_left": fiat_text(net_left, currency),
                "vat_left": fiat_text(vat_left, currency),
                "net": fiat_text(net_minor, currency),
                "vat": fiat_text(vat_minor, currency),
            }
        )


def credit_note_issue(*, credit_note_due_id: uuid.UUID | str, now: datetime) -> CreditNote:
    """Number, print and mail the credit note that is due, going on from wherever an earlier try ended.

    Its invoice is numbered first if it is not. Raises CreditNoteDue.DoesNotExist.
    """
    note = credit_note_number(credit_note_due_id=credit_note_due_id, now=now)
    note = _print(note)
    _mail(note)
    CreditNoteDue.objects.filter(id=credit_note_due_id, finished_at=None).update(finished_at=now)
    return note


def credit_note_number(*, credit_note_due_id: uuid.UUID | str, now: datetime) -> CreditNote:
    """Give the due its credit note, with the next number of its own series, without a gap; once.

    Raises CreditNoteDue.DoesNotExist.
    """
    invoice_due_id = CreditNoteDue.objects.values_list("invoice_due_id", flat=True).get(id=credit_note_due_id)
    invoice = invoice_number(invoice_due_id=invoice_due_id, now=now)
    with transaction.atomic():
        due = CreditNoteDue.objects.select_for_update().get(id=credit_note_due_id)
        earlier = CreditNote.objects.filter(due=due).first()
        if earlier is not None:
            return earlier
        series, sequence, number = number_next(f"{invoice.data['series_prefix']}-CN", now=now)
        return CreditNote.objects.create(
            organisation_id=due.organisation_id,
            due=due,
            invoice=invoice,
            series=series,
            sequence=sequence,
            number=number,
            issued_at=now,
            currency=invoice.currency,
            net_minor=due.net_minor,
            vat_minor=due.vat_minor,
            total_minor=due.net_minor + due.vat_minor,
            data=credit_note_facts(invoice, due, number=number, now=now),
        )


def credit_note_facts(invoice: Invoice, due: CreditNoteDue, *, number: str, now: datetime) -> dict[str, Any]:
    """Return what the credit note will say: the invoice's parties and rule, its own amounts."""
    facts: dict[str, Any] = dict(invoice.data)
    bp = facts["vat_by_rate"][0]["bp"]
    amounts = {"net_minor": due.net_minor, "vat_minor": due.vat_minor}
    home = facts.get("vat_home")
    if home:
        # Of all credit notes of an invoice together, so that they come to what the invoice says and no cent more.
        before = sum(invoice.credit_notes.values_list("vat_minor", flat=True))
        told = [converted(minor, home["rate_micro"]) for minor in (before, before + due.vat_minor)]
        home = {**home, "vat_minor": told[1] - told[0]}
    line = {"description": f"Credit for invoice {invoice.number}: {due.reason}", "vat_bp": bp}
    return {
        "kind": "credit_note",
        **{key: facts[key] for key in ("seller", "buyer", "currency", "vat_rule", "vat_note", "payment")},
        **{key: facts.get(key, "") for key in ("po_number", "cost_centre")},
        "invoice": {"number": invoice.number, "issued_at": invoice.data["issued_at"]},
        "reason": due.reason,
        "lines": [{**line, "net_minor": due.net_minor}],
        "vat_by_rate": [{"bp": bp, **amounts}],
        "vat_home": home,
        **amounts,
        "total_minor": due.net_minor + due.vat_minor,
        "number": number,
        "issued_at": now.isoformat(),
        "supplied_at": due.created_at.isoformat(),
    }


def credit_notes_sweep(*, now: datetime) -> int:
    """Finish the credit notes that an interruption left behind; return how many. One failing stops no other."""
    due = CreditNoteDue.objects.filter(finished_at=None, created_at__lt=now - PATIENCE).order_by("created_at")
    ids = list(due.values_list("id", flat=True)[:BATCH])
    return len(each_apart(ids, lambda due_id: credit_note_issue(credit_note_due_id=due_id, now=now)))


def _print(note: CreditNote) -> CreditNote:
    if note.pdf is None:
        CreditNote.objects.filter(id=note.id, pdf=None).update(pdf=document_pdf(note.data))
        note.refresh_from_db(fields=["pdf"])
    return note


def _mail(note: CreditNote) -> None:
    organisation = Organisation.objects.get(id=note.organisation_id)
    address = finance_address(organisation)
    mail_write(
        key=f"credit-note:{note.number}",
        to=address,
        language=mail_language(organisation, address),
        template="credit_note",
        context={
            "note": note,
            "organisation": organisation,
            "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/credit-notes/",
        },
        attachments=[
            (f"{note.number}.pdf", "application/pdf", bytes(note.pdf or b"")),
            (f"{note.number}.xml", "application/xml", document_xml(note.data)),
        ],
    )
