"""The launch page: a definition, a market, a time limit, and what it costs at most."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from apps.billing.selectors import LimitState, cap_tightest
from apps.core.errors import AppError, KeyReused
from apps.jobs.definitions import DefinitionRefused
from apps.jobs.forms import LaunchForm, definition_problems
from apps.jobs.gallery import Starter, starter_get, starters
from apps.jobs.models import Job, Market
from apps.jobs.pages import definition_text
from apps.jobs.picker import told_words, wait_words
from apps.jobs.policies import Policy
from apps.jobs.policy_forms import PolicyForm
from apps.jobs.selectors import job_get, markets_open, secrets_reusable
from apps.jobs.services import Estimate, Privacy, SecretsMissing, job_estimate, job_launch, policy_of
from apps.organisations.access import page_grant
from apps.organisations.models import Approval, Grant, Membership, Project
from apps.organisations.roles import Permission
from apps.organisations.selectors import project_default, projects_for
from apps.organisations.views.frame import actor_of

ALREADY = (
    "This form has launched a job already, and it has changed since. Nothing new was launched: "
    "press Launch once more to launch what the form says now."
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the launch form, and launch: a second press of the same form leads to the same job.

    A job above the organisation's limit becomes a request, and leads to its page.
    """
    grant = page_grant(request, slug, Permission.JOBS_LAUNCH)
    projects = projects_for(grant, Permission.JOBS_LAUNCH)
    starter = _starter(request)
    if request.method != "POST":
        return _page(request, _form_again(grant, request, projects) or _fresh_form(starter, projects), starter)
    form = LaunchForm(request.POST, projects=projects)
    policies = PolicyForm.posted(request.POST, policy_of(grant.organisation))
    if not form.is_valid() or (policies.is_bound and not policies.is_valid()):
        return _page(request, form, starter, status=422)
    policy = policies.policy if policies.is_bound else None
    try:
        made = _launch(request, grant, projects, form.cleaned_data | {"template": starter.slug, "policy": policy})
    except KeyReused:
        again = request.POST.copy()
        again["submission_key"] = str(uuid.uuid4())
        return _page(
            request, LaunchForm(again, projects=projects), starter, status=409, error=AppError(ALREADY, status=409)
        )
    except DefinitionRefused as refusal:
        sentences = [f"{path}: {s}" for path, found in refusal.fields.items() for s in found]
        form.add_error("definition", sentences or [refusal.message])
        return _page(request, form, starter, status=422)
    except SecretsMissing as refusal:
        form.add_error("secrets", refusal.message)
        return _page(request, form, starter, status=422)
    except AppError as refusal:
        return _page(request, form, starter, status=refusal.status, error=refusal)
    if isinstance(made, Approval):
        return redirect("organisations:approval", slug, made.pk)
    return redirect("jobs:detail", slug, made.pk)


def _launch(request: HttpRequest, grant: Grant, projects: list[Project], data: dict[str, Any]) -> Job | Approval:
    chosen = next((one for one in projects if one.slug == data["project"]), None)
    return job_launch(
        membership=grant.member,
        project=chosen or project_default(grant, Permission.JOBS_LAUNCH),
        market=data["market"],
        definition=data["definition"],
        timeout_s=data["timeout_minutes"] * 60,
        name=data["name"],
        privacy=Privacy(data["visibility"], data["secrets"], data["secrets_of"]),
        submission_key=str(data["submission_key"]),
        reason=data["reason"],
        template=data["template"],
        policy=data["policy"],
        actor=actor_of(request),
        now=timezone.now(),
    )


def _starter(request: HttpRequest) -> Starter:
    return starter_get(request.GET.get("template", "")) or starters()[0]


