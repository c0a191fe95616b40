"""What people do to a job: stop, more time, once more, another name, another project. Pages, and dialogs by htmx."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.billing.errors import LabelsRefused
from apps.billing.selectors import wallet
from apps.core.errors import AppError
from apps.jobs.forms import ExtendForm, ProjectForm
from apps.jobs.forms_job import AgainForm, NameForm, RelabelForm
from apps.jobs.models import Job
from apps.jobs.pages import cost_of, extension_words
from apps.jobs.pairs import pairs_text
from apps.jobs.selectors import counted_under, job_get
from apps.jobs.services import (
    job_estimate,
    job_extend,
    job_project_set,
    job_relabel,
    job_rename,
    job_restart,
    job_stop,
)
from apps.organisations.access import page_grant
from apps.organisations.models import Approval
from apps.organisations.roles import Permission
from apps.organisations.selectors import projects_for, projects_of
from apps.organisations.views.frame import actor_of

ACT = require_http_methods(["GET", "HEAD", "POST"])


def shown(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    error: AppError | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer the act's page; inside the job's page, its dialog."""
    dialog = bool(request.htmx)  # type: ignore[attr-defined]
    around = "jobs/act_dialog.html" if dialog else "jobs/act_page.html"
    answer = render(
        request,
        template,
        context | {"around": around, "dialog": dialog, "error": error},
        status=error.status if error else status,
    )
    if dialog and error is not None:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#act", "innerHTML"
    return answer


def done(request: HttpRequest, to: str, *args: Any) -> HttpResponse:
    """Lead to the page that shows what came of it."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": resolve_url(to, *args)})
    return redirect(to, *args)


@login_required
@ACT
def stop(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Say what stopping costs and gives back, and want the job stopped."""
    grant = page_grant(request, slug, Permission.JOBS_STOP)
    job = job_get(grant, job_id, Permission.JOBS_STOP)
    if request.method == "POST":
        try:
            job_stop(membership=grant.member, job=job, now=timezone.now())
        except AppError as refusal:
            return shown(request, "jobs/stop.html", _cost(job), error=refusal)
        messages.success(request, _("The stop is on its way; this page follows it."))
        return done(request, "jobs:detail", slug, job_id)
    return shown(request, "jobs/stop.html", _cost(job))


def _cost(job: Job) -> dict[str, Any]:
    cost = cost_of(job, timezone.now())
    held = job.attempt.held_micro if job.attempt else 0
    return {"job": job, "attempt": job.attempt, "cost": cost, "back_micro": max(held - cost.micro, 0)}


@login_required
@ACT
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
            error = refusal
        else:
            words = _("More time is on its way to the network; this page shows when it has arrived.")
            messages.success(request, words)
            return done(request, "jobs:detail", slug, job_id)
    context = {"job": job, "form": form, **extension_words(job, form)}
    return shown(request, "jobs/extend.html", context, error=error, status=status)


@login_required
@ACT
def restart(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Say what the job costs at most when it runs once more, and launch it: a second press leads to the same job."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
    form = AgainForm(request.POST or None, initial={"submission_key": uuid.uuid4()})
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            made = job_restart(
                membership=grant.member,
                job=job,
                submission_key=str(form.cleaned_data["submission_key"]),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            error = refusal
        else:
            if isinstance(made, Approval):
                return done(request, "organisations:approval", slug, made.pk)
            messages.success(request, _("The job is launched once more; this is the new one."))
            return done(request, "jobs:detail", slug, made.pk)
    longest = job.policy.longest(job.timeout_s)
    context = {
        "job": job,
        "form": form,
        "open": job.market.open and not job.market.hidden,
        "estimate": job_estimate(job.market, longest),
        "longest": longest,
        "available_micro": wallet(job.organisation_id).available_micro,
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return shown(request, "jobs/restart.html", context, error=error, status=status)


@login_required
@ACT
def rename(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask for the job's new name, and give it."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
    form = NameForm(request.POST or None, initial={"name": job.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        job_rename(membership=grant.member, job=job, name=name, actor=actor_of(request), now=timezone.now())
        messages.success(request, _("The job has its new name."))
        return done(request, "jobs:detail", slug, job_id)
    return shown(request, "jobs/rename.html", {"job": job, "form": form}, status=422 if form.is_bound else 200)


@login_required
@ACT
def relabel(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask where reports shall count what the job has cost, and count it there from now on."""
    grant = page_grant(request, slug, Permission.BILLING_MANAGE)
    job = job_get(grant, job_id)
    project, labels = counted_under(grant, job)
    initial = {"project": project.slug if project else "", "labels": pairs_text(labels)}
    form = RelabelForm(request.POST or None, projects=projects_of(grant), initial=initial)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            job_relabel(
                grant=grant,
                job=job,
                project=form.projects[form.cleaned_data["project"]],
                labels=form.cleaned_data["labels"],
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except LabelsRefused as refusal:
            form.add_error("labels", refusal.message)
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Reports count its cost there from now on; documents stay as they are."))
            return done(request, "jobs:detail", slug, job_id)
    status = 422 if form.is_bound and not form.is_valid() else 200
    return shown(request, "jobs/relabel.html", {"job": job, "form": form}, error=error, status=status)


@login_required
@ACT
def project(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse:
    """Ask which project the job shall belong to, and put it there."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
    choices = projects_for(grant, Permission.JOBS_LAUNCH)
    form = ProjectForm(request.POST or None, projects=choices, initial={"project": job.project.slug})
    if request.method == "POST" and form.is_valid():
        chosen = next(one for one in choices if one.slug == form.cleaned_data["project"])
        job_project_set(grant=grant, job=job, project=chosen, now=timezone.now())
        messages.success(request, _("The job is in the project “%(name)s” now.") % {"name": chosen.name})
        return done(request, "jobs:detail", slug, job_id)
    return shown(request, "jobs/project.html", {"job": job, "form": form}, status=422 if form.is_bound else 200)
