"""A launch that is being written: begun from a template, a job or a link, or as the form was sent."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from apps.core.errors import AppError
from apps.jobs.launch.forms import HOWS, LaunchForm
from apps.jobs.launch.sources import What, what_again, what_fresh, what_posted
from apps.jobs.models import Job
from apps.jobs.pairs import pairs_text
from apps.jobs.policies import Policy
from apps.jobs.policy_forms import PolicyForm
from apps.jobs.selectors import gallery_item, job_get, policy_of, secrets_reusable
from apps.jobs.services import Rehearsal
from apps.organisations.models import Grant, Project
from apps.organisations.roles import Permission
from apps.organisations.selectors import projects_for

# What a link may fill in; secrets never, and nothing is launched by it.
LINKED = ("name", "timeout_minutes", "market", "visibility", "project", "labels", "node", "definition")
LINKED_PREFIXES = ("var-", "own-")


@dataclass
class Draft:
    """A launch as the page shows it."""

    grant: Grant
    projects: list[Project]
    form: LaunchForm
    what: What
    policies: PolicyForm
    policy: Policy
    again: Job | None = None
    linked: bool = False
    kept: list[str] = field(default_factory=list)
    error: AppError | None = None
    rehearsal: Rehearsal | None = None
    refusal: AppError | None = None
    sentences: list[str] = field(default_factory=list)

    @property
    def project(self) -> Project | None:
        """The project it would belong to, as far as one is chosen."""
        slug = self.form["project"].value()
        return next(
            (one for one in self.projects if one.slug == slug), self.projects[0] if self.projects else None
        )

    @property
    def public(self) -> bool:
        """Whether anybody could read it."""
        return bool(self.form["visibility"].value() == Job.Visibility.PUBLIC)


def draft_begun(request: HttpRequest, grant: Grant) -> Draft:
    """Return a fresh draft: from `?again=`, `?template=` and what else the address says.

    Raises NotFound for a foreign job or template.
    """
    asked, projects = request.GET, projects_for(grant, Permission.JOBS_LAUNCH)
    how = asked.get("how", "") if asked.get("how") in HOWS else ""
    given = {
        name: str(value) for name, value in asked.items() if name in LINKED or name.startswith(LINKED_PREFIXES)
    }
    again = job_get(grant, asked["again"]) if asked.get("again") else None
    if again:
        what, initial = what_again(grant, again, how), _as_before(again)
    else:
        slug = asked.get("template", "")[:60].replace("\0", "")
        item = gallery_item(grant, slug) if slug else None
        how = how or ("definition" if given.get("definition") and not item else "template")
        what = what_fresh(how, item, given)
        recipe = item.recipe if item else None
        initial = {"name": recipe.title if recipe else "", "timeout_minutes": recipe.minutes if recipe else 60}
    initial |= {name: value for name, value in given.items() if name in LINKED and name != "definition"}
    if initial.get("visibility") not in Job.Visibility.values:
        initial["visibility"] = Job.Visibility.PRIVATE
    initial |= {"how": what.how, "definition": what.text, "submission_key": uuid.uuid4()}
    kept = secrets_reusable(grant.member, again.secrets_id) if again and again.secrets_id else None
    policy = again.policy if again else policy_of(grant.organisation)
    return Draft(
        grant=grant,
        projects=projects,
        form=LaunchForm(projects=projects, initial=initial),
        what=what,
        policies=PolicyForm.of(policy),
        policy=policy,
        again=again,
        linked=bool(given),
        kept=list(kept.names) if kept else [],
    )


def _as_before(job: Job) -> dict[str, Any]:
    return {
        "name": job.name,
        "project": job.project.slug,
        "market": job.market.slug if job.market.open and not job.market.hidden else None,
        "timeout_minutes": max(job.timeout_s // 60, 1),
        "visibility": job.visibility,
        "labels": pairs_text(job.labels),
        "node": job.node_wanted,
        "secrets_of": job.secrets_id,
    }


def draft_posted(data: Mapping[str, Any], grant: Grant, *, check: bool = True) -> Draft:
    """Return the draft as it was sent; without `check` as somebody left it half written, nothing being said of it.

    Raises NotFound for a template or job that is none of the organisation's.
    """
    projects = projects_for(grant, Permission.JOBS_LAUNCH)
    public = data.get("visibility") == Job.Visibility.PUBLIC
    reused = secrets_reusable(grant.member, data["secrets_of"][:40]) if data.get("secrets_of") else None
    kept = list(reused.names) if reused else []
    form = LaunchForm(data, projects=projects)
    if not check:
        values = {name: data.get(name, "") for name in form.fields if name != "secrets"}
        form = LaunchForm(projects=projects, initial=values)
    again = job_get(grant, data["again"]) if data.get("again") else None
    # a form that came without a policy has that of the job launched again, else of the organisation
    policy = again.policy if again else policy_of(grant.organisation)
    return Draft(
        grant=grant,
        projects=projects,
        form=form,
        what=what_posted(grant, data, kept=kept, public=public),
        policies=PolicyForm.posted(data, policy),
        policy=policy,
        again=again,
        kept=kept,
    )
