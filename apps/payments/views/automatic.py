"""The page of automatic top-ups."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.billing.selectors import spending_per_day, wallet
from apps.core.errors import AppError
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of
from apps.payments import services
from apps.payments.forms_automatic import RuleForm
from apps.payments.selectors import automatic_latest, cards_of, in_flight, month_of, rule_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def automatic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the rule, what it did and what it waits for; take a new one."""
    posted = request.method == "POST"
    grant = page_grant(request, slug, Permission.BILLING_MANAGE if posted else Permission.BILLING_VIEW)
    if not posted:
        return _page(request, grant)
    form = RuleForm(request.POST, cards=list(cards_of(grant.organisation)))
    if not form.is_valid():
        return _page(request, grant, form=form, status=422)
    try:
        services.rule_set(grant=grant, wish=form.wish, actor=actor_of(request), now=timezone.now())
    except AppError as refusal:
        for name, sentences in refusal.fields.items():
            form.add_error(name if name in form.fields else None, list(sentences))
        return _page(request, grant, form=form, error=None if refusal.fields else refusal, status=refusal.status)
    messages.success(request, _("Automatic top-ups are on."))
    return redirect("payments:automatic", slug)


@login_required
@require_POST
def automatic_off(request: HttpRequest, slug: str) -> HttpResponse:
    """Switch automatic top-ups off."""
    grant = page_grant(request, slug, Permission.BILLING_MANAGE)
    services.rule_off(grant=grant, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("Automatic top-ups are off. Nothing is charged by itself any more."))
    return redirect("payments:automatic", slug)


def _page(
    request: HttpRequest,
    grant: Grant,
    *,
    form: RuleForm | None = None,
    error: AppError | None = None,
    status: int = 200,
) -> HttpResponse:
    organisation, now = grant.organisation, timezone.now()
    rule, cards = rule_of(organisation), list(cards_of(organisation))
    month, stop, under_way = None, "", in_flight(organisation.id)
    if rule is not None:
        rule.organisation = organisation
        month = month_of(rule, now=now)
        stop = services.automatic_stop(rule, month, now=now) if rule.on and under_way is None else ""
    context: dict[str, Any] = {
        "organisation": organisation,
        "rule": rule,
        "cards": cards,
        "error": error,
        "may_manage": grant.may(Permission.BILLING_MANAGE),
        "month": month,
        "stop": stop,
        "waits": rule is not None and rule.paused_until is not None and rule.paused_until > now,
        "in_flight": under_way,
        "topups": automatic_latest(organisation),
        "available_micro": wallet(organisation.id).available_micro,
        "per_day_micro": spending_per_day(organisation.id, now=now),
        "form": form or RuleForm(initial=RuleForm.initial_of(rule, organisation.currency), cards=cards),
    }
    return render(request, "payments/automatic.html", context, status=status)
