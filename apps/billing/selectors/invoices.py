"""An organisation's invoices."""

import uuid

from django.db.models import QuerySet

from apps.billing.models import Invoice
from apps.core.errors import NotFound
from apps.organisations.models import Organisation
from apps.organisations.roles import Role

PAGE = 50


def invoices_of(organisation: Organisation) -> QuerySet[Invoice]:
    """Return the organisation's invoices without their PDFs, newest first."""
    return Invoice.objects.filter(organisation=organisation).defer("pdf").order_by("-id")


def invoices_page(organisation: Organisation, before: uuid.UUID | None = None, limit: int = PAGE) -> list[Invoice]:
    """Return a page of the organisation's invoices, newest first; `before` is the last id of the page before."""
    rows = invoices_of(organisation)
    return list((rows.filter(id__lt=before) if before else rows)[:limit])


def invoice_get(organisation: Organisation, number: str) -> Invoice:
    """Return the organisation's invoice with its PDF. Raises NotFound."""
    invoice = Invoice.objects.filter(organisation=organisation, number=number).first()
    if invoice is None:
        raise NotFound(f"There is no invoice “{number}” in {organisation.name}; choose one from the list.")
    return invoice


def finance_address(organisation: Organisation) -> str:
    """Return where the organisation's documents are mailed: its finance address, else its owner's."""
    if organisation.finance_email:
        return organisation.finance_email
    return organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
