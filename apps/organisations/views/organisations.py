"""Pages of an organisation: its creation and its settings."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError
from apps.organisations.forms import DetailsForm, OrganisationForm
from apps.organisations.roles import Permission
from apps.organisations.selectors import members_of, membership_get, memberships_of
from apps.organisations.services import organisation_create, organisation_update
from apps.organisations.views.frame import actor_of
from apps.users.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for what a new organisation needs and create it; a second press leads to the first one."""
    user = cast(User, request.user)
    form = OrganisationForm(request.POST or None, initial={"finance_email": user.email})
    error = None
    if request.method == "POST" and form.is_valid():
        again = memberships_of(user).filter(organisation__name=form.cleaned_data["name"]).first()
        if again is not None:
            return redirect("console:home", again.organisation.slug)
        try:
            organisation = organisation_create(
                user=user, actor=actor_of(request), now=timezone.now(), **form.cleaned_data
            )
        except AppError as refusal:
            error = refusal
        else:
            return redirect("console:home", organisation.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "organisations/new.html", {"form": form, "error": error}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change the details on invoices; list the members."""
    needed = Permission.ORGANISATION_EDIT if request.method == "POST" else Permission.ORGANISATION_VIEW
    membership = membership_get(request.user, slug, needed)
    request.membership = membership  # type: ignore[attr-defined]
    organisation = membership.organisation
    form = DetailsForm(request.POST or None, initial=DetailsForm(instance=organisation).initial)
    if request.method == "POST" and form.is_valid():
        organisation_update(
            membership=membership, details=form.cleaned_data, actor=actor_of(request), now=timezone.now()
        )
        messages.success(request, "Saved. New invoices show these details; issued ones stay as they are.")
        return redirect("organisations:settings", slug)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "members": members_of(organisation), "organisation": organisation}
    return render(request, "organisations/settings.html", context, status=status)
