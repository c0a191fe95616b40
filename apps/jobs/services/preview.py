"""What launching would do: every check that a launch makes, what it would hold, and not a row written."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.billing.selectors import LimitState, caps_binding, usable
from apps.core.errors import AppError
from apps.core.money import credits_text
from apps.jobs.models import Market
from apps.jobs.policies import Policy
from apps.jobs.selectors import PastRuns, runs_past
from apps.jobs.services.labels import labels_read
from apps.jobs.services.secrets import Privacy
from apps.jobs.services.submission import (
    ApprovalNeeded,
    Estimate,
    approval_check,
    estimate_at,
    job_estimate,
    market_fresh,
    node_check,
    policy_of,
    submission_check,
)
from apps.organisations.models import Membership, Project


@dataclass(frozen=True)
class Obstacle:
    """Why a launch would be refused: what is at fault ("definition", "market", "caps", …), where in it, a sentence."""

    what: str
    path: str
    sentence: str


@dataclass(frozen=True)
class Preview:
    """What a launch would do, amounts in micro-NOS: hold `estimate.total_micro`, or wait for a second person.

    `extended` is the worst case with every extension its policy allows, if that is more; `usable_micro` what the
    project's jobs may use; `caps` those that bind the job; `past` how long such jobs ran.
    """

    estimate: Estimate
    extended: Estimate | None
    usable_micro: int
    caps: list[LimitState]
    approval: bool
    past: PastRuns | None
    past_micro: int | None
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def would_launch(self) -> bool:
        """Whether nothing stands in the way; a job that needs an approval would be asked for."""
        return not self.obstacles

    @property
    def tightest(self) -> LimitState | None:
        """The cap that leaves least."""
        return min(self.caps, key=lambda cap: cap.allows_micro, default=None)


def job_preview(
    *,
    membership: Membership,
    project: Project,
    market: Market,
    definition: dict[str, Any],
    timeout_s: int,
    name: str,
    now: datetime,
    privacy: Privacy | None = None,
    template: str = "",
    labels: Mapping[str, str] | None = None,
    node: str = "",
    policy: Policy | None = None,
    api_key_id: uuid.UUID | None = None,
) -> Preview:
    """Say what job_launch with the same arguments would do, and write nothing: the dry run of pages and API.

    Everything that is wrong is an obstacle, not an error. Raises Denied for whoever may not launch there.
    """
    obstacles: list[Obstacle] = []

    def tried(what: str, check: Callable[[], Any]) -> None:
        try:
            check()
        except ApprovalNeeded:
            raise
        except AppError as refusal:
            if refusal.status == 403:
                raise
            obstacles.extend(_obstacles(what, refusal))

    tried("job", lambda: submission_check(membership, project, definition, timeout_s, name, privacy, policy))
    tried("node", lambda: node_check(node))
    tried("labels", lambda: labels_read(labels or {}))
    tried("market", lambda: market_fresh(market))
    kept = policy or policy_of(membership.organisation)
    figures = figures_of(
        membership=membership,
        project=project,
        market=market,
        timeout_s=timeout_s,
        name=name,
        template=template,
        policy=kept,
        api_key_id=api_key_id,
        now=now,
    )
    if not figures.approval:  # what waits for an approval is held when it is given
        obstacles += _money(figures)
    return Preview(**{**vars(figures), "obstacles": obstacles})


def figures_of(
    *,
    membership: Membership,
    project: Project | None,
    market: Market,
    timeout_s: int,
    name: str,
    template: str,
    policy: Policy,
    now: datetime,
    api_key_id: uuid.UUID | None = None,
) -> Preview:
    """Return the figures of a preview without any check of what is to run: what a page shows while somebody types."""
    estimate, longest = job_estimate(market, timeout_s), policy.longest(timeout_s)
    try:
        approval_check(membership.organisation, market, longest, name, None)
        approval = False
    except ApprovalNeeded:
        approval = True
    past = runs_past(membership.organisation, market=market, template=template, name=name)
    return Preview(
        estimate=estimate,
        extended=job_estimate(market, longest) if longest > timeout_s else None,
        usable_micro=usable(membership.organisation_id, project and project.pk),
        caps=caps_binding(
            membership.organisation,
            project_id=project and project.pk,
            member_id=membership.user_id,
            api_key_id=api_key_id,
            now=now,
        ),
        approval=approval,
        past=past,
        past_micro=estimate_at(market.price_micro, min(past.median_s, timeout_s)).total_micro if past else None,
    )


def _obstacles(what: str, refusal: AppError) -> list[Obstacle]:
    if not refusal.fields:
        return [Obstacle(what, "", refusal.message)]
    return [
        Obstacle(_part(what, refusal, path), path, sentence)
        for path, found in refusal.fields.items()
        for sentence in found
    ]


def _part(what: str, refusal: AppError, path: str) -> str:
    return {"definition_refused": "definition", "secrets_missing": "secrets", "secret_invalid": "secrets"}.get(
        refusal.code, "limit" if path == "timeout" else what
    )


def _money(figures: Preview) -> list[Obstacle]:
    total = figures.estimate.total_micro
    found = [
        Obstacle(
            "caps",
            "",
            _("The cap of %(name)s leaves %(left)s credits, less than the hold of %(total)s.")
            % {"name": cap.name, "left": credits_text(cap.allows_micro), "total": credits_text(total)},
        )
        for cap in figures.caps
        if cap.allows_micro < total
    ]
    if figures.usable_micro < total:
        words = {"usable": credits_text(figures.usable_micro), "total": credits_text(total)}
        found.append(
            Obstacle(
                "credits", "", _("You have %(usable)s credits free, less than the hold of %(total)s.") % words
            )
        )
    return found
