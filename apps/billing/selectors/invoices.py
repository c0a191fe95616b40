"""An organisation's invoices."""

import uuid

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.billing.models import CreditNote, Invoice
from apps.core.errors import NotFound
from apps.organisations.models import Organisation
from apps.organisations.roles import Role

PAGE = 50


def invoices_of(organisation: Organisation) -> QuerySet[Invoice]:
    """Return the organisation's invoices without their PDFs, newest first."""
    return Invoice.objects.filter(organisation=organisation).defer("pdf").order_by("-id")


def invoices_found(organisation: Organisation, search: str) -> QuerySet[Invoice]:
    """Return the organisation's invoices of which a number, PO number or payment reference has that part."""
    rows = invoices_of(organisation)
    if not search:
        return rows
    return rows.filter(
        Q(number__icontains=search)
        | Q(data__po_number__icontains=search)
        | Q(data__payment__reference__icontains=search)
    )


def invoices_page(
    organisation: Organisation, before: uuid.UUID | None = None, limit: int = PAGE, *, search: str = ""
) -> list[Invoice]:
    """Return a page of what the search finds, newest first; `before` is the last id of the page before."""
    rows = invoices_found(organisation, search)
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def invoice_get(organisation: Organisation, number: str) -> Invoice:
    """Return the organisation's invoice with its PDF. Raises NotFound."""
    invoice = Invoice.objects.filter(organisation=organisation, number=number).first()
    if invoice is None:
        raise NotFound(
            _("There is no invoice “%(number)s” in %(organisation)s; choose one from the list.")
            % {"number": number, "organisation": organisation.name}
        )
    return invoice


def credit_notes_of(organisation: Organisation) -> QuerySet[CreditNote]:
    """Return the organisation's credit notes with their invoices, without PDFs, newest first."""
    rows = CreditNote.objects.filter(organisation=organisation).select_related("invoice").order_by("-id")
    return rows.defer("pdf", "invoice__pdf", "invoice__data")


def credit_notes_found(organisation: Organisation, search: str) -> QuerySet[CreditNote]:
    """Return the organisation's credit notes of which their number, or their invoice's, has that part."""
    rows = credit_notes_of(organisation)
    return rows.filter(Q(number__icontains=search) | Q(invoice__number__icontains=search)) if search else rows


def credit_notes_page(
    organisation: Organisation, before: uuid.UUID | None = None, limit: int = PAGE
) -> list[CreditNote]:
    """Return a page of the organisation's credit notes with their invoices, newest first."""
    rows = credit_notes_of(organisation)
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def credit_note_get(organisation: Organisation, number: str) -> CreditNote:
    """Return the organisation's credit note with its PDF. Raises NotFound."""
    note = CreditNote.objects.filter(organisation=organisation, number=number).first()
    if note is None:
        raise NotFound(
            _("There is no credit note “%(number)s” in %(organisation)s; choose one from the list.")
            % {"number": number, "organisation": organisation.name}
        )
    return note


def finance_address(organisation: Organisation) -> str:
    """Return where the organisation's documents are mailed: its finance address, else its owner's."""
    if organisation.finance_email:
        return organisation.finance_email
    return organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
