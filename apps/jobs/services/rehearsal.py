"""What a launch would do, found out by doing it and taking all of it back."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.jobs.models import Market
from apps.jobs.policies import Policy
from apps.jobs.selectors import policy_of
from apps.jobs.services.approvals import job_launch
from apps.jobs.services.estimates import Estimate, job_estimate
from apps.jobs.services.secrets import Privacy
from apps.organisations.models import Approval, Membership, Project
from apps.organisations.services import Actor


@dataclass(frozen=True)
class Rehearsal:
    """What a launch would make, `launched` or a request for `approval`, and the most it could cost."""

    outcome: str
    estimate: Estimate


class _Over(Exception):
    """Takes everything back."""


def job_rehearse(
    *,
    membership: Membership,
    project: Project,
    market: Market,
    definition: dict[str, Any],
    timeout_s: int,
    name: str,
    actor: Actor,
    now: datetime,
    privacy: Privacy | None = None,
    reason: str = "",
    template: str = "",
    template_number: int | None = None,
    labels: Mapping[str, str] | None = None,
    node: str = "",
    policy: Policy | None = None,
    usual: Policy | None = None,
) -> Rehearsal:
    """Do all that job_launch does, balance, caps and approval included, and keep nothing. Raises what it raises."""
    outcome = "launched"
    try:
        with transaction.atomic():
            made = job_launch(
                membership=membership,
                project=project,
                market=market,
                definition=definition,
                timeout_s=timeout_s,
                name=name,
                submission_key=f"rehearsal:{uuid.uuid4()}",
                actor=actor,
                now=now,
                privacy=privacy,
                reason=reason,
                template=template,
                template_number=template_number,
                labels=labels,
                node=node,
                policy=policy,
                usual=usual,
            )
            outcome = "approval" if isinstance(made, Approval) else "launched"
            raise _Over
    except _Over:
        pass
    longest = (policy or usual or policy_of(membership.organisation)).longest(timeout_s)
    return Rehearsal(outcome, job_estimate(market, longest if outcome == "approval" else timeout_s))
