"""More time for a job: held first, then put on the chain, or given back when the job ended before."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.core.durations import duration_text
from apps.core.errors import AppError, Conflict
from apps.core.languages import plainly
from apps.core.money import credits_text
from apps.core.words import in_sentence
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Extension, Job, Want
from apps.jobs.services.attempts import FORGOTTEN_AFTER, ApprovalNeeded, want_write
from apps.jobs.services.estimates import estimate_at
from apps.jobs.services.fees import network_fee
from apps.jobs.services.moves import event_write, job_lock
from apps.jobs.services.submission import TIMEOUT_MAXIMUM_S
from apps.jobs.state import OVER, State
from apps.organisations.models import Membership
from apps.organisations.roles import Permission


@dataclass(frozen=True)
class ExtensionCost:
    """What more time costs at most, all micro-NOS: what is held on top, and what the job is held for then."""

    network_micro: int
    network_fee_micro: int
    platform_fee_micro: int
    total_micro: int
    held_micro: int


def extension_estimate(*, job: Job, timeout_s: int) -> ExtensionCost:
    """Return the most it costs to lengthen the job (with its attempt) to `timeout_s` seconds in all."""
    attempt = job.attempt
    assert attempt is not None
    network = attempt.price_micro * max(timeout_s - job.timeout_s, 0)
    fee = network_fee(network)
    platform = max(billing.platform_fee(attempt.network_micro + network) - attempt.platform_fee_micro, 0)
    total = network + fee + platform
    return ExtensionCost(network, fee, platform, total, attempt.held_micro + total)


def job_extend(*, membership: Membership, job: Job, timeout_s: int, now: datetime) -> Job:
    """Hold what more time costs and want the job lengthened to `timeout_s` seconds in all; a repeat changes nothing.

    Raises Denied, Conflict for a job that is not on the chain, over, to be stopped, or being lengthened already,
    AppError for a time that is not longer or too long, ApprovalNeeded beyond what the job may cost unasked,
    CapReached, InsufficientCredits.
    """
    membership.require(Permission.JOBS_LAUNCH, job.project_id)
    if job.organisation_id != membership.organisation_id:
        raise Conflict(_("This job belongs to another organisation."))
    who = membership.user.name or membership.user.email
    return extension_want(job_id=job.pk, timeout_s=timeout_s, who=who, now=now)


def extension_want(*, job_id: uuid.UUID, timeout_s: int, who: str, now: datetime) -> Job:
    """Do as job_extend does for whoever may: a member who was asked for their permission, or the job's policy."""
    with transaction.atomic():
        job = job_lock(job_id)
        attempt = Attempt.objects.filter(job_id=job.pk).latest("number")
        job.attempt = attempt
        if attempt.extensions.filter(state=Extension.State.OPEN, to_s=timeout_s).exists():
            return job
        _extendable(job, attempt, timeout_s)
        cost = extension_estimate(job=job, timeout_s=timeout_s)
        _approved(job, attempt, timeout_s)
        want = want_write(job=job, attempt=attempt, kind=Want.Kind.EXTEND, now=now, again=True)
        extension = Extension.objects.create(
            attempt=attempt,
            want=want,
            from_s=job.timeout_s,
            to_s=timeout_s,
            network_micro=cost.network_micro,
            network_fee_micro=cost.network_fee_micro,
            platform_fee_micro=cost.platform_fee_micro,
            created_at=now,
        )
        billing.hold_extend(
            source=attempt.hold_source,
            key=_key(extension),
            network_micro=cost.network_micro,
            network_fee_micro=cost.network_fee_micro,
            platform_fee_micro=cost.platform_fee_micro,
            expires_at=now + timedelta(seconds=timeout_s) + FORGOTTEN_AFTER,
            now=now,
        )
        _held(attempt, extension, 1)
        with plainly():
            facts = {"limit": duration_text(timeout_s), "credits": credits_text(cost.total_micro)}
        sentence = said.EXTENSION_ASKED % {"who": who, **facts}
        event_write(job=job, kind="extend_requested", sentence=sentence, now=now)
    return job


