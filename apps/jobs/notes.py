"""Notes on a job: written on its page, changed and deleted by their author."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.jobs.acts import ACT, done, shown
from apps.jobs.forms_job import NoteForm
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, note_get, notes_of
from apps.jobs.services import note_add, note_delete, note_edit
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


def _job(request: HttpRequest, slug: str, job_id: uuid.UUID) -> tuple[Grant, Job]:
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    return grant, job_get(grant, job_id, Permission.JOBS_LAUNCH)


@login_required
@require_POST
def add(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Write a note; the same form sent twice is one note."""
    grant, job = _job(request, slug, job_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        key = str(form.cleaned_data["key"] or uuid.uuid4())
        text = form.cleaned_data["text"]
        note_add(membership=grant.member, job=job, text=text, key=key, actor=actor_of(request), now=timezone.now())
        form = NoteForm(initial={"key": uuid.uuid4()})
        if not request.htmx:  # type: ignore[attr-defined]
            messages.success(request, _("The note is on the job’s page."))
            return redirect("jobs:detail", slug, job_id)
    status = 422 if form.is_bound else 200
    context: dict[str, Any] = {"job": job, "notes": notes_of(job), "note_form": form, "may_launch": True}
    whole = not request.htmx  # type: ignore[attr-defined]
    return render(request, "jobs/notes_page.html" if whole else "jobs/notes.html", context, status=status)


@login_required
@ACT
def edit(request: HttpRequest, slug: str, job_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """Show one's own note to change it, and keep the change."""
    grant, job = _job(request, slug, job_id)
    note = note_get(job, note_id)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        note_edit(membership=grant.member, note=note, text=text, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("The note is changed."))
        return done(request, "jobs:detail", slug, job_id)
    context = {"job": job, "note": note, "form": form}
    return shown(request, "jobs/note_edit.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str, job_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """Ask whether to delete one's own note, and delete it."""
    grant, job = _job(request, slug, job_id)
    note = note_get(job, note_id)
    if request.method == "POST":
        note_delete(membership=grant.member, note=note, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("The note is deleted."))
        return done(request, "jobs:detail", slug, job_id)
    return shown(request, "jobs/note_delete.html", {"job": job, "note": note})
