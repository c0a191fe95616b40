"""Pages of templates: the gallery, one template, its versions, writing one."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.jobs.editing import definition_text
from apps.jobs.gallery.diffs import recipe_diff
from apps.jobs.gallery.forms import TemplateForm
from apps.jobs.gallery.recipes import TemplateRefused
from apps.jobs.gallery.showing import cards, hours
from apps.jobs.selectors import (
    GalleryItem,
    gallery_item,
    gallery_items,
    gallery_tags,
    job_get,
    template_get,
    template_versions,
)
from apps.jobs.services import (
    template_archive,
    template_create,
    template_restore,
    template_unarchive,
    template_version,
)
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of


@login_required
@require_safe
def gallery(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the templates: `?q=` and `?tag=` narrow, `?archived=1` shows what was put away. For htmx: the cards."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    text, tag = request.GET.get("q", "")[:120], request.GET.get("tag", "")[:24]
    archived = request.GET.get("archived") == "1"
    every = gallery_items(grant, archived=archived)
    items = [item for item in every if item.fits(text, tag)]
    context = {
        "cards": cards(items, grant.organisation.currency),
        "tags": gallery_tags(every),
        "q": text,
        "tag": tag,
        "archived": archived,
        "may_write": grant.may(Permission.JOBS_LAUNCH),
    }
    part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, f"jobs/templates{'_cards' if part else ''}.html", context)


@login_required
@require_safe
def template(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Show one template: what it does, what it asks, what it needs, and its versions."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    item = gallery_item(grant, template)
    return render(request, "jobs/template.html", _shown(grant, item))


def _shown(grant: Grant, item: GalleryItem) -> dict[str, Any]:
    return {
        "item": item,
        "hours": hours(item.recipe, grant.organisation.currency),
        "versions": list(template_versions(item.template)) if item.template else [],
        "definition": definition_text(item.recipe.definition, "yaml"),
        "may_write": grant.may(Permission.JOBS_LAUNCH),
    }


@login_required
@require_safe
def version(request: HttpRequest, slug: str, template: str, number: int) -> HttpResponse:
    """Show one version, and what it changed: against the one before, or `?against=`."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    own = template_get(grant, template)
    item = gallery_item(grant, template, number)
    asked = request.GET.get("against", "")
    against = int(asked) if asked.isdecimal() and len(asked) < 6 else number - 1
    older = gallery_item(grant, template, against) if against else None
    context = {
        **_shown(grant, item),
        "version": own.versions.select_related("author").get(number=number),
        "against": against,
        "diff": recipe_diff(older.recipe, item.recipe) if older else None,
    }
    return render(request, "jobs/template_version.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a template and keep it; begun empty, from `?job=`, from `?template=`, or from what the editor sent."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    if request.method != "POST" or "title" not in request.POST:
        initial = {**_begun(request, grant), "submission_key": uuid.uuid4()}
        return _form(request, TemplateForm(initial=initial), None)
    form, error = TemplateForm(request.POST), None
    if form.is_valid():
        try:
            made = template_create(
                grant=grant,
                facts=form.facts,
                note=form.cleaned_data["note"],
                key=str(form.cleaned_data["submission_key"] or ""),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except TemplateRefused as refusal:
            form.refused(refusal)
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("The template is in your gallery."))
            return redirect("jobs:template", slug, made.slug)
    return _form(request, form, None, error)


def _begun(request: HttpRequest, grant: Grant) -> dict[str, Any]:
    """Return what the form of a new template is filled in with. Raises NotFound for a foreign job or template."""
    if request.GET.get("job"):
        job = job_get(grant, request.GET["job"])
        return {
            "title": job.name[:80],
            "minutes": max(job.timeout_s // 60, 1),
            "vram_gb": job.market.vram_gb,
            "definition": definition_text(job.definition, "yaml"),
        }
    if request.GET.get("template"):
        item = gallery_item(grant, request.GET["template"])
        return TemplateForm.of(item.recipe) | {"title": item.recipe.title[:70]}
    sent = {
        "title": request.POST.get("name", "")[:80],
        "minutes": request.POST.get("timeout_minutes", ""),
        "definition": request.POST.get("definition", "")[:400_000],
    }
    return {name: value for name, value in sent.items() if value}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Write a new version of a template of the organisation's own."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    own = template_get(grant, template)
    assert own.current is not None
    if request.method != "POST":
        initial = TemplateForm.of(own.current.recipe) | {"base": own.current.number}
        return _form(request, TemplateForm(initial=initial), own)
    form, error = TemplateForm(request.POST), None
    if form.is_valid():
        try:
            made = template_version(
                grant=grant,
                template=own,
                facts=form.facts,
                base=form.cleaned_data["base"] or 0,
                note=form.cleaned_data["note"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except TemplateRefused as refusal:
            form.refused(refusal)
        except AppError as refusal:
            error = refusal
        else:
            assert made.current is not None
            messages.success(request, _("Version %(number)d is current now.") % {"number": made.current.number})
            return redirect("jobs:template", slug, made.slug)
    return _form(request, form, own, error)


def _form(request: HttpRequest, form: TemplateForm, own: Any, error: AppError | None = None) -> HttpResponse:
    status = error.status if error else 422 if form.is_bound and form.errors else 200
    context = {"form": form, "own": own, "error": error}
    return render(request, "jobs/template_form.html", context, status=status)


@login_required
@require_POST
def restore(request: HttpRequest, slug: str, template: str, number: int) -> HttpResponse:
    """Bring an old version back as a new one."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    own = template_get(grant, template)
    template_restore(grant=grant, template=own, number=number, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("Version %(number)d is back, as a new version.") % {"number": number})
    return redirect("jobs:template", slug, template)


@login_required
@require_POST
def archive(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Take a template out of the gallery."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    own = template_get(grant, template)
    template_archive(grant=grant, template=own, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("It is archived: out of the gallery, with all its versions."))
    return redirect("jobs:template", slug, template)


@login_required
@require_POST
def unarchive(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Put a template back into the gallery."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    own = template_get(grant, template)
    template_unarchive(grant=grant, template=own, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("It is back in the gallery."))
    return redirect("jobs:template", slug, template)
