"""Pages of one job: what it is, its stop, its time, its project."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import AppError
from apps.jobs.forms import ExtendForm, ProjectForm
from apps.jobs.pages import (
    cost_of,
    definition_text,
    extension_words,
    finished,
    job_token,
    next_words,
    outcomes,
)
from apps.jobs.selectors import job_get, log_book, log_days, timeline
from apps.jobs.services import job_extend, job_project_set, job_stop
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import projects_for

STOP_POLLING = 286  # htmx: the answer is the last one


@login_required
@require_safe
def detail(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show one job; `?seen=` answers its live parts only when they changed, and for the last time with 286."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    job = job_get(grant, job_id)
    events = timeline(job)
    token = job_token(job, events)
    over = finished(job)
    if request.GET.get("seen") == token:
        return HttpResponse(status=STOP_POLLING if over else 204)
    book = log_book(job)
    context = {
        "job": job,
        "attempt": job.attempt,
        "events": events,
        "cost": cost_of(job, timezone.now()),
        "next": next_words(job),
        "outcomes": outcomes(job.result),
        "definition": definition_text(job.definition),
        "book": book,
        "log_days": log_days(grant.organisation) if book.deleted_at else None,
        "words": job.policy.words(),
        "token": token,
        "finished": over,
        "may_stop": grant.may(Permission.JOBS_STOP, job.project_id),
        "may_launch": grant.may(Permission.JOBS_LAUNCH, job.project_id),
    }
    if "seen" in request.GET:
        return render(request, "jobs/live.html", context, status=STOP_POLLING if over else 200)
    return render(request, "jobs/detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask whether to stop (for browsers without dialogs), and want the job stopped."""
    grant = page_grant(request, slug, Permission.JOBS_STOP)
    job = job_get(grant, job_id, Permission.JOBS_STOP)
    if request.method != "POST":
        return render(request, "jobs/stop.html", {"job": job, "cost": cost_of(job, timezone.now())})
    job_stop(membership=grant.member, job=job, now=timezone.now())
    messages.success(request, "The stop is on its way; this page follows it.")
    return redirect("jobs:detail", slug, job_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show what a longer time limit costs at most (`?timeout_minutes=`), and ask the network for it."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
    asked = request.POST if request.method == "POST" else request.GET
    form = ExtendForm(asked if "timeout_minutes" in asked or request.method == "POST" else None)
    form.fields["timeout_minutes"].initial = job.timeout_s // 60 + 60
    valid = form.is_bound and form.is_valid()
    error, status = None, 422 if form.is_bound and not valid else 200
    if request.method == "POST" and valid:
        try:
            timeout_s = form.cleaned_data["timeout_minutes"] * 60
            job_extend(membership=grant.member, job=job, timeout_s=timeout_s, now=timezone.now())
        except AppError as refusal:
            error, status = refusal, refusal.status
        else:
            messages.success(
                request, "More time is on its way to the network; this page shows when it has arrived."
            )
            return redirect("jobs:detail", slug, job_id)
    context = {"job": job, "form": form, "error": error, **extension_words(job, form)}
    return render(request, "jobs/extend.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask which project the job shall belong to, and put it there."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
    choices = projects_for(grant, Permission.JOBS_LAUNCH)
    form = ProjectForm(request.POST or None, projects=choices, initial={"project": job.project.slug})
    if request.method == "POST" and form.is_valid():
        chosen = next(one for one in choices if one.slug == form.cleaned_data["project"])
        job_project_set(grant=grant, job=job, project=chosen, now=timezone.now())
        messages.success(request, f"The job is in the project “{chosen.name}” now.")
        return redirect("jobs:detail", slug, job_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "jobs/project.html", {"job": job, "form": form}, status=status)
