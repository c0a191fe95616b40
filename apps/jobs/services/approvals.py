"""Jobs above the organisation's limit: launched when somebody approved them."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.core.errors import Denied
from apps.jobs import sentences as said
from apps.jobs.models import Job, Market, SecretSet
from apps.jobs.policies import Policy
from apps.jobs.selectors import policy_of
from apps.jobs.services.attempts import ApprovalNeeded
from apps.jobs.services.estimates import job_estimate
from apps.jobs.services.labels import labels_read
from apps.jobs.services.secrets import Prepared, Privacy, secrets_seal
from apps.jobs.services.spenders import Spender
from apps.jobs.services.submission import (
    accept,
    approval_check,
    job_submit,
    market_check,
    node_check,
    submission_check,
    submission_once,
    worst_case_words,
)
from apps.organisations.models import Approval, Membership, Project
from apps.organisations.services import ActImpossible, Actor, approval_request

DAYS_TO_DECIDE = 7


def job_launch(
    *,
    membership: Membership,
    project: Project,
    market: Market,
    definition: dict[str, Any],
    timeout_s: int,
    name: str,
    submission_key: str,
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
) -> Job | Approval:
    """Submit a job, or where its worst case is above the organisation's limit, ask for its approval.

    A used key returns what it made, job or request. `job_rehearse` takes the same arguments and keeps nothing.
    `template` and `template_number` say what it began from, `labels` are for reports, `node` is the one node that
    shall run it, "" for the next free one; `usual` is the organisation's policy, where it was read already. Raises
    what job_submit and approval_request raise, LabelsRefused.
    """
    name, prepared = submission_check(membership, project, definition, timeout_s, name, privacy, policy)
    node_check(node)
    kept = policy or usual or policy_of(membership.organisation)
    longest = kept.longest(timeout_s)
    marked = labels_read(labels or {})
    spender = Spender(actor.api_key.pk if actor.api_key else None, template, template_number, marked)

    def act(job_id: uuid.UUID) -> Job | Approval:
        market_check(market)
        try:
            approval_check(membership.organisation, market, longest, name, None)
        except ApprovalNeeded:
            secrets = secrets_seal(membership=membership, prepared=prepared, now=now)
            facts = _facts(project, market, prepared, secrets, timeout_s, name, spender)
            facts |= {"policy": kept.facts, "node": node}
            facts["lines"] += [[said.NODE, node]] if node else []
            costs = job_estimate(market, longest).total_micro, worst_case_words(name, market, longest)
            return _requested(membership, facts, costs, submission_key, reason, actor, now=now)
        bound = None, spender, kept
        return accept(job_id, membership, project, market, prepared, timeout_s, name, now, *bound, node=node)

    content = [str(project.pk), market.address, prepared.definition, timeout_s, name, *prepared.fingerprint]
    content += [*([policy.facts] if policy else []), *([node] if node else []), *([marked] if marked else [])]
    return submission_once(membership, content, key=submission_key, act=act)


def _requested(
    membership: Membership,
    facts: dict[str, Any],
    costs: tuple[int, str],
    submission_key: str,
    reason: str,
    actor: Actor,
    *,
    now: datetime,
) -> Approval:
    """Ask for an approval of `costs` (micro-NOS, and the sentence that says so)."""
    return approval_request(
        organisation_id=membership.organisation_id,
        kind="job",
        subject=f"submission:{hashlib.sha256(submission_key.encode()).hexdigest()[:32]}",
        amount_micro=costs[0],
        worst_case=costs[1],
        reason=reason,
        requester=membership,
        facts=facts,
        deadline=now + timedelta(days=DAYS_TO_DECIDE),
        actor=actor,
        now=now,
    )


def job_approved(*, approval: Approval, now: datetime) -> str:
    """Submit the job that was approved, as the one who asked, and return "job:<id>".

    Raises AsksAgain when it would cost more than was approved, ActImpossible when who asked may not launch it any
    more, and what job_submit raises: a closed market, too few credits, a cap.
    """
    facts = approval.facts
    members = Membership.objects.select_related("organisation", "user")
    membership = members.filter(organisation=approval.organisation, user=approval.requester).first()
    if membership is None:
        raise ActImpossible(
            _("%(requester)s is not a member of %(organisation)s any more.")
            % {"requester": approval.requester or _("Who asked"), "organisation": approval.organisation}
        )
    try:
        job = job_submit(
            membership=membership,
            project=Project.objects.get(pk=facts["project"]),
            market=Market.objects.get(address=facts["market"]),
            definition=facts["definition"],
            privacy=_privacy(facts),
            timeout_s=facts["timeout_s"],
            name=facts["name"],
            submission_key=f"approval:{approval.pk}",
            approved_micro=approval.amount_micro,
            spender=_spender(facts),
            policy=Policy.read(facts["policy"]) if "policy" in facts else None,
            node=facts.get("node", ""),
            now=now,
        )
    except Denied as refusal:
        raise ActImpossible(
            _("%(membership)s may not launch this job any more.") % {"membership": membership.user}
        ) from refusal
    return f"job:{job.pk}"


def _spender(facts: dict[str, Any]) -> Spender:
    key = facts["api_key"] and uuid.UUID(facts["api_key"])
    return Spender(key, facts["template"], facts.get("template_number"), facts.get("labels", {}))


def _privacy(facts: dict[str, Any]) -> Privacy:
    """Return who may read the job; what was asked for before there were private jobs is public."""
    kept = facts.get("secrets")
    return Privacy(facts.get("visibility", Job.Visibility.PUBLIC), reuse=uuid.UUID(kept) if kept else None)


def _facts(
    project: Project,
    market: Market,
    prepared: Prepared,
    kept: SecretSet | None,
    timeout_s: int,
    name: str,
    spender: Spender,
) -> dict[str, Any]:
    """Return what it takes to submit the job later, and the lines that those who approve it see."""
    return {
        "project": str(project.pk),
        "market": market.address,
        "definition": prepared.definition,
        "visibility": prepared.visibility,
        "secrets": kept and str(kept.pk),
        "timeout_s": timeout_s,
        "name": name,
        "api_key": spender.api_key_id and str(spender.api_key_id),
        "template": spender.template,
        "template_number": spender.template_number,
        "labels": dict(spender.labels),
        "lines": [
            [said.JOB, name],
            [said.MARKET, market.name],
            [said.TIME_LIMIT, duration_text(timeout_s)],
            [said.PROJECT, project.name],
            [said.VISIBILITY, prepared.visibility.capitalize()],
            *([[said.LABELS, ", ".join(f"{k}={v}" for k, v in spender.labels.items())]] if spender.labels else []),
        ],
    }
