"""Pages of projects: the list, a new one, a change, the archive, and who is limited to which."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.organisations.access import page_grant
from apps.organisations.forms_projects import LimitForm, ProjectForm
from apps.organisations.roles import Permission
from apps.organisations.selectors import member_get, project_get, projects_of
from apps.organisations.services import (
    member_limit,
    project_archive,
    project_create,
    project_unarchive,
    project_update,
)
from apps.organisations.views.frame import actor_of


@login_required
@require_safe
def projects(request: HttpRequest, slug: str) -> HttpResponse:
    """List the projects the person may see."""
    grant = page_grant(request, slug, Permission.ORGANISATION_VIEW)
    context = {"projects": projects_of(grant), "manages": grant.may(Permission.PROJECTS_MANAGE)}
    return render(request, "organisations/projects.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a project's name and labels, and make it."""
    grant = page_grant(request, slug, Permission.PROJECTS_MANAGE)
    form, error = ProjectForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            made = project_create(grant=grant, **form.cleaned_data, actor=actor_of(request), now=timezone.now())
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("The project “%(made)s” is there.") % {"made": made.name})
            return redirect("console:project", slug, made.slug)
    return _form(request, form, error)


def _form(request: HttpRequest, form: ProjectForm, error: AppError | None, **context: object) -> HttpResponse:
    status = 200 if request.method != "POST" else error.status if error else 422
    return render(
        request, "organisations/project_form.html", {"form": form, "error": error, **context}, status=status
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, slug: str, project: str) -> HttpResponse:
    """Change a project's name and labels."""
    grant = page_grant(request, slug, Permission.PROJECTS_MANAGE)
    found = project_get(grant, project)
    form, error = ProjectForm(request.POST or None, initial=ProjectForm.of(found)), None
    if request.method == "POST" and form.is_valid():
        try:
            project_update(
                grant=grant, project=found, **form.cleaned_data, actor=actor_of(request), now=timezone.now()
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved."))
            return redirect("console:project", slug, project)
    return _form(request, form, error, project=found)


@login_required
@require_POST
def project_archiving(request: HttpRequest, slug: str, project: str) -> HttpResponse:
    """Archive a project, or with `back` bring it back."""
    grant = page_grant(request, slug, Permission.PROJECTS_MANAGE)
    act, told = (
        (project_unarchive, _("“%(name)s” is back."))
        if "back" in request.POST
        else (project_archive, _("“%(name)s” is in the archive."))
    )
    found = act(grant=grant, project=project_get(grant, project), actor=actor_of(request), now=timezone.now())
    messages.success(request, told % {"name": found.name})
    return redirect("console:project", slug, project)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_projects(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Limit a member to projects, or lift the limit."""
    grant = page_grant(request, slug, Permission.MEMBERS_MANAGE)
    member = member_get(grant.organisation, member_id)
    form, error = LimitForm(request.POST or None, projects=projects_of(grant), member=member), None
    if request.method == "POST" and form.is_valid():
        try:
            member_limit(
                grant=grant,
                member_id=member.pk,
                projects=form.limits(),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved what %(member)s sees.") % {"member": member.user})
            return redirect("organisations:member_projects", slug, member.pk)
    status = 200 if request.method != "POST" else error.status if error else 422
    context = {"member": member, "form": form, "error": error}
    return render(request, "organisations/member_projects.html", context, status=status)
