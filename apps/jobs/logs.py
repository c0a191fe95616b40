"""Pages of logs: the search through a whole log, and how long logs are kept."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.jobs.forms import KeepingForm
from apps.jobs.selectors import job_get, log_book, log_days, log_search
from apps.jobs.services import log_keeping_set
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of

PAGE = 200
WORDS_MOST = 200


@login_required
@require_safe
def search(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Show the lines of a job's whole log that hold the words of `?q=`, a page at a time from `?after=` on."""
    job = job_get(page_grant(request, slug, Permission.JOBS_VIEW), job_id)
    words = request.GET.get("q", "").strip()[:WORDS_MOST]
    told = request.GET.get("after", "")
    after = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
    found = log_search(job, words, after=after, limit=PAGE) if words else None
    context = {"job": job, "words": words, "found": found, "book": log_book(job), "after": after}
    return render(request, "jobs/log_search.html", context)


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
            request, f"Logs are kept for {days} {'day' if days == 1 else 'days'} after a job’s end now."
        )
        return redirect("jobs:log_keeping", slug)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "may_edit": grant.may(Permission.ORGANISATION_EDIT)}
    return render(request, "jobs/log_keeping.html", context, status=status)
