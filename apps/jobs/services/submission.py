"""A job is asked for: checked, held, written, once for each key."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.billing.errors import CapReached
from apps.core.durations import duration_text
from apps.core.errors import AppError, Conflict
from apps.core.idempotency import once
from apps.core.ids import uuid7
from apps.core.languages import plainly
from apps.core.money import credits_text
from apps.core.rows import rows_insert
from apps.core.wiring import announce
from apps.jobs import sentences as said
from apps.jobs.definitions import definition_check
from apps.jobs.models import Job, Market, Want
from apps.jobs.policies import NearThen, Policy
from apps.jobs.selectors import policy_of
from apps.jobs.services.attempts import ApprovalNeeded, attempt_new, hold_for
from apps.jobs.services.estimates import job_estimate
from apps.jobs.services.moves import event_first, events_notify
from apps.jobs.services.secrets import Prepared, Privacy, secrets_prepare, secrets_seal
from apps.jobs.services.spenders import Spender
from apps.organisations.models import Approval, Membership, Organisation, Project
from apps.organisations.roles import Permission
from apps.organisations.services import AsksAgain, organisation_keep_working

NODE_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")  # base58
TIMEOUT_MINIMUM_S = 10
TIMEOUT_MAXIMUM_S = 7 * 86_400


def job_submit(
    *,
    membership: Membership,
    project: Project,
    market: Market,
    definition: dict[str, Any],
    timeout_s: int,
    name: str,
    submission_key: str,
    now: datetime,
    privacy: Privacy | None = None,
    approved_micro: int | None = None,
    spender: Spender | None = None,
    policy: Policy | None = None,
    node: str = "",
) -> Job:
    """Accept a job: hold its worst case and want it listed, in one transaction; a used key returns its job.

    It is private unless `privacy` says otherwise. `policy` is what it does by itself, by default as its organisation
    chose; `approved_micro` the worst case that somebody approved; `spender` the API key whose caps bind it; `node`
    the address of the one node that shall run it, if it waits in the market. Raises Denied, Closed, DefinitionRefused
    (with a sentence per path), SecretsMissing, AppError for a bad timeout, policy, name or secret, Conflict for a
    closed market or a foreign project, CapReached, InsufficientCredits, ApprovalNeeded above the organisation's limit,
    AsksAgain above what was approved, KeyReused when the key was used for another job.
    """
    name, prepared = submission_check(membership, project, definition, timeout_s, name, privacy, policy)
    node_check(node)
    kept = policy or policy_of(membership.organisation)

    def act(job_id: uuid.UUID) -> Job:
        market_check(market)
        approval_check(membership.organisation, market, kept.longest(timeout_s), name, approved_micro)
        bound = approved_micro, spender or Spender(), kept
        return accept(job_id, membership, project, market, prepared, timeout_s, name, now, *bound, node=node)

    content = [str(project.pk), market.address, prepared.definition, timeout_s, name, *prepared.fingerprint]
    content += [*([policy.facts] if policy else []), *([node] if node else [])]
    content += [dict(spender.labels)] if spender and spender.labels else []
    try:
        made = submission_once(membership, content, key=submission_key, act=act)
    except CapReached as refusal:
        billing.cap_refusal_tell(organisation_id=membership.organisation_id, refusal=refusal, now=now)
        raise
    if isinstance(made, Approval):
        raise ApprovalNeeded(
            _("This job was asked for before and waits for its approval, under Settings, Approvals.")
        )
    return made


APPROVAL = "approval:"  # what the result of a submission begins with that made a request instead of a job


def submission_check(
    membership: Membership,
    project: Project,
    definition: dict[str, Any],
    timeout_s: int,
    name: str,
    privacy: Privacy | None,
    policy: Policy | None = None,
) -> tuple[str, Prepared]:
    """Return the job's name, tidied, and its definition, if the member may submit it there. Raises as job_submit."""
    membership.require(Permission.JOBS_LAUNCH, project.pk)
    organisation = membership.organisation
    if project.organisation_id != organisation.pk or project.archived_at is not None:
        raise Conflict(
            _("“%(project)s” is not a live project of %(organisation)s; choose another project.")
            % {"project": project.name, "organisation": organisation.name}
        )
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise AppError(_("A job needs a name of 1 to 120 characters."), fields={"name": [_("Give it a name.")]})
    _timeout_check(timeout_s)
    if policy is not None:
        policy.check()
        if policy.near_then == NearThen.EXTEND and policy.extend_most_s <= timeout_s:
            sentence = _("The longest time limit must be above the time limit the job starts with.")
            raise AppError(sentence, code="policy_refused", fields={"extend_most": [sentence]})
    privacy = privacy or Privacy()
    if privacy.visibility not in Job.Visibility.values:
        sentence = _("A job is private or public; choose one of the two.")
        raise AppError(sentence, fields={"visibility": [sentence]})
    definition_check(definition, public=privacy.visibility == Job.Visibility.PUBLIC)
    return name, secrets_prepare(membership=membership, definition=definition, privacy=privacy)


def node_check(node: str) -> None:
    """Pass if this is no node, or may be one's address. Raises AppError."""
    if node and not NODE_ADDRESS.fullmatch(node):
        sentence = _("A node is named by its address, 32 to 44 characters of base58.")
        raise AppError(sentence, code="node_invalid", fields={"node": [sentence]})


