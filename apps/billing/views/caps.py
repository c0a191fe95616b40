"""Caps and budgets: what they are, how much of them is left, setting and removing them."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.billing import selectors, services
from apps.billing.forms import BudgetForm, CapForm
from apps.billing.views.frame import enter
from apps.core.errors import AppError
from apps.organisations.models import Approval, Membership
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


@login_required
@require_safe
def caps(request: HttpRequest, slug: str) -> HttpResponse:
    """Show caps and budgets with what is left of them; `?cap=` and `?budget=` fill the forms with one of them."""
    return _page(request, enter(request, slug, Permission.BALANCE_VIEW))


@login_required
@require_POST
def cap_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Set a cap."""
    membership = enter(request, slug, Permission.CAPS_MANAGE)
    form = CapForm(request.POST, organisation=membership.organisation)
    if not form.is_valid():
        return _page(request, membership, cap_form=form, status=422)
    try:
        made = services.cap_set(
            membership=membership,
            actor=actor_of(request),
            **form.limit,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except AppError as refusal:
        return _page(request, membership, cap_form=form, error=refusal, status=refusal.status)
    if isinstance(made, Approval):
        return redirect("organisations:approval", slug, made.pk)
    messages.success(request, _("The cap is set. It counts what its window already holds."))
    return redirect("billing:caps", slug)


@login_required
@require_POST
def budget_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Set a budget."""
    membership = enter(request, slug, Permission.CAPS_MANAGE)
    form = BudgetForm(request.POST, organisation=membership.organisation)
    if not form.is_valid():
        return _page(request, membership, budget_form=form, status=422)
    chosen = {name: form.cleaned_data[name] for name in ("marks", "forecast", "people")}
    try:
        services.budget_set(
            membership=membership, actor=actor_of(request), **form.limit, **chosen, now=timezone.now()
        )
    except AppError as refusal:
        return _page(request, membership, budget_form=form, error=refusal, status=refusal.status)
    messages.success(request, _("The budget is set. It warns, and stops nothing."))
    return redirect("billing:caps", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cap_remove(request: HttpRequest, slug: str, cap_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove the cap, and remove it."""
    membership = enter(request, slug, Permission.CAPS_MANAGE)
    state = selectors.cap_get(membership.organisation, cap_id)
    if request.method != "POST":
        return render(request, "billing/limit_remove.html", {"state": state, "word": "cap"})
    asked = services.cap_remove(membership=membership, actor=actor_of(request), cap_id=cap_id, now=timezone.now())
    if asked is not None:
        return redirect("organisations:approval", slug, asked.pk)
    messages.success(request, _("The cap is removed."))
    return redirect("billing:caps", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def budget_remove(request: HttpRequest, slug: str, budget_id: uuid.UUID) -> HttpResponse:
    """Ask whether to remove the budget, and remove it."""
    membership = enter(request, slug, Permission.CAPS_MANAGE)
    state = selectors.budget_get(membership.organisation, budget_id)
    if request.method != "POST":
        return render(request, "billing/limit_remove.html", {"state": state, "word": "budget"})
    services.budget_remove(membership=membership, actor=actor_of(request), budget_id=budget_id, now=timezone.now())
    messages.success(request, _("The budget is removed."))
    return redirect("billing:caps", slug)


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    cap_form: CapForm | None = None,
    budget_form: BudgetForm | None = None,
    error: AppError | None = None,
    status: int = 200,
) -> HttpResponse:
    now, organisation = timezone.now(), membership.organisation
    may_set = membership.may(Permission.CAPS_MANAGE)
    shown_budgets = selectors.budgets_of(membership, now=now) if membership.may(Permission.BILLING_VIEW) else []
    context: dict[str, Any] = {
        "organisation": organisation,
        "caps": selectors.caps_of(membership, now=now),
        "budgets": shown_budgets,
        "may_set": may_set,
        "error": error,
    }
    if may_set:
        context["cap_form"] = cap_form or CapForm(
            organisation=organisation, initial=_chosen(request, "cap", membership)
        )
        context["budget_form"] = budget_form or BudgetForm(
            organisation=organisation, initial=_chosen(request, "budget", membership)
        )
    return render(request, "billing/caps.html", context, status=status)


def _chosen(request: HttpRequest, word: str, membership: Membership) -> dict[str, Any]:
    """Return the fields of the cap or budget that the address names. Raises NotFound."""
    given = request.GET.get(word, "")
    if not given:
        return {"people": [str(membership.user_id)]}
    get = selectors.cap_get if word == "cap" else selectors.budget_get
    try:
        state = get(membership.organisation, uuid.UUID(given))
    except ValueError:
        state = get(membership.organisation, uuid.UUID(int=0))
    limit = state.limit
    fields = CapForm.initial_of(limit)
    if word == "budget":
        fields |= {
            "marks": ", ".join(str(mark) for mark in limit.marks),  # type: ignore[union-attr]
            "forecast": limit.forecast,  # type: ignore[union-attr]
            "people": [str(one.pk) for one in limit.people.all()],  # type: ignore[union-attr]
        }
    return fields
