"""The balance and its story."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.views.frame import enter
from apps.core.pages import page_mark
from apps.organisations.roles import Permission


@login_required
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what there is, where it came from, and what became of it."""
    membership = enter(request, slug)
    organisation = membership.organisation
    before = page_mark(request, int)
    lines = selectors.movements(organisation, before=before)
    balance = selectors.wallet(organisation.id)
    context = {
        "organisation": organisation,
        "wallet": balance,
        "frame_wallet": balance,
        "lots": selectors.lots_live(organisation),
        "holds": selectors.holds_open(organisation)[: selectors.PAGE],
        "movements": lines,
        "next": lines[-1].id if len(lines) == selectors.PAGE else None,
        "later_page": before is not None,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/overview.html", context)
