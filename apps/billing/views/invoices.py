"""Pages of invoices."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from apps.billing import selectors
from apps.billing.documents import document_xml
from apps.billing.services import invoice_send_again
from apps.billing.views.frame import download, enter
from apps.core.errors import AppError, Conflict
from apps.core.lists import Column, Listing, Table
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

SEARCH = 60  # characters
INVOICES = Table(
    area="invoices",
    sort="-issued",
    page=50,
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


@login_required
@require_GET
def invoices(request: HttpRequest, slug: str) -> HttpResponse:
    """List the invoices, all or those that a search fits; order, columns and page are in the address."""
    membership = enter(request, slug)
    search = request.GET.get("q", "").strip()[:SEARCH]
    listing = Listing(INVOICES, request.GET)
    page = listing.page(selectors.invoices_found(membership.organisation, search))
    context = {
        "organisation": membership.organisation,
        "invoices": page.rows,
        "listing": listing,
        "shown": listing.shown,
        "search": search,
        "next": page.next,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/invoices.html", context)


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
