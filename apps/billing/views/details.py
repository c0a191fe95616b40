"""The page of billing details, and what VIES says of the VAT id there."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.billing import selectors
from apps.billing.forms_details import BillingDetailsForm
from apps.billing.services import billing_details_change, vat_id_check, vat_of
from apps.billing.vat import REVERSE_CHARGE, UNCONFIRMED
from apps.billing.views.frame import enter
from apps.core.errors import AppError
from apps.organisations.models import Organisation
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change what new invoices say of the organisation."""
    posted = request.method == "POST"
    membership = enter(request, slug, Permission.BILLING_MANAGE if posted else Permission.BILLING_VIEW)
    organisation = membership.organisation
    initial = BillingDetailsForm(instance=organisation).initial
    form = BillingDetailsForm(request.POST if posted else None, initial=initial)
    if posted and form.is_valid():
        billing_details_change(
            membership=membership, details=form.cleaned_data, actor=actor_of(request), now=timezone.now()
        )
        messages.success(request, _("Saved. New invoices show these details; issued ones stay as they are."))
        return redirect("billing:details", slug)
    context = {
        "form": form,
        "organisation": organisation,
        "may_top_up": membership.may(Permission.BILLING_MANAGE),
        "check": selectors.vat_check_latest(organisation),
        "vat": _vat(organisation),
    }
    return render(request, "billing/details.html", context, status=422 if posted else 200)


def _vat(organisation: Organisation) -> dict[str, object]:
    """Return the VAT that the next invoice carries, or why it cannot be decided."""
    try:
        vat = vat_of(organisation, now=timezone.now())
    except AppError as refusal:
        return {"refusal": refusal}
    return {
        "percent": f"{vat.bp / 100:g}",
        "note": vat.note,
        "reverse_charge": vat.rule == REVERSE_CHARGE,
        "unconfirmed": vat.rule == UNCONFIRMED,
    }


@login_required
@require_POST
def vat_check(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask VIES again about the VAT id; the answer comes later."""
    organisation = enter(request, slug, Permission.BILLING_MANAGE).organisation
    check = vat_id_check(organisation_id=organisation.pk, now=timezone.now(), again=True)
    if check is None:
        messages.warning(request, _("There is no VAT id of an EU country to ask about; add it first."))
    else:
        messages.success(request, _("VIES is asked; its answer shows here once it comes."))
    return redirect("billing:details", slug)
