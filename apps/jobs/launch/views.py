"""Views of the launch page: begin, change the way it is written, look what it costs, check, launch."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.billing.selectors import rate_today
from apps.core.errors import AppError, KeyReused
from apps.jobs.definitions import DefinitionRefused
from apps.jobs.editing import marks_at
from apps.jobs.launch.drafts import Draft, draft_begun, draft_posted
from apps.jobs.launch.forms import LaunchForm
from apps.jobs.launch.showing import estimate_words, page, problem_words
from apps.jobs.launch.sources import turned
from apps.jobs.models import Market
from apps.jobs.services import LabelsRefused, Privacy, SecretsMissing, job_launch, job_rehearse
from apps.organisations.access import page_grant
from apps.organisations.models import Approval
from apps.organisations.roles import Permission
from apps.organisations.selectors import organisation_last, project_default
from apps.organisations.views.frame import actor_of

SHOWS = ("template", "container", "definition", "json", "yaml")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the launch form, and launch: a second press of the same form leads to the same job.

    With `show` in what is sent, nothing is launched: the form comes back another way ("template", "container",
    "definition", "json", "yaml"), with markets looked for anew ("where"), or with a dry run ("check"). A job above
    the organisation's limit becomes a request, and leads to its page. GET never launches.
    """
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    if request.method != "POST":
        return page(request, draft_begun(request, grant))
    show = request.POST.get("show", "")
    if show in SHOWS or show == "where":
        draft = draft_posted(request.POST, grant, check=False)
        if show in SHOWS:
            draft.what = turned(draft.what, show)
            draft.form.initial = {**draft.form.initial, "how": draft.what.how, "definition": draft.what.text}
        return page(request, draft)
    draft = draft_posted(request.POST, grant)
    if not _valid(draft):
        return page(request, draft, status=422)
    return _checked(request, draft) if show == "check" else _launched(request, draft)


def _valid(draft: Draft) -> bool:
    """Return whether everything is filled in, and note what is not."""
    valid = draft.form.is_valid()
    if draft.policies.is_bound and not draft.policies.is_valid():
        valid = False
    if not draft.what.valid:
        valid = False
        if draft.what.how == "template" and draft.what.item is None:
            draft.sentences = [_("Choose a template first, or write what to run yourself.")]
    return valid


def _launched(request: HttpRequest, draft: Draft) -> HttpResponse:
    try:
        made = job_launch(
            **_asked(draft, request),
            submission_key=str(draft.form.cleaned_data["submission_key"]),
            now=timezone.now(),
        )
    except AppError as refusal:
        return _refused(request, draft, refusal)
    slug = draft.grant.organisation.slug
    if isinstance(made, Approval):
        return redirect("organisations:approval", slug, made.pk)
    return redirect("jobs:detail", slug, made.pk)


def _checked(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Answer the page with what a launch would do; nothing is kept."""
    try:
        draft.rehearsal = job_rehearse(**_asked(draft, request), now=timezone.now())
    except AppError as refusal:
        draft.refusal = refusal
        return _refused(request, draft, refusal)
    return page(request, draft)


def _asked(draft: Draft, request: HttpRequest) -> dict[str, Any]:
    """Return what both the launch and its dry run take."""
    data, what = draft.form.cleaned_data, draft.what
    chosen = next((one for one in draft.projects if one.slug == data["project"]), None)
    return {
        "membership": draft.grant.member,
        "project": chosen or project_default(draft.grant, Permission.JOBS_LAUNCH),
        "market": data["market"],
        "definition": what.definition,
        "timeout_s": data["timeout_minutes"] * 60,
        "name": data["name"],
        "privacy": Privacy(data["visibility"], {**what.secrets, **data["secrets"]}, data["secrets_of"]),
        "template": what.origin.slug if what.origin else "",
        "template_number": what.origin.number if what.origin else None,
        "reason": data["reason"],
        "actor": actor_of(request),
        "labels": data["labels"],
        "node": data["node"].strip(),
        "policy": draft.policies.policy if draft.policies.is_bound else None,
    }


def _refused(request: HttpRequest, draft: Draft, refusal: AppError) -> HttpResponse:
    """Answer the page with the refusal at its place."""
    form, what = draft.form, draft.what
    if isinstance(refusal, KeyReused):
        again = request.POST.copy()
        again["submission_key"] = str(uuid.uuid4())
        draft.form = LaunchForm(again, projects=draft.projects)
        draft.error = AppError(
            _(
                "This form has launched a job already, and it has changed since. Nothing new was launched: "
                "press Launch once more to launch what the form says now."
            ),
            status=409,
        )
        return page(request, draft, status=409)
    if isinstance(refusal, DefinitionRefused):
        pairs = [(path, sentence) for path, found in refusal.fields.items() for sentence in found]
        if what.how == "definition":
            form.add_error("definition", [str(m) for m in marks_at(what.text, pairs)] or [refusal.message])
        else:
            draft.sentences = [f"{path}: {sentence}" for path, sentence in pairs] or [refusal.message]
        return page(request, draft, status=422)
    places = {SecretsMissing: "secrets", LabelsRefused: "labels"}
    field = places.get(type(refusal)) or {"node_invalid": "node"}.get(refusal.code)
    if field:
        form.add_error(field, refusal.message)
        return page(request, draft, status=422)
    draft.error = refusal
    return page(request, draft, status=refusal.status)


@login_required
@require_POST
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer what the form, as it stands, costs at most, and what is wrong with what it would run."""
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    draft = draft_posted(request.POST, grant, check=False)
    slug_wanted = request.POST.get("market", "").replace("\0", "")
    market = Market.objects.filter(slug=slug_wanted, open=True, hidden=False).first()
    now = timezone.now()
    rate = rate_today(grant.organisation.currency, now=now)
    context = {
        **estimate_words(draft, market, rate, now=now),
        **problem_words(draft),
        "what": draft.what,
        "form": draft.form,
    }
    return render(request, "jobs/launch_live.html", context)


@login_required
@require_safe
def link(request: HttpRequest) -> HttpResponse:
    """Lead a link that names no organisation, such as a button in a README, to the launch page of the person's own.

    Its questions go along; nothing is launched.
    """
    slug = organisation_last(request.user, request.session.get("organisation", ""))  # type: ignore[arg-type]
    if not slug:
        return redirect("organisations:new")
    query = request.GET.urlencode()
    return redirect(reverse("jobs:new", args=[slug]) + (f"?{query}" if query else ""))