def extension_landed(*, want_id: int, signature: str, slot: int | None, now: datetime) -> None:
    """Note that a confirmed block shows the new time limit. A repeat changes nothing."""
    with transaction.atomic():
        found = _locked(want_id)
        if found is None:
            return
        job, extension = found
        job.timeout_s = extension.to_s
        job.save(update_fields=["timeout_s"])
        _end(extension, Extension.State.LANDED, now)
        Attempt.objects.filter(pk=extension.attempt_id).update(warned_at=None)  # its limit is far again
        sentence = said.EXTENDED % {"limit": duration_text(extension.to_s)}
        act = "extend" if signature else ""
        event_write(job=job, kind="extended", sentence=sentence, now=now, signature=signature, slot=slot, act=act)


def extension_refused(*, want_id: int, sentence: str, now: datetime) -> None:
    """Give back what was held for more time that will not come. A repeat changes nothing."""
    with transaction.atomic():
        found = _locked(want_id)
        if found is None:
            return
        job, extension = found
        attempt = extension.attempt
        if billing.hold_shorten(source=attempt.hold_source, key=_key(extension), reason=sentence, now=now):
            _held(attempt, extension, -1)
        _end(extension, Extension.State.REFUSED, now)
        event_write(job=job, kind="extend_refused", sentence=sentence[:500], now=now)


def _locked(want_id: int) -> tuple[Job, Extension] | None:
    """Return an open extension and its job, the job's row locked; None when it has ended."""
    extension = Extension.objects.select_related("attempt").get(want_id=want_id)
    job = job_lock(extension.attempt.job_id)
    extension.refresh_from_db()
    return None if extension.state != Extension.State.OPEN else (job, extension)


def _end(extension: Extension, state: Extension.State, now: datetime) -> None:
    extension.state, extension.ended_at = state, now
    extension.save(update_fields=["state", "ended_at"])


def _key(extension: Extension) -> str:
    return f"want:{extension.want_id}"


def _held(attempt: Attempt, extension: Extension, sign: int) -> None:
    attempt.network_micro += sign * extension.network_micro
    attempt.network_fee_micro += sign * extension.network_fee_micro
    attempt.platform_fee_micro += sign * extension.platform_fee_micro
    attempt.save(update_fields=["network_micro", "network_fee_micro", "platform_fee_micro"])


def _extendable(job: Job, attempt: Attempt, timeout_s: int) -> None:
    if job.state in OVER or attempt.settled_at is not None:
        raise Conflict(
            _("This job is already %(state)s; launch it again for more time.")
            % {"state": in_sentence(job.get_state_display())}
        )
    if job.stop_requested_at is not None:
        raise Conflict(_("A stop was asked for; a job that is to stop cannot get more time."))
    if job.state == State.PENDING:
        raise Conflict(_("The job is not on the network yet; ask again in a few seconds."))
    if attempt.extensions.filter(state=Extension.State.OPEN).exists():
        raise Conflict(_("More time was asked for a moment ago; wait until it has arrived, then ask again."))
    sentence = ""
    if timeout_s <= job.timeout_s:
        sentence = _("The new time limit must be longer than the present one of %(timeout_s)s.") % {
            "timeout_s": duration_text(job.timeout_s)
        }
    elif timeout_s > TIMEOUT_MAXIMUM_S:
        sentence = _("A job runs for %(timeout_maximum_s)s days at most; choose a shorter time limit.") % {
            "timeout_maximum_s": TIMEOUT_MAXIMUM_S // 86_400
        }
    if sentence:
        raise AppError(sentence, code="timeout_out_of_range", fields={"timeout": [sentence]})


def _approved(job: Job, attempt: Attempt, timeout_s: int) -> None:
    bound = job.organisation.approval_job_micro if job.approved_micro is None else job.approved_micro
    total = estimate_at(attempt.price_micro, timeout_s).total_micro
    if bound is not None and total > bound:
        sentence = (
            _(
                "With this time limit the job can cost %(total)s credits, and only %(bound)s are allowed without an "
                "approval; choose a shorter one."
            )
            if job.approved_micro is None
            else _(
                "With this time limit the job can cost %(total)s credits, and only %(bound)s are approved; choose a "
                "shorter one."
            )
        )
        raise ApprovalNeeded(sentence % {"total": credits_text(total), "bound": credits_text(bound)})
