"""The pages of the acts: what will happen, a form, and then the organisation's glance again."""

import uuid
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.core.errors import AppError, Denied, NotFound
from apps.organisations.models import Organisation
from apps.organisations.views.frame import actor_of
from apps.support.acts.doings import ACTS, Said
from apps.users.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
def act(request: HttpRequest, organisation_id: uuid.UUID, name: str) -> HttpResponse:
    """Show what an act does to the organisation, and do it."""
    doing = ACTS[name]
    if not cast(User, request.user).has_perm(doing.right):
        raise Denied("Your role does not do this; docs/support.md says which does.")
    organisation = Organisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise NotFound("There is no organisation with this id.")
    now = timezone.now()
    form = doing.form(request.POST if request.method == "POST" else None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            reason, actor = form.cleaned_data["reason"], actor_of(request, staff=True)
            said = Said(organisation_id=organisation.pk, reason=reason, actor=actor, now=now)
            told = doing.do(form.cleaned_data, organisation, said)
        except AppError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, told)
            return redirect("support:organisation", organisation_id)
    context = {
        **admin.site.each_context(request),
        "title": f"{doing.title}: {organisation}",
        "organisation": organisation,
        "doing": doing,
        "facts": doing.facts(organisation, now),
        "form": form,
    }
    return render(request, "desk/acts/act.html", context, status=422 if request.method == "POST" else 200)
