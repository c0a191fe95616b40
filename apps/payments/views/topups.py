"""The top-up pages."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.billing.pricing import topup_limits
from apps.billing.selectors import wallet
from apps.billing.services import Terms, quote_offer, quote_preview
from apps.core.addresses import client_address, client_country
from apps.core.errors import AppError
from apps.core.money import CURRENCIES
from apps.organisations.models import Organisation
from apps.organisations.selectors import terms_acceptance
from apps.organisations.services import terms_accept
from apps.organisations.views.frame import actor_of
from apps.payments import services
from apps.payments.forms import DEFAULT_AMOUNT, TopUpForm
from apps.payments.methods import CARD, method_named
from apps.payments.models import TopUp
from apps.payments.selectors import cards_of, invoice_number, topup_get, topups_latest
from apps.payments.selectors.limits import standing_of
from apps.payments.states import State
from apps.payments.views.frame import membership_of

STOP_POLLING = 286  # htmx ends its polling at this status
MOST_NAMED = 3  # kept cards that the form names


@login_required
@require_GET
def topup(request: HttpRequest, slug: str) -> HttpResponse:
    """The top-up form with its price box; htmx asks for the box alone while the person types."""
    organisation = membership_of(request, slug).organisation
    currency = organisation.currency if organisation.currency in CURRENCIES else CURRENCIES[0]
    given = {"currency": currency, "amount": DEFAULT_AMOUNT} | request.GET.dict()
    form = TopUpForm(given | {"amount": given.get("preset", given["amount"])})
    terms = None if terms_acceptance(organisation) else settings.TERMS_VERSION
    context: dict[str, Any] = {"form": form, "method": form.method, "terms": terms}
    if form["currency"].value() in CURRENCIES:
        least, most = topup_limits(form["currency"].value())
        standing = standing_of(organisation.pk, form["currency"].value(), now=timezone.now())
        most = min([most, *(ceiling.left_minor for ceiling in standing.ceilings)])
        context |= {"ceilings": standing.telling, "least": least if least <= most else None, "most": most}
        context["presets"] = [preset for preset in form.presets if preset * 100 <= most]
    if form.is_valid():
        try:
            price = quote_preview(
                organisation=organisation,
                currency=form.cleaned_data["currency"],
                net_minor=form.net_minor,
                now=timezone.now(),
            )
            if (passed := standing.refused(form.net_minor)) is not None:
                sentence = services.ceiling_words(organisation, passed, form.cleaned_data["currency"])
                raise services.TopUpLimited(sentence)
            context |= _price(organisation, price)
            context["cards"] = list(cards_of(organisation)[:MOST_NAMED])
        except AppError as refusal:
            context["refusal"] = refusal
    part = request.headers.get("HX-Target", "") if request.headers.get("HX-Request") else ""
    context |= {"part": part, "chosen": form.net_minor / 100}  # the preset that is shown as chosen, if it is one
    if part in ("price", "topup"):
        return render(request, f"payments/topup.html#{part}", context)
    context["topups"] = topups_latest(organisation)
    return render(request, "payments/topup.html", context)


def _price(organisation: Organisation, terms: Terms) -> dict[str, Any]:
    return {
        "quote": terms,
        "offer": quote_offer(organisation=organisation, terms=terms),  # the button pays exactly what is shown
        "spread_percent": f"{terms.spread_bp / 100:g}",
        "vat_percent": f"{terms.vat_bp / 100:g}",
        "payable_until": services.payable_until(terms),
    }


@login_required
@require_POST
def topup_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the person to Checkout for the price they saw; a tick in the form accepts the terms first."""
    membership = membership_of(request, slug)
    if terms := request.POST.get("terms"):
        terms_accept(membership=membership, version=terms, actor=actor_of(request), now=timezone.now())
    url = services.price_pay(
        membership=membership,
        price=request.POST.get("quote", ""),
        method=request.POST.get("method", CARD),
        ip_country=client_country(request),
        address=client_address(request),
        keep_card=request.POST.get("keep_card") == "on",
        now=timezone.now(),
    )
    return HttpResponseRedirect(url, status=303)


@login_required
@require_GET
def topup_detail(request: HttpRequest, slug: str, topup_id: uuid.UUID) -> HttpResponse:
    """Where Checkout returns to: the page asks again by itself until the credits and their invoice are there."""
    organisation = membership_of(request, slug).organisation
    found = topup_get(organisation, topup_id)
    if request.GET.get("returned") == "cancelled":
        services.topup_cancel(topup_id=found.id)
        return HttpResponseRedirect(services.topup_path(found), status=303)
    context = _standing(found)
    if not request.headers.get("HX-Request"):
        return render(request, "payments/topup_detail.html", context | {"returned": "returned" in request.GET})
    seen = request.GET.get("seen", "")
    if seen == context["mark"]:
        return HttpResponse(status=204)
    if found.state == State.PAID and not seen.startswith(State.PAID):
        return HttpResponse(headers={"HX-Refresh": "true"})  # the whole frame shows the balance
    return render(
        request,
        "payments/topup_detail.html#standing",
        context,
        status=200 if context["more_to_come"] else STOP_POLLING,
    )


def _standing(topup: TopUp) -> dict[str, Any]:
    """Return what the page shows of a top-up; `mark` changes whenever any of it does."""
    paid = topup.state == State.PAID
    invoice = invoice_number(topup) if paid else None
    awaited = topup.state in (State.CREATED, State.OPEN)
    resumable = topup.closed_at is None and timezone.now() < topup.quote.expires_at
    return {
        "topup": topup,
        "shown": "credited" if paid else "waiting" if awaited else topup.state,
        "quote": topup.price,
        "method": method_named(topup.method),
        "net_typed": f"{topup.quote.net_minor / 100:.2f}",
        "invoice": invoice,
        "balance_micro": wallet(topup.organisation_id).available_micro if paid else None,
        "parked": bool(topup.parked_reason) and not paid,
        "awaited": awaited,
        "resumable": resumable,
        "asks_holder": awaited and topup.automatic and bool(topup.checkout_url),
        "mark": f"{topup.state}.{bool(topup.parked_reason)}.{invoice or ''}",
        "more_to_come": (paid and invoice is None) or (awaited and not topup.parked_reason),
    }
