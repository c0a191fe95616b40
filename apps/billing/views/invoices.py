"""Pages of invoices."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.views.frame import enter
from apps.core.errors import Conflict
from apps.core.pages import page_mark
from apps.organisations.roles import Permission


@login_required
@require_GET
def invoices(request: HttpRequest, slug: str) -> HttpResponse:
    """List the invoices, newest first."""
    membership = enter(request, slug)
    rows = selectors.invoices_page(membership.organisation, before=page_mark(request, uuid.UUID))
    context = {
        "organisation": membership.organisation,
        "invoices": rows,
        "next": rows[-1].id if len(rows) == selectors.PAGE else None,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/invoices.html", context)


@login_required
@require_GET
def invoice_pdf(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Download one invoice."""
    invoice = selectors.invoice_get(enter(request, slug).organisation, number)
    if invoice.pdf is None:
        raise Conflict(f"Invoice {invoice.number} is being printed; try again in a minute.")
    return HttpResponse(
        bytes(invoice.pdf),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{invoice.number}.pdf"'},
    )
