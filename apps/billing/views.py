"""Pages about an organisation's money."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.core.errors import AppError, Conflict
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get

Mark = TypeVar("Mark", int, uuid.UUID)


@login_required
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what there is, where it came from, and what became of it."""
    membership = _enter(request, slug)
    organisation = membership.organisation
    before = _before(request, int)
    lines = selectors.movements(organisation, before=before)
    context = {
        "organisation": organisation,
        "wallet": selectors.wallet(organisation.id),
        "lots": selectors.lots_live(organisation),
        "holds": selectors.holds_open(organisation)[: selectors.PAGE],
        "movements": lines,
        "next": lines[-1].id if len(lines) == selectors.PAGE else None,
        "later_page": before is not None,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/overview.html", context)


@login_required
@require_GET
def invoices(request: HttpRequest, slug: str) -> HttpResponse:
    """List the invoices, newest first."""
    membership = _enter(request, slug)
    rows = selectors.invoices_page(membership.organisation, before=_before(request, uuid.UUID))
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
    invoice = selectors.invoice_get(_enter(request, slug).organisation, number)
    if invoice.pdf is None:
        raise Conflict(f"Invoice {invoice.number} is being printed; try again in a minute.")
    return HttpResponse(
        bytes(invoice.pdf),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{invoice.number}.pdf"'},
    )


def _enter(request: HttpRequest, slug: str) -> Membership:
    membership = membership_get(request.user, slug, Permission.BILLING_VIEW)
    request.membership = membership  # type: ignore[attr-defined]
    return membership


def _before(request: HttpRequest, read: Callable[[str], Mark]) -> Mark | None:
    """Return where the page begins. Raises AppError for a mark that is none."""
    mark = request.GET.get("before", "")
    try:
        return read(mark) if mark else None
    except ValueError as error:
        raise AppError(
            f"“{mark[:40]}” marks no page; start again from the first one.", code="page_unknown"
        ) from error