def submission_once(
    membership: Membership, content: list[Any], *, key: str, act: Callable[[uuid.UUID], Job | Approval]
) -> Job | Approval:
    """Run the act once per key, with the id of the job to be, and return what it made, also to every repeat.

    Raises Closed, KeyReused for another job.
    """
    job_id, made = uuid7(), list[Job | Approval]()

    def named() -> str:
        organisation_keep_working(membership.organisation_id)
        made.append(act(job_id))
        return f"{APPROVAL if isinstance(made[0], Approval) else ''}{made[0].pk}"

    scope = f"{membership.organisation_id}:job_submit"
    name = once(scope=scope, key=key, content=content, act=named, foreseen=str(job_id))
    return made[0] if made else _made_before(name)


def _made_before(name: str) -> Job | Approval:
    """Return what an earlier submission made, with what is shown of it first."""
    if name.startswith(APPROVAL):
        return Approval.objects.select_related("organisation", "requester").get(pk=name.removeprefix(APPROVAL))
    jobs = Job.objects.select_related("attempt", "market", "organisation", "project", "member", "secrets")
    return jobs.get(pk=uuid.UUID(name))


def market_check(market: Market) -> None:
    """Pass if the market, just read, takes jobs. Raises Conflict."""
    if not market.open or market.hidden:
        raise Conflict(
            _("The market “%(fresh)s” is closed; choose another one.") % {"fresh": market.name},
            code="market_closed",
        )
    if market.price_micro <= 0:
        raise Conflict(
            _("The market “%(fresh)s” has no price; choose another one.") % {"fresh": market.name},
            code="market_unpriced",
        )


def approval_check(
    organisation: Organisation, market: Market, timeout_s: int, name: str, approved_micro: int | None
) -> None:
    """Pass if the worst case is within what was approved, or within the limit that needs no approval."""
    total = job_estimate(market, timeout_s).total_micro
    if approved_micro is not None:
        if total > approved_micro:
            with plainly():
                approved, now_total = credits_text(approved_micro), credits_text(total)
            raise AsksAgain(
                said.DEARER % {"market": market.name, "approved": approved, "total": now_total},
                amount_micro=total,
                worst_case=worst_case_words(name, market, timeout_s),
            )
    elif organisation.approval_job_micro is not None and total > organisation.approval_job_micro:
        raise ApprovalNeeded(
            _("This job can cost %(total)s credits; above %(approval_job)s %(organisation)s asks for an approval.")
            % {
                "total": credits_text(total),
                "approval_job": credits_text(organisation.approval_job_micro),
                "organisation": organisation.name,
            }
        )


def worst_case_words(name: str, market: Market, timeout_s: int) -> str:
    """Return the sentence that those who approve a job read."""
    total = job_estimate(market, timeout_s).total_micro
    with plainly():
        facts = {"time": duration_text(timeout_s), "credits": credits_text(total)}
    return said.WORST_CASE % {"name": name, "market": market.name, **facts}


def _timeout_check(timeout_s: int) -> None:
    if not TIMEOUT_MINIMUM_S <= timeout_s <= TIMEOUT_MAXIMUM_S:
        sentence = _(
            "The timeout must be between %(timeout_minimum_s)s seconds and %(timeout_maximum_s)s days."
        ) % {"timeout_minimum_s": TIMEOUT_MINIMUM_S, "timeout_maximum_s": TIMEOUT_MAXIMUM_S // 86_400}
        raise AppError(sentence, code="timeout_out_of_range", fields={"timeout": [sentence]})


def accept(
    job_id: uuid.UUID,
    membership: Membership,
    project: Project,
    market: Market,
    prepared: Prepared,
    timeout_s: int,
    name: str,
    now: datetime,
    approved_micro: int | None,
    spender: Spender,
    policy: Policy,
    *,
    node: str = "",
) -> Job:
    """Make the job, its attempt, its hold and its first want; the caller has checked everything else."""
    job = Job(
        pk=job_id,
        organisation=membership.organisation,
        project=project,
        member=membership.user,
        name=name,
        definition=prepared.definition,
        visibility=prepared.visibility,
        secrets=secrets_seal(membership=membership, prepared=prepared, now=now),
        market=market,
        timeout_s=timeout_s,
        price_micro=market.price_micro,
        approved_micro=approved_micro,
        node_wanted=node,
        template=spender.template[:60],
        template_number=spender.template_number,
        labels=dict(spender.labels),
        created_at=now,
        **policy.facts,
    )
    job.attempt = attempt = attempt_new(job, 1)
    # What a project is labelled with, its usage is too; a job's own label of the same name goes before.
    hold_for(job, attempt, replace(spender, labels={**project.labels, **spender.labels}), now=now, apart=False)
    first = event_first(job=job, kind="submitted", sentence=said.ACCEPTED % {"market": market.name}, now=now)
    want = Want(job=job, attempt=attempt, seq=1, kind=Want.Kind.LIST, created_at=now)
    rows_insert(job, attempt, first, want)
    events_notify([first])
    announce("jobs.wanted", want_id=want.pk)
    return job
