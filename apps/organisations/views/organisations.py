"""Pages of an organisation: its creation, its settings, its end."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError
from apps.organisations.forms import DetailsForm, OrganisationForm
from apps.organisations.forms_people import ConfirmForm
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import members_of, terms_acceptance
from apps.organisations.services import (
    close_obstacles,
    organisation_close,
    organisation_create,
    organisation_update,
    time_zone_of,
)
from apps.organisations.views.frame import actor_of, enter
from apps.users.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for what a new organisation needs and create it; a second press leads to the first one."""
    user = cast(User, request.user)
    form = OrganisationForm(request.POST or None, initial={"finance_email": user.email})
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            organisation = organisation_create(
                user=user,
                actor=actor_of(request),
                now=timezone.now(),
                time_zone=time_zone_of(form.cleaned_data["country"]),
                **form.cleaned_data,
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
    """Show and change the organisation's details; name who owns it."""
    needed = Permission.ORGANISATION_EDIT if request.method == "POST" else Permission.ORGANISATION_VIEW
    membership = enter(request, slug, needed)
    organisation = membership.organisation
    form = DetailsForm(request.POST or None, initial=DetailsForm(instance=organisation).initial)
    if request.method == "POST" and form.is_valid():
        organisation_update(
            membership=membership, details=form.cleaned_data, actor=actor_of(request), now=timezone.now()
        )
        messages.success(request, _("Saved. New invoices show these details; issued ones stay as they are."))
        return redirect("organisations:settings", slug)
    status = 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "organisation": organisation,
        "owner": members_of(organisation).get(role=Role.OWNER),
        "acceptance": terms_acceptance(organisation),
    }
    return render(request, "organisations/settings.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what stands against closing and what is left, and close once the name is typed."""
    membership = enter(request, slug, Permission.ORGANISATION_CLOSE)
    organisation = membership.organisation
    form = ConfirmForm(request.POST or None, organisation=organisation)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            organisation_close(
                membership=membership,
                confirmation=form.cleaned_data["confirmation"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(
                request,
                _("%(organisation)s is closed. Everything in it can still be read.")
                % {"organisation": organisation},
            )
            return redirect("organisations:settings", slug)
    obstacles = close_obstacles(organisation)
    context = {
        "organisation": organisation,
        "form": form,
        "error": error,
        "obstacles": [one.sentence for one in obstacles if one.blocks],
        "notes": [one.sentence for one in obstacles if not one.blocks],
    }
    status = (error.status if error else 422) if request.method == "POST" else 200
    return render(request, "organisations/close.html", context, status=status)
