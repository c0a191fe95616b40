"""The list of jobs."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.jobs.forms import FilterForm
from apps.jobs.pages import jobs_token, with_costs
from apps.jobs.selectors import JobFilters, jobs_page
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import projects_of

PAGE = 25


@login_required
@require_safe
def job_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the organisation's jobs, newest first; filters and page are in the address.

    For htmx: `?before=` answers the next rows, `?seen=` answers the rows only when they changed.
    """
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    projects = list(projects_of(grant))
    form = FilterForm(request.GET, projects=projects)
    chosen = form.cleaned_data if form.is_valid() else {}
    project = next((one for one in projects if one.slug == chosen.get("project")), None)
    filters = JobFilters(
        state=chosen.get("state", ""), text=chosen.get("q", ""), project_id=project.pk if project else None
    )
    before = _uuid(request.GET.get("before", ""))
    page = jobs_page(grant, filters, before, limit=PAGE)
    token = jobs_token(page.jobs)
    if request.GET.get("seen") == token:
        return HttpResponse(status=204)
    query = request.GET.copy()
    for key in ("before", "seen"):
        query.pop(key, None)
    context = {
        "form": form,
        "rows": with_costs(page.jobs, timezone.now()),
        "next_before": page.next_before,
        "before": before,
        "token": token,
        "live": any(not job.over for job in page.jobs),
        "filtered": bool(filters.state or filters.text or project),
        "query": query.urlencode(),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "jobs/list.html", context)
    if before is not None:
        return render(request, "jobs/list_more.html", context)
    return render(request, "jobs/list_rows.html", context)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
