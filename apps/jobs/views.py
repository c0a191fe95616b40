"""Pages of jobs: the list, one job, its stop."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.jobs.forms import FilterForm
from apps.jobs.pages import (
    cost_of,
    definition_text,
    finished,
    job_token,
    jobs_token,
    next_words,
    outcomes,
    with_costs,
)
from apps.jobs.selectors import JobFilters, job_get, jobs_page, timeline
from apps.jobs.services import job_stop
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get

PAGE = 25
STOP_POLLING = 286  # htmx: the answer is the last one


@login_required
@require_safe
def job_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the organisation's jobs, newest first; filters and page are in the address.

    For htmx: `?before=` answers the next rows, `?seen=` answers the rows only when they changed.
    """
    membership = membership_get(request.user, slug, Permission.JOBS_VIEW)
    request.membership = membership  # type: ignore[attr-defined]
    form = FilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    filters = JobFilters(state=chosen.get("state", ""), text=chosen.get("q", ""))
    before = _uuid(request.GET.get("before", ""))
    page = jobs_page(membership.organisation, filters, before, limit=PAGE)
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
        "filtered": bool(filters.state or filters.text),
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


@login_required
@require_safe
def detail(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show one job; `?seen=` answers its live parts only when they changed, and for the last time with 286."""
    membership = membership_get(request.user, slug, Permission.JOBS_VIEW)
    request.membership = membership  # type: ignore[attr-defined]
    job = job_get(membership.organisation, job_id)
    events = timeline(job)
    token = job_token(job, events)
    over = finished(job)
    if request.GET.get("seen") == token:
        return HttpResponse(status=STOP_POLLING if over else 204)
    context = {
        "job": job,
        "attempt": job.attempt,
        "events": events,
        "cost": cost_of(job, timezone.now()),
        "next": next_words(job),
        "outcomes": outcomes(job.result),
        "definition": definition_text(job.definition),
        "token": token,
        "finished": over,
    }
    if "seen" in request.GET:
        return render(request, "jobs/live.html", context, status=STOP_POLLING if over else 200)
    return render(request, "jobs/detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask whether to stop (for browsers without dialogs), and want the job stopped."""
    membership = membership_get(request.user, slug, Permission.JOBS_STOP)
    request.membership = membership  # type: ignore[attr-defined]
    job = job_get(membership.organisation, job_id)
    if request.method != "POST":
        return render(request, "jobs/stop.html", {"job": job, "cost": cost_of(job, timezone.now())})
    job_stop(membership=membership, job=job, now=timezone.now())
    messages.success(request, "The stop is on its way; this page follows it.")
    return redirect("jobs:detail", slug, job_id)
