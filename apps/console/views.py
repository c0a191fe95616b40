"""The front page, and the home page of an organisation."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.billing.selectors import wallet, worth_today
from apps.console.selectors import acts, alerts, front, money, overview, search
from apps.core.errors import AppError
from apps.jobs.pages import jobs_token, with_costs
from apps.jobs.selectors import JobFilters, jobs_latest
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_keys_of, organisation_last, project_get, project_members
from apps.organisations.services import membership_visit
from apps.organisations.sign_in_rules import on_visit
from apps.users.services import language_check, language_choose, view_delete, view_save

PROJECT_JOBS, PROJECT_KEYS = 15, 50
LISTS = {
    "jobs": "jobs:list",
    "invoices": "billing:invoices",
    "movements": "billing:movements",
    "holds": "billing:holds",
    "top-ups": "payments:topups",
    "approvals": "organisations:approvals",
    "credit-notes": "billing:credit_notes",
    "statements": "billing:statements",
    "members": "organisations:members",
    "invitations": "organisations:invitations",
    "keys": "organisations:keys",
    "audit": "organisations:audit",
}  # the lists whose views can be saved, by area


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show what this is, or take a signed-in person to where they were."""
    if not request.user.is_authenticated:
        shown = front(request.GET.get("currency", ""), now=timezone.now())
        return render(request, "console/front.html", {"front": shown})
    slug = organisation_last(request.user, request.session.get("organisation", ""))
    return redirect("console:home", slug) if slug else redirect("organisations:new")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Answer in another language from now on, and show the page again that it was chosen on.

    Which page that was is known from the browser (Referer): an address written into the page could hold a secret.
    """
    code, back = request.POST.get("language", ""), request.META.get("HTTP_REFERER", "")
    if request.user.is_authenticated:
        language_choose(user=request.user, language=code)
    else:
        language_check(code)
    known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if known else reverse("console:start"))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@login_required
@require_safe
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Show balance, running jobs, last jobs and the next step; `?seen=` answers only what is new."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    if request.session.get("organisation") != slug and not on_visit(request):
        request.session["organisation"] = slug  # once per switch, not with every look
        membership_visit(membership=grant.member, now=timezone.now())
    now = timezone.now()
    found = overview(grant, now)
    token = jobs_token([*found.live, *found.recent])
    if request.GET.get("seen") == token:
        return HttpResponse(status=204)
    context = {
        "overview": found,
        "live": with_costs(found.live, now),
        "recent": with_costs(found.recent, now),
        "token": token,
        "oob": "seen" in request.GET,
        "money": money(grant, now),
        "worth": worth_today(grant.organisation.currency, now=now),
    }
    if "seen" in request.GET:
        return render(request, "console/home_jobs.html", context)
    request.wallet = have = wallet(grant.organisation_id)  # type: ignore[attr-defined]
    context |= {
        "alerts": alerts(grant, available_micro=have.available_micro, now=now),
        "acts": acts(grant),
    }
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
@require_POST
def view_store(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the view of a list under a name, and show it."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    area = _area(request)
    kept = view_save(
        user=grant.member.user,
        area=area,
        place=grant.organisation_id,
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        now=timezone.now(),
    )
    messages.success(request, _("The view “%(name)s” is saved; only you see it.") % {"name": kept.name})
    return redirect(f"{reverse(LISTS[area], args=[slug])}?{kept.query}")


@login_required
@require_POST
def view_remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a saved view of one's own, and show its list."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    area, name = _area(request), request.POST.get("name", "")
    view_delete(user=grant.member.user, area=area, place=grant.organisation_id, name=name)
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": name})
    return redirect(LISTS[area], slug)


def _area(request: HttpRequest) -> str:
    area = request.POST.get("area", "")
    if area not in LISTS:
        raise AppError(_("There is no such list; use the form of the list itself."), code="view_area", status=422)
    return area


@login_required
@require_safe
def project(request: HttpRequest, slug: str, project: str) -> HttpResponse:
    """Show a project: its newest jobs, its keys, and the members who are limited to it."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    found = project_get(grant, project)
    sees_jobs = grant.may(Permission.JOBS_VIEW, found.pk)
    jobs = jobs_latest(grant, JobFilters(project_id=found.pk), limit=PROJECT_JOBS + 1) if sees_jobs else None
    now = timezone.now()
    keys = api_keys_of(grant).filter(project=found)[:PROJECT_KEYS] if grant.may(Permission.KEYS_MANAGE) else None
    context = {
        "project": found,
        "rows": None if jobs is None else with_costs(jobs[:PROJECT_JOBS], now),
        "more_jobs": jobs is not None and len(jobs) > PROJECT_JOBS,
        "keys": None if keys is None else [(key, key.state(now)) for key in keys],
        "members": project_members(found),
        "manages": grant.may(Permission.PROJECTS_MANAGE),
        "manages_members": grant.may(Permission.MEMBERS_MANAGE),
        "may_launch": grant.may(Permission.JOBS_LAUNCH, found.pk) and found.archived_at is None,
    }
    return render(request, "console/project.html", context)
