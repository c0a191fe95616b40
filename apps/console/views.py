"""The front page, and the home page of an organisation."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.console.selectors import overview
from apps.jobs.pages import jobs_token, with_costs
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import organisation_last
from apps.organisations.services import membership_visit

STOP_POLLING = 286  # htmx: the answer is the last one


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show what this is, or take a signed-in person to where they were."""
    if not request.user.is_authenticated:
        return render(request, "console/front.html")
    slug = organisation_last(request.user, request.session.get("organisation", ""))
    return redirect("console:home", slug) if slug else redirect("organisations:new")


@login_required
@require_safe
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Show balance, running jobs, last jobs and the next step; `?seen=` answers only what is new."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    if request.session.get("organisation") != slug:
        request.session["organisation"] = slug  # once per switch, not with every look
        membership_visit(membership=grant.member, now=timezone.now())
    found = overview(grant)
    token = jobs_token([*found.live, *found.recent])
    if request.GET.get("seen") == token:
        return HttpResponse(status=204)
    context = {
        "overview": found,
        "live": with_costs(found.live, timezone.now()),
        "recent": with_costs(found.recent, timezone.now()),
        "token": token,
        "oob": "seen" in request.GET,
    }
    if "seen" in request.GET:
        status = 200 if found.live else STOP_POLLING
        return render(request, "console/home_jobs.html", context, status=status)
    return render(request, "console/home.html", context)
