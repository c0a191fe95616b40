"""Pages of credit notes."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.documents import document_xml
from apps.billing.models import CreditNote
from apps.billing.views.frame import download, enter
from apps.core.errors import Conflict
from apps.core.lists import Column, Listing, Table, list_csv, list_shown, utc_text
from apps.core.money import fiat_plain

CREDIT_NOTES = Table(
    area="credit-notes",
    sort="-issued",
    page=50,
    search=gettext_lazy("Number of a credit note or of its invoice"),
    csv=True,
    columns=(
        Column("number", gettext_lazy("Credit note"), sort="number", always=True),
        Column("issued", gettext_lazy("Issued"), sort="id"),
        Column("corrects", gettext_lazy("Corrects")),
        Column("reason", gettext_lazy("Reason")),
        Column("net", gettext_lazy("Net"), sort="net_minor", number=True, shown=False),
        Column("vat", gettext_lazy("VAT"), number=True, shown=False),
        Column("total", gettext_lazy("Total"), sort="total_minor", number=True),
        Column("files", gettext_lazy("Files"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[CreditNote], object]] = {
    "number": lambda note: note.number,
    "issued_at": lambda note: utc_text(note.issued_at),
    "invoice": lambda note: note.invoice.number,
    "reason": lambda note: note.data.get("reason", ""),
    "currency": lambda note: note.currency,
    "net": lambda note: fiat_plain(note.net_minor, note.currency),
    "vat": lambda note: fiat_plain(note.vat_minor, note.currency),
    "total": lambda note: fiat_plain(note.total_minor, note.currency),
}


@login_required
@require_GET
def credit_notes(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the credit notes, each with the invoice it corrects; search, order, columns and page in the address."""
    membership = enter(request, slug)
    listing = Listing(CREDIT_NOTES, request.GET)
    found = selectors.credit_notes_found(membership.organisation, listing.search)
    if listing.as_csv:
        return list_csv(request, f"{slug}-credit-notes", listing, found, CSV)
    context = {"organisation": membership.organisation}
    return list_shown(request, "billing/credit_notes.html", listing, listing.page(found), context)


@login_required
@require_GET
def credit_note_pdf(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Download one credit note as it was printed."""
    note = selectors.credit_note_get(enter(request, slug).organisation, number)
    if note.pdf is None:
        raise Conflict(
            _("Credit note %(number)s is being printed; try again in a minute.") % {"number": note.number}
        )
    return download(bytes(note.pdf), f"{note.number}.pdf", "application/pdf")


@login_required
@require_GET
def credit_note_xml(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Download one credit note as UBL, for accounting programs."""
    note = selectors.credit_note_get(enter(request, slug).organisation, number)
    return download(document_xml(note.data), f"{note.number}.xml", "application/xml")


@login_required
@require_GET
def credit_note_json(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Answer all that one credit note says, as JSON."""
    return JsonResponse(selectors.credit_note_get(enter(request, slug).organisation, number).data)
