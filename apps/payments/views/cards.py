"""The pages of cards."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of
from apps.payments import services
from apps.payments.selectors import card_get, card_setup_get, cards_of, rule_of

STOP_POLLING = 286  # htmx ends its polling at this status
SOON_DAYS = 30


@login_required
@require_safe
def cards(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the cards the organisation keeps."""
    grant = page_grant(request, slug, Permission.BILLING_VIEW)
    rule, today = rule_of(grant.organisation), timezone.now().date()
    rows = [
        {
            "card": card,
            "over": card.expires_on <= today,
            "soon": (card.expires_on - today).days <= SOON_DAYS,
            "automatic": rule is not None and rule.on and rule.card_id == card.id,
        }
        for card in cards_of(grant.organisation).select_related("user")
    ]
    context = {
        "organisation": grant.organisation,
        "rows": rows,
        "may_manage": grant.may(Permission.BILLING_MANAGE),
        "rule": rule,
    }
    return render(request, "payments/cards.html", context)


@login_required
@require_POST
def card_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the person to Stripe's page to have a card kept."""
    membership = page_grant(request, slug, Permission.BILLING_MANAGE).member
    return HttpResponseRedirect(services.card_setup_start(membership=membership, now=timezone.now()), status=303)


@login_required
@require_safe
def card_setup(request: HttpRequest, slug: str, setup_id: uuid.UUID) -> HttpResponse:
    """Where Stripe's page returns to: asks again by itself until the card is there."""
    grant = page_grant(request, slug, Permission.BILLING_MANAGE)
    setup = card_setup_get(grant.organisation, setup_id)
    context = {"organisation": grant.organisation, "setup": setup, "awaited": setup.closed_at is None}
    if not request.headers.get("HX-Request"):
        return render(request, "payments/card_setup.html", context)
    if setup.closed_at is None:
        return HttpResponse(status=204)
    return render(request, "payments/card_setup.html#standing", context, status=STOP_POLLING)


@login_required
@require_POST
def card_default(request: HttpRequest, slug: str, card_id: uuid.UUID) -> HttpResponse:
    """Make a card the default."""
    grant = page_grant(request, slug, Permission.BILLING_MANAGE)
    card = services.card_default_set(grant=grant, card_id=card_id, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("%(card)s is the default card.") % {"card": card})
    return redirect("payments:cards", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def card_remove(request: HttpRequest, slug: str, card_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove the card, and remove it."""
    grant = page_grant(request, slug, Permission.BILLING_MANAGE)
    card = card_get(grant.organisation, card_id)
    if request.method != "POST":
        return render(request, "payments/card_remove.html", {"organisation": grant.organisation, "card": card})
    services.card_remove(grant=grant, card_id=card.id, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("%(card)s is removed; nothing will be charged to it any more.") % {"card": card})
    return redirect("payments:cards", slug)
