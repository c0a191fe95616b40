"""What a launch costs at most, what it will likely cost, and what is there to pay it."""

from dataclasses import dataclass
from datetime import datetime

from apps.billing.selectors import LimitState, caps_binding, usable
from apps.jobs.models import Market
from apps.jobs.policies import Policy
from apps.jobs.selectors import PastRuns, runs_past
from apps.jobs.services.attempts import ApprovalNeeded
from apps.jobs.services.estimates import Estimate, estimate_at, job_estimate
from apps.jobs.services.submission import approval_check
from apps.organisations.models import Membership, Project


@dataclass(frozen=True)
class Figures:
    """What a launch would hold, `estimate.total_micro`, and what there is to hold it; amounts in micro-NOS.

    `extended` is the worst case with every extension its policy allows, if that is more; `usable_micro` what the
    project's jobs may use; `caps` those that bind the job; `approval` whether a second person would be asked; `past`
    how long such jobs ran.
    """

    estimate: Estimate
    extended: Estimate | None
    usable_micro: int
    caps: list[LimitState]
    approval: bool
    past: PastRuns | None
    past_micro: int | None

    @property
    def tightest(self) -> LimitState | None:
        """The cap that leaves least."""
        return min(self.caps, key=lambda cap: cap.allows_micro, default=None)


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
) -> Figures:
    """Return what a page shows beside a launch while somebody types; nothing is checked of what is to run."""
    estimate, longest = job_estimate(market, timeout_s), policy.longest(timeout_s)
    try:
        approval_check(membership.organisation, market, longest, name, None)
        approval = False
    except ApprovalNeeded:
        approval = True
    past = runs_past(membership.organisation, market=market, template=template, name=name)
    return Figures(
        estimate=estimate,
        extended=job_estimate(market, longest) if longest > timeout_s else None,
        usable_micro=usable(membership.organisation_id, project.pk if project else None),
        caps=caps_binding(
            membership.organisation,
            project_id=project.pk if project else None,
            member_id=membership.user_id,
            now=now,
        ),
        approval=approval,
        past=past,
        past_micro=estimate_at(market.price_micro, min(past.median_s, timeout_s)).total_micro if past else None,
    )
