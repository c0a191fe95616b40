"""The balance and its story."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.views.frame import enter
from apps.organisations.roles import Permission

NAMED = 10  # rows of holds and of movements: each has a list of its own


@login_required
@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what there is, where it came from, and what became of it."""
    membership = enter(request, slug)
    organisation = membership.organisation
    request.wallet = balance = selectors.wallet(organisation.id)  # type: ignore[attr-defined]
    context = {
        "organisation": organisation,
        "wallet": balance,
        "lots": selectors.lots_live(organisation),
        "holds": selectors.holds_open(organisation)[:NAMED],
        "movements": selectors.movements(organisation, limit=NAMED),
        "worth": selectors.worth_today(organisation.currency, now=timezone.now()),
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "billing/overview.html", context)
