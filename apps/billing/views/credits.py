"""The page of credits: lots in the order they go, pots, vouchers, moves, and when to be warned."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.billing import services
from apps.billing.credit_forms import AlertForm, MoveForm, VoucherForm
from apps.billing.selectors.balances import balance_alert_of, burn_of
from apps.billing.selectors.credits import lots_in_order, pots_of
from apps.billing.selectors.wallets import wallet
from apps.billing.views.frame import enter
from apps.core.errors import AppError
from apps.core.moments import day_text
from apps.core.money import credits_text
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


@login_required
@require_safe
def credits(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what there is, in the order it is spent."""
    return _page(request, enter(request, slug))


@login_required
@require_POST
def voucher(request: HttpRequest, slug: str) -> HttpResponse:
    """Redeem a voucher."""
    membership = enter(request, slug, Permission.BILLING_MANAGE)
    form = VoucherForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, status=422, voucher_form=form)
    try:
        lot = services.voucher_redeem(
            membership=membership, code=form.cleaned_data["code"], actor=actor_of(request), now=timezone.now()
        )
    except AppError as refusal:
        return _refused(request, membership, refusal, voucher_form=form)
    told = {
        "granted": credits_text(lot.granted_micro),
        "until": lot.expires_at and day_text(lot.expires_at, "long"),
    }
    messages.success(
        request,
        _("The voucher brought %(granted)s credits; use them by %(until)s.") % told
        if lot.expires_at
        else _("The voucher brought %(granted)s credits.") % told,
    )
    return redirect("billing:credits", slug)


@login_required
@require_POST
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Move credits to a pot, out of it, or to a sister organisation."""
    membership = enter(request, slug, Permission.BILLING_MANAGE)
    form = MoveForm(request.POST, membership=membership, pots=pots_of(membership.organisation))
    if not form.is_valid():
        return _page(request, membership, status=422, move_form=form)
    source, target = form.chosen("source")[1], form.chosen("target")
    try:
        services.credits_move(
            source=services.purse_of(membership.organisation, source),
            target=services.purse_of(_organisation(membership, target[0]), target[1]),
            membership=membership,
            micro=form.micro,
            key=str(form.cleaned_data["key"]),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except AppError as refusal:
        return _refused(request, membership, refusal, move_form=form)
    where = dict(form.fields["target"].choices)[form.cleaned_data["target"]]  # type: ignore[attr-defined]
    messages.success(
        request, _("Moved %(micro)s credits: %(where)s.") % {"micro": credits_text(form.micro), "where": where}
    )
    return redirect("billing:credits", slug)


@login_required
@require_POST
def alerts(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose when low-balance mails go, and to whom."""
    membership = enter(request, slug, Permission.BILLING_MANAGE)
    form = AlertForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, status=422, alert_form=form)
    try:
        services.balance_alert_set(
            membership=membership, **form.choice, actor=actor_of(request), now=timezone.now()
        )
    except AppError as refusal:
        return _refused(request, membership, refusal, alert_form=form)
    messages.success(request, _("Saved. Each warning goes once, until the balance is well again."))
    return redirect("billing:credits", slug)


def _organisation(membership: Membership, organisation_id: uuid.UUID | None) -> Organisation:
    """Return the form's target: its choices are only organisations the person may manage."""
    if organisation_id is None:
        return membership.organisation
    return Organisation.objects.get(id=organisation_id, memberships__user=membership.user)


def _refused(request: HttpRequest, membership: Membership, refusal: AppError, **forms: Form) -> HttpResponse:
    """Show the page again with the refusal beside the fields it is about, or above its form."""
    for form in forms.values():
        beside = {name: texts for name, texts in refusal.fields.items() if name in form.fields}
        for name, texts in beside.items():
            form.add_error(name, list(texts))
        if not beside:
            form.add_error(None, refusal.message)
    return _page(request, membership, status=refusal.status, **forms)


def _page(request: HttpRequest, membership: Membership, *, status: int = 200, **forms: Form) -> HttpResponse:
    organisation, now = membership.organisation, timezone.now()
    request.wallet = balance = wallet(organisation.id)  # type: ignore[attr-defined]
    pots = pots_of(organisation)
    burn = burn_of(organisation.id, now=now)
    context: dict[str, Any] = {
        "organisation": organisation,
        "wallet": balance,
        "lots": lots_in_order(organisation, now=now),
        "pots": pots,
        "burn": burn,
        "lasting": burn.lasting(balance.available_micro),
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
        "voucher_form": VoucherForm(),
        "move_form": MoveForm(initial={"key": uuid.uuid4()}, membership=membership, pots=pots),
        "alert_form": AlertForm(initial=AlertForm.initial_of(balance_alert_of(organisation))),
    }
    return render(request, "billing/credits.html", {**context, **forms}, status=status)
