"""Refunds as the customer sees them: what went back, and asking for what is unspent."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError
from apps.core.pages import page_mark
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of, enter
from apps.payments.selectors.refunds import PAGE, disputes_latest, refundables, refunds_page
from apps.payments.services import refund_request


@login_required
@require_safe
def refunds(request: HttpRequest, slug: str) -> HttpResponse:
    """List the refunds, newest first, and the top-ups of which something can still go back."""
    return _page(request, slug)


@login_required
@require_POST
def refund_ask(request: HttpRequest, slug: str, topup_id: uuid.UUID) -> HttpResponse:
    """Ask for the unspent part of a top-up back."""
    membership = enter(request, slug, Permission.BILLING_MANAGE)
    try:
        refund_request(
            membership=membership,
            topup_id=topup_id,
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except AppError as refusal:
        if refusal.status == 404:
            raise
        return _page(request, slug, error=refusal)
    messages.success(request, _("We have your request. You get a mail once it is decided, within 14 days."))
    return redirect("payments:refunds", slug)


def _page(request: HttpRequest, slug: str, error: AppError | None = None) -> HttpResponse:
    membership = enter(request, slug, Permission.BILLING_VIEW)
    rows = refunds_page(membership.organisation, page_mark(request, uuid.UUID))
    context = {
        "organisation": membership.organisation,
        "refunds": rows,
        "next": rows[-1].id if len(rows) == PAGE else None,
        "disputes": disputes_latest(membership.organisation),
        "refundables": refundables(membership.organisation),
        "may_ask": membership.may(Permission.BILLING_MANAGE),
        "error": error,
    }
    return render(request, "payments/refunds.html", context, status=error.status if error else 200)
