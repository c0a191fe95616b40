"""The terms of service: for everybody to read, and for an organisation to accept."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.organisations.roles import Permission
from apps.organisations.selectors import terms_acceptance
from apps.organisations.services import terms_accept
from apps.organisations.views.frame import actor_of, enter


def terms_template() -> str:
    """Return the template that holds the terms in force."""
    return f"terms/{settings.TERMS_VERSION}.html"


@require_safe
def terms_public(request: HttpRequest) -> HttpResponse:
    """Show the terms in force."""
    context = {"version": settings.TERMS_VERSION, "text": terms_template()}
    return render(request, "organisations/terms_public.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the terms in force with who accepted them, and accept them for the organisation."""
    needed = Permission.BILLING_MANAGE if request.method == "POST" else Permission.ORGANISATION_VIEW
    membership = enter(request, slug, needed)
    if request.method == "POST":
        terms_accept(
            membership=membership,
            version=request.POST.get("version", ""),
            actor=actor_of(request),
            now=timezone.now(),
        )
        messages.success(
            request, _("The terms are accepted for %(organisation)s.") % {"organisation": membership.organisation}
        )
        return redirect("organisations:terms", slug)
    context = {
        "organisation": membership.organisation,
        "version": settings.TERMS_VERSION,
        "text": terms_template(),
        "acceptance": terms_acceptance(membership.organisation),
        "may_accept": membership.may(Permission.BILLING_MANAGE),
    }
    return render(request, "organisations/terms.html", context)
