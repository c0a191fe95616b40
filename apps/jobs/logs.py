"""Pages of logs: one whole log, all logs, and how long logs are kept."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.jobs.forms import KeepingForm
from apps.jobs.forms_job import LogsForm
from apps.jobs.levels import Level
from apps.jobs.selectors import LogWanted, job_get, log_after, log_book, log_days, log_search, logs_search
from apps.jobs.services import log_keeping_set
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import projects_of
from apps.organisations.views.frame import actor_of

PAGE = 200
LINES = 1_000
WORDS_MOST = 200


@login_required
@require_safe
def search(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show a job's log by the page, the newest lines or those from `?from=` on; of `?q=` only lines that hold it.

    `?level=` narrows a search; it goes on from `?after=`.
    """
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    job = job_get(grant, job_id)
    book = log_book(job)
    words = request.GET.get("q", "").strip()[:WORDS_MOST]
    level = request.GET.get("level", "")
    level = level if level in Level.values else ""
    context: dict[str, Any] = {"job": job, "words": words, "level": level, "levels": Level.choices, "book": book}
    if words or level:
        found = log_search(job, words, after=_number(request, "after"), limit=PAGE, level=level)
        return render(request, "jobs/log_search.html", context | {"found": found, "lines": found.lines})
    first = _number(request, "from") or max(book.lines - LINES + 1, 1)
    lines = log_after(job, first - 1, LINES)
    context |= {
        "lines": lines,
        "first": first,
        "earlier": max(first - LINES, 1) if first > 1 and book.lines else None,
        "later": lines[-1].seq + 1 if lines and lines[-1].seq < book.lines else None,
        "log_days": log_days(grant.organisation) if book.deleted_at else None,
    }
    return render(request, "jobs/log_search.html", context)


def _number(request: HttpRequest, name: str) -> int:
    told = request.GET.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


@login_required
@require_safe
def everywhere(request: HttpRequest, slug: str) -> HttpResponse:
    """Search through the logs of all jobs: `?q=`, narrowed by project, job, level and days; `?before=` goes on."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    form = LogsForm(request.GET if "q" in request.GET else None, projects=projects_of(grant))
    context: dict[str, Any] = {"form": form, "found": None}
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        project = form.projects.get(told["project"])
        since, until = form.span
        wanted = LogWanted(told["q"], project.pk if project else None, told["job"], since, until, told["level"])
        query = request.GET.copy()
        query.pop("before", None)
        context["found"] = logs_search(grant, wanted, request.GET.get("before", ""))
        context["words"], context["query"] = told["q"], query.urlencode()
    return render(request, "jobs/logs.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest, slug: str) -> HttpResponse:
    """Show for how many days logs are kept, and change it."""
    needed = Permission.ORGANISATION_EDIT if request.method == "POST" else Permission.ORGANISATION_VIEW
    grant = page_grant(request, slug, needed)
    form = KeepingForm(request.POST or None, initial={"days": log_days(grant.organisation)})
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        log_keeping_set(membership=grant.member, days=days, actor=actor_of(request), now=timezone.now())
        messages.success(
            request,
            ngettext(
                "Logs are kept for %(days)d day after a job’s end now.",
                "Logs are kept for %(days)d days after a job’s end now.",
                days,
            )
            % {"days": days},
        )
        return redirect("jobs:log_keeping", slug)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "may_edit": grant.may(Permission.ORGANISATION_EDIT)}
    return render(request, "jobs/log_keeping.html", context, status=status)
