"""Pages of credit notes."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.documents import document_xml
from apps.billing.views.frame import download, enter
from apps.core.errors import Conflict
from apps.core.pages import page_mark
from apps.organisations.roles import Permission


@login_required
@require_GET
def credit_notes(request: HttpRequest, slug: str) -> HttpResponse:
    """List the credit notes, newest first, each with the invoice it corrects."""
    membership = enter(request, slug)
    rows = selectors.credit_notes_page(membership.organisation, page_mark(request, uuid.UUID))
    context = {
        "organisation": membership.organisation,
        "credit_notes": rows,
        "next": rows[-1].id if len(rows) == selectors.PAGE else None,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/credit_notes.html", context)


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
