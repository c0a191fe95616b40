"""Pages of invoices and credit notes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from apps.billing import documents, selectors
from apps.billing.models import Document
from apps.billing.services import invoice_send_again
from apps.billing.views.frame import download, enter
from apps.core.errors import AppError
from apps.core.lists import Column, Listing, Table, list_csv, list_shown, utc_text
from apps.core.money import fiat_plain
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

NET, VAT, TOTAL = (
    Column("net", _("Net"), sort="net_minor", number=True),
    Column("vat", _("VAT"), number=True),
    Column("total", _("Total"), sort="total_minor", number=True),
)
FILES = Column("files", _("Files"), number=True, always=True)
INVOICES = Table(
    area="invoices",
    sort="-issued",
    page=50,
    search=_("Number, PO number or payment reference"),
    csv=True,
    columns=(
        Column("number", _("Invoice"), sort="number", always=True),
        Column("issued", _("Issued"), sort="id"),
        Column("po", _("PO number"), shown=False),
        NET,
        VAT,
        TOTAL,
        FILES,
    ),
)
CREDIT_NOTES = Table(
    area="credit-notes",
    sort="-issued",
    page=50,
    search=_("Number of a credit note or of its invoice"),
    csv=True,
    columns=(
        Column("number", _("Credit note"), sort="number", always=True),
        Column("issued", _("Issued"), sort="id"),
        Column("corrects", _("Corrects")),
        Column("reason", _("Reason")),
        replace(NET, shown=False),
        replace(VAT, shown=False),
        TOTAL,
        FILES,
    ),
)
Cells = dict[str, Callable[[Any], object]]
NAMED: Cells = {"number": lambda one: one.number, "issued_at": lambda one: utc_text(one.issued_at)}
AMOUNTS: Cells = {
    "currency": lambda one: one.currency,
    "net": lambda one: fiat_plain(one.net_minor, one.currency),
    "vat": lambda one: fiat_plain(one.vat_minor, one.currency),
    "total": lambda one: fiat_plain(one.total_minor, one.currency),
}
INVOICE_CELLS: Cells = NAMED | {"po_number": lambda one: one.data.get("po_number", "")} | AMOUNTS
CREDIT_NOTE_CELLS: Cells = (
    NAMED | {"invoice": lambda one: one.invoice.number, "reason": lambda one: one.data.get("reason", "")} | AMOUNTS
)


@login_required
@require_GET
def invoices(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the invoices; what is searched for, order, columns and page are in the address."""
    membership = enter(request, slug)
    listing = Listing(INVOICES, request.GET)
    found = selectors.invoices_found(membership.organisation, listing.search)
    if listing.as_csv:
        return list_csv(f"{slug}-invoices", listing, found, INVOICE_CELLS)
    context = {
        "organisation": membership.organisation,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return list_shown(request, "billing/invoices.html", listing, listing.page(found), context)


@login_required
@require_GET
def credit_notes(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the credit notes, each with the invoice it corrects; search, order, columns and page in the address."""
    membership = enter(request, slug)
    listing = Listing(CREDIT_NOTES, request.GET)
    found = selectors.credit_notes_found(membership.organisation, listing.search)
    if listing.as_csv:
        return list_csv(f"{slug}-credit-notes", listing, found, CREDIT_NOTE_CELLS)
    context = {"organisation": membership.organisation}
    return list_shown(request, "billing/credit_notes.html", listing, listing.page(found), context)


@login_required
@require_GET
def document_pdf(request: HttpRequest, slug: str, number: str, kind: type[Document]) -> HttpResponse:
    """Download one invoice or credit note as it was printed."""
    found = selectors.document_get(kind, enter(request, slug).organisation, number)
    return download(selectors.document_pdf(found), f"{found.number}.pdf", "application/pdf")


@login_required
@require_GET
def document_xml(request: HttpRequest, slug: str, number: str, kind: type[Document]) -> HttpResponse:
    """Download one invoice or credit note as UBL, for accounting programs."""
    found = selectors.document_get(kind, enter(request, slug).organisation, number)
    return download(documents.document_xml(found.data), f"{found.number}.xml", "application/xml")


@login_required
@require_GET
def document_json(request: HttpRequest, slug: str, number: str, kind: type[Document]) -> HttpResponse:
    """Answer all that one invoice or credit note says, as JSON."""
    return JsonResponse(selectors.document_get(kind, enter(request, slug).organisation, number).data)


@login_required
@require_POST
def invoice_send(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Mail one invoice again."""
    membership = enter(request, slug, Permission.BILLING_MANAGE)
    try:
        mail = invoice_send_again(
            membership=membership, number=number, actor=actor_of(request), now=timezone.now()
        )
    except AppError as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(
            request, gettext("Invoice %(number)s is on its way to %(to)s.") % {"number": number, "to": mail.to}
        )
    return redirect("billing:invoices", slug)
