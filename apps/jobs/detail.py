"""The page of one job: what it shows, and the parts of it that come by themselves."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.billing.selectors import usage_moved, worth_today
from apps.jobs.exposed import services_of, services_probe
from apps.jobs.figures import figures_of
from apps.jobs.levels import Level
from apps.jobs.models import Job
from apps.jobs.pages import (
    cost_of,
    definition_shown,
    definition_text,
    finished,
    job_token,
    log_empty_words,
    next_words,
    outcomes,
)
from apps.jobs.selectors import job_get, log_book, log_days, notes_of, story_of, timeline
from apps.jobs.state import State
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

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
    context = live_context(grant, job, timezone.now()) | {"events": events, "token": token, "finished": over}
    if "seen" in request.GET:
        return render(request, "jobs/live.html", context, status=STOP_POLLING if over else 200)
    return render(request, "jobs/detail.html", context | still_context(grant, job, context["book"]))


def live_context(grant: Grant, job: Job, now: datetime) -> dict[str, Any]:
    """Return what the parts show that change while one looks on."""
    book = log_book(job)
    cost = cost_of(job, now)
    found = outcomes(job.result)
    settled = job.attempt is not None and job.attempt.settled_at is not None
    return {
        "job": job,
        "attempt": job.attempt,
        "story": story_of(job),
        "labels": job.labels,
        "cost": cost,
        "left_s": max(cost.limit_s - cost.ran_s, 0),
        "worth": worth_today(grant.organisation.currency, now=now),
        "next": next_words(job),
        "outcomes": found,
        "has_files": any(files for one in found for _name, files in one.values),
        "book": book,
        "log_empty": log_empty_words(job, book.lines),
        "may_stop": grant.may(Permission.JOBS_STOP, job.project_id),
        "may_launch": grant.may(Permission.JOBS_LAUNCH, job.project_id),
        "moved": usage_moved(grant.organisation, [job.attempt.hold_source]) if settled and job.attempt else None,
        "may_relabel": settled and grant.may(Permission.BILLING_MANAGE),
        "extendable": not job.over and job.stop_requested_at is None and job.state != State.PENDING,
    }


def still_context(grant: Grant, job: Job, book: Any) -> dict[str, Any]:
    """Return what the rest of the page shows."""
    return {
        "definition": definition_text(definition_shown(job.definition)),
        "services": services_of(job),
        "log_days": log_days(grant.organisation) if book.deleted_at else None,
        "words": job.policy.words(),
        "levels": Level.choices,
        "operations": _operations(job),
        "notes": notes_of(job),
        "note_key": uuid.uuid4(),
    }


def _operations(job: Job) -> list[str]:
    ops = job.definition.get("ops") if isinstance(job.definition, dict) else None
    return [str(op.get("id", "")) for op in ops if isinstance(op, dict)] if isinstance(ops, list) else []


@login_required
@require_safe
def services(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask the services of a running job whether they answer, and show what they said."""
    job = job_get(page_grant(request, slug, Permission.JOBS_VIEW), job_id)
    context = {"job": job, "probed": services_probe(job, services_of(job))}
    whole = not request.htmx  # type: ignore[attr-defined]
    return render(request, "jobs/services_page.html" if whole else "jobs/services.html", context)


@login_required
@require_safe
def figures(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show the figures the job told of itself, each with its table."""
    job = job_get(page_grant(request, slug, Permission.JOBS_VIEW), job_id)
    context = {"job": job, "series": figures_of(job, log_book(job).lines)}
    whole = not request.htmx  # type: ignore[attr-defined]
    return render(request, "jobs/figures_page.html" if whole else "jobs/figures.html", context)
