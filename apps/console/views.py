"""The front page, and the home page of an organisation."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.console.selectors import overview, search
from apps.jobs.pages import jobs_token, with_costs
from apps.jobs.selectors import JobFilters, jobs_page
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_keys_of, organisation_last, project_get, project_members
from apps.organisations.services import membership_visit

PROJECT_JOBS, PROJECT_KEYS = 15, 50
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


@login_required
@require_safe
def find(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what `?q=` finds in the organisation, as a page or, for the palette, only the results."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    text = request.GET.get("q", "").strip()
    groups = search(grant, text)
    context = {"text": text, "groups": groups, "total": sum(len(group.hits) for group in groups)}
    name = "console/search_results.html" if request.htmx else "console/search.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@login_required
@require_safe
def project(request: HttpRequest, slug: str, project: str) -> HttpResponse:
    """Show a project: its newest jobs, its keys, and the members who are limited to it."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    found = project_get(grant, project)
    sees_jobs = grant.may(Permission.JOBS_VIEW, found.pk)
    page = jobs_page(grant, JobFilters(project_id=found.pk), limit=PROJECT_JOBS) if sees_jobs else None
    now = timezone.now()
    keys = api_keys_of(grant).filter(project=found)[:PROJECT_KEYS] if grant.may(Permission.KEYS_MANAGE) else None
    context = {
        "project": found,
        "rows": with_costs(page.jobs, now) if page else None,
        "more_jobs": page.next_before is not None if page else False,
        "keys": None if keys is None else [(key, key.state(now)) for key in keys],
        "members": project_members(found),
        "manages": grant.may(Permission.PROJECTS_MANAGE),
        "manages_members": grant.may(Permission.MEMBERS_MANAGE),
        "may_launch": grant.may(Permission.JOBS_LAUNCH, found.pk) and found.archived_at is None,
    }
    return render(request, "console/project.html", context)