def _form_again(grant: Grant, request: HttpRequest, projects: list[Project]) -> LaunchForm | None:
    """Return the form filled in as the job `?again=` was, if there is one. Raises NotFound for a foreign job."""
    if not request.GET.get("again"):
        return None
    job = job_get(grant, request.GET["again"])
    return LaunchForm(
        projects=projects,
        initial={
            "name": job.name,
            "project": job.project.slug,
            "definition": definition_text(job.definition),
            "market": job.market.slug if job.market.open and not job.market.hidden else None,
            "timeout_minutes": max(job.timeout_s // 60, 1),
            "visibility": job.visibility,
            "secrets_of": job.secrets_id,
            "submission_key": uuid.uuid4(),
        },
    )


def _fresh_form(starter: Starter, projects: list[Project]) -> LaunchForm:
    return LaunchForm(
        projects=projects,
        initial={
            "name": starter.recipe.title,
            "definition": starter.text,
            "timeout_minutes": starter.recipe.minutes,
            "submission_key": uuid.uuid4(),
        },
    )


def _page(
    request: HttpRequest, form: LaunchForm, starter: Starter, *, status: int = 200, error: AppError | None = None
) -> HttpResponse:
    kept = _kept_policy(request)
    policies = PolicyForm.posted(request.POST, kept)
    markets = markets_open()
    chosen = form["market"].value() or next((m.slug for m in markets if m.vram_gb >= starter.recipe.vram_gb), None)
    chosen = chosen or (markets[0].slug if markets else None)
    context = {
        "form": form,
        "error": error,
        "starters": starters(),
        "starter": starter,
        "markets": [
            {
                "market": m,
                "per_hour": job_estimate(m, 3600).total_micro,
                "wait": wait_words(m),
                "told": told_words(m),
            }
            for m in markets
        ],
        "chosen": chosen,
        **_estimate(form, next((m for m in markets if m.slug == chosen), None), policies),
        "cap": _cap(request, form["project"].value()),
        "kept_secrets": _kept(request, form["secrets_of"].value()),
        "visibility": form["visibility"].value() or Job.Visibility.PRIVATE,
        "policies": policies,
    }
    return render(request, "jobs/launch.html", context, status=status)


def _kept(request: HttpRequest, set_id: Any) -> list[str]:
    """Return the names of the secrets of an earlier job that would be used again."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    kept = secrets_reusable(membership, set_id) if set_id else None
    return list(kept.names) if kept else []


@login_required
@require_POST
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer what the form, as it stands, costs at most, and what is wrong with its definition."""
    page_grant(request, slug, Permission.JOBS_LAUNCH)
    form = LaunchForm(request.POST, projects=())
    market = Market.objects.filter(slug=request.POST.get("market", ""), open=True, hidden=False).first()
    public = request.POST.get("visibility") == Job.Visibility.PUBLIC
    _, sentences = definition_problems(request.POST.get("definition", "")[:400_000], public=public)
    cap = _cap(request, request.POST.get("project", "")[:60])
    policies = PolicyForm.posted(request.POST, _kept_policy(request))
    context = {"sentences": sentences, "cap": cap, **_estimate(form, market, policies)}
    return render(request, "jobs/estimate.html", context)


def _cap(request: HttpRequest, project: str | None) -> LimitState | None:
    """Return the cap that leaves least for a job of this person in the project."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    chosen = membership.organisation.projects.filter(slug=(project or "").replace("\0", "")).first()
    return cap_tightest(
        membership.organisation,
        project_id=chosen.pk if chosen else None,
        member_id=membership.user_id,
        now=timezone.now(),
    )


def _kept_policy(request: HttpRequest) -> Policy:
    """Return the policy of the job that is launched again, else what the organisation's new jobs do."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    again = request.GET.get("again", "")
    return job_get(Grant.of_member(membership), again).policy if again else policy_of(membership.organisation)


def _longest(policies: PolicyForm, seconds: int) -> int:
    """Return the longest time limit that the policy, as the form stands, lets a job come to."""
    if not policies.is_bound or not policies.is_valid():
        return seconds
    return policies.policy.longest(seconds)


def _estimate(form: Form, market: Market | None, policies: PolicyForm) -> dict[str, Any]:
    """Return the estimate for the form's market and time limit, or the sentence that says what is missing."""
    raw = form["timeout_minutes"].value()
    field = form.fields["timeout_minutes"]
    found: Estimate | None = None
    extended: Estimate | None = None
    lack = "" if market else "Choose a market to see what the job costs at most."
    try:
        minutes = field.clean(raw)
    except ValidationError as refusal:
        lack = " ".join(refusal.messages)
    else:
        found = job_estimate(market, minutes * 60) if market else None
        longest = _longest(policies, minutes * 60)
        if market and longest > minutes * 60:
            extended = job_estimate(market, longest)
    return {"extended": extended, "estimate": found, "lack": lack, "estimate_market": market, "minutes": raw}
