"""An organisation's invoices and credit notes."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from apps.billing.models import CreditNote, Document, Invoice
from apps.core.errors import Conflict, NotFound
from apps.organisations.models import Organisation
from apps.organisations.roles import Role

Kind = TypeVar("Kind", bound=Document)


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


def credit_notes_of(organisation: Organisation) -> QuerySet[CreditNote]:
    """Return the organisation's credit notes with their invoices, without PDFs, newest first."""
    rows = CreditNote.objects.filter(organisation=organisation).select_related("invoice").order_by("-id")
    return rows.defer("pdf", "invoice__pdf", "invoice__data")


def credit_notes_found(organisation: Organisation, search: str) -> QuerySet[CreditNote]:
    """Return the organisation's credit notes of which their number, or their invoice's, has that part."""
    rows = credit_notes_of(organisation)
    return rows.filter(Q(number__icontains=search) | Q(invoice__number__icontains=search)) if search else rows


def document_get(kind: type[Kind], organisation: Organisation, number: str) -> Kind:
    """Return the organisation's invoice or credit note with its PDF. Raises NotFound."""
    found = kind._default_manager.filter(organisation=organisation, number=number).first()
    if found is None:
        raise NotFound(kind.NOT_FOUND % {"number": number, "organisation": organisation.name})
    return found


def document_pdf(document: Document) -> bytes:
    """Return what was printed. Raises Conflict while it is being printed."""
    if document.pdf is None:
        raise Conflict(document.BEING_PRINTED % {"number": document.number})
    return bytes(document.pdf)


def finance_address(organisation: Organisation) -> str:
    """Return where the organisation's documents are mailed: its finance address, else its owner's."""
    if organisation.finance_email:
        return organisation.finance_email
    return organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
