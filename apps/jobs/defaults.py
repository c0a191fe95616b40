"""The page of what an organisation's new jobs do by themselves."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.jobs.policy_forms import PREFIX, PolicyForm
from apps.jobs.selectors import policy_of
from apps.jobs.services import policy_set
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what new jobs do by themselves unless they say otherwise, and change it."""
    writing = request.method == "POST"
    grant = page_grant(request, slug, Permission.ORGANISATION_EDIT if writing else Permission.ORGANISATION_VIEW)
    kept = policy_of(grant.organisation)
    form = PolicyForm(request.POST, prefix=PREFIX) if writing else PolicyForm.of(kept)
    if writing and form.is_valid():
        policy_set(membership=grant.member, policy=form.policy, actor=actor_of(request), now=timezone.now())
        messages.success(
            request, _("Saved. New jobs do so unless they say otherwise; running ones stay as they are.")
        )
        return redirect("jobs:policy", slug)
    context = {
        "policies": form,
        "words": kept.words(),
        "may_edit": grant.may(Permission.ORGANISATION_EDIT),
        "organisation": grant.organisation,
    }
    return render(request, "jobs/policy.html", context, status=422 if writing else 200)
