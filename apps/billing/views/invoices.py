"""Pages of invoices."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from apps.billing import selectors
from apps.billing.documents import document_xml
from apps.billing.models import Invoice
from apps.billing.services import invoice_send_again
from apps.billing.views.frame import download, enter
from apps.core.errors import AppError, Conflict
from apps.core.lists import Column, Listing, Table, list_csv, list_shown, utc_text
from apps.core.money import fiat_plain
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

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
        Column("net", _("Net"), sort="net_minor", number=True),
        Column("vat", _("VAT"), number=True),
        Column("total", _("Total"), sort="total_minor", number=True),
        Column("files", _("Files"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[Invoice], object]] = {
    "number": lambda invoice: invoice.number,
    "issued_at": lambda invoice: utc_text(invoice.issued_at),
    "po_number": lambda invoice: invoice.data.get("po_number", ""),
    "currency": lambda invoice: invoice.currency,
    "net": lambda invoice: fiat_plain(invoice.net_minor, invoice.currency),
    "vat": lambda invoice: fiat_plain(invoice.vat_minor, invoice.currency),
    "total": lambda invoice: fiat_plain(invoice.total_minor, invoice.currency),
}


@login_required
@require_GET
def invoices(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the invoices; what is searched for, order, columns and page are in the address."""
    membership = enter(request, slug)
    listing = Listing(INVOICES, request.GET)
    found = selectors.invoices_found(membership.organisation, listing.search)
    if listing.as_csv:
        return list_csv(request, f"{slug}-invoices", listing, found, CSV)
    context = {
        "organisation": membership.organisation,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return list_shown(request, "billing/invoices.html", listing, listing.page(found), context)


@login_required
@require_GET
def invoice_pdf(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Download one invoice as it was printed."""
    invoice = selectors.invoice_get(enter(request, slug).organisation, number)
    if invoice.pdf is None:
        raise Conflict(
            gettext("Invoice %(number)s is being printed; try again in a minute.") % {"number": invoice.number}
        )
    return download(bytes(invoice.pdf), f"{invoice.number}.pdf", "application/pdf")


@login_required
@require_GET
def invoice_xml(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Download one invoice as UBL, for accounting programs."""
    invoice = selectors.invoice_get(enter(request, slug).organisation, number)
    return download(document_xml(invoice.data), f"{invoice.number}.xml", "application/xml")


@login_required
@require_GET
def invoice_json(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Answer all that one invoice says, as JSON."""
    return JsonResponse(selectors.invoice_get(enter(request, slug).organisation, number).data)


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
