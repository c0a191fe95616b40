"""How a try of a job begins: what it holds, and what is wanted of the chain for it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.core.errors import AppError, Conflict
from apps.core.money import credits_text
from apps.core.wiring import announce
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, Want
from apps.jobs.services.ceilings import hold_most
from apps.jobs.services.estimates import Estimate, estimate_at
from apps.jobs.services.spenders import Spender

FORGOTTEN_AFTER = timedelta(days=7)  # past its time limit an attempt's hold is asked about: does anybody need it?


class ApprovalNeeded(AppError):
    """The job may cost more than the organisation allows without an approval."""

    code = "approval_needed"
    status = 403


def attempt_new(job: Job, number: int) -> Attempt:
    """Return a try of a job on its market, at its price, not yet saved."""
    estimate = estimate_at(job.price_micro, job.timeout_s)
    return Attempt(
        job=job,
        number=number,
        hold_source=f"job:{job.pk}:{number}",
        price_micro=job.price_micro,
        network_micro=estimate.network_micro,
        network_fee_micro=estimate.network_fee_micro,
        platform_fee_micro=estimate.platform_fee_micro,
    )


def attempt_again(job: Job, number: int, spender: Spender, *, now: datetime) -> Attempt:
    """Make a further try of a locked job, with a hold of its own, and want it listed.

    Raises CapReached, InsufficientCredits.
    """
    attempt = attempt_new(job, number)
    attempt.save()
    hold_for(job, attempt, spender, now=now)
    job.attempt = attempt
    job.save(update_fields=["attempt"])
    want_write(job=job, attempt=attempt, kind=Want.Kind.LIST, now=now, again=True)  # new: nothing was wanted of it
    return attempt


def hold_for(job: Job, attempt: Attempt, spender: Spender, *, now: datetime, apart: bool = True) -> None:
    """Hold the attempt's worst case under its source. Raises as billing.hold_place, also about `apart`."""
    billing.hold_place(
        organisation_id=job.organisation_id,
        source=attempt.hold_source,
        network_micro=attempt.network_micro,
        network_fee_micro=attempt.network_fee_micro,
        platform_fee_micro=attempt.platform_fee_micro,
        project_id=job.project_id,
        member_id=job.member_id,
        api_key_id=spender.api_key_id,
        dimensions={"market": job.market.slug, **spender.dimensions},
        label=job.name,
        expires_at=now + timedelta(seconds=job.timeout_s) + FORGOTTEN_AFTER,
        apart=apart,
        now=now,
    )


def hold_renew(job: Job, attempt: Attempt, estimate: Estimate, price_micro: int, *, now: datetime) -> None:
    """Replace the attempt's hold by one for another price.

    Raises CapReached, InsufficientCredits, and ApprovalNeeded beyond what the job may cost unasked; then nothing
    changed.
    """
    bound_check(job, estimate.total_micro)
    if attempt.number > 1 and estimate.total_micro > (most := hold_most(job, attempt)):
        raise Conflict(
            _("a further try may not hold more than the first, %(held)s credits.") % {"held": credits_text(most)}
        )
    with transaction.atomic():
        spender = Spender.of(attempt.hold_source)
        billing.hold_release(source=attempt.hold_source, reason=said.RELEASED_REPRICED, now=now)
        attempt.hold_source = f"job:{job.pk}:{attempt.number}:{price_micro}"
        attempt.price_micro = price_micro
        attempt.network_micro = estimate.network_micro
        attempt.network_fee_micro = estimate.network_fee_micro
        attempt.platform_fee_micro = estimate.platform_fee_micro
        attempt.save()
        hold_for(job, attempt, spender, now=now)


def bound_check(job: Job, total_micro: int) -> None:
    """Pass if the job may cost this much, micro-NOS, with the approval it has or without one. Raises ApprovalNeeded."""
    bound = job.organisation.approval_job_micro if job.approved_micro is None else job.approved_micro
    if bound is None or total_micro <= bound:
        return
    sentence = (
        _("it can cost %(total)s credits now, and only %(bound)s are allowed without an approval.")
        if job.approved_micro is None
        else _("it can cost %(total)s credits now, and only %(bound)s are approved.")
    )
    raise ApprovalNeeded(sentence % {"total": credits_text(total_micro), "bound": credits_text(bound)})


def want_write(*, job: Job, attempt: Attempt, kind: Want.Kind, now: datetime, again: bool = False) -> Want:
    """Want an act of the chain and tell the bridge; the job's row must be locked.

    It is wanted once per attempt and kind unless `again`; a stop, once more when no order pursues it any longer.
    """
    same = attempt.wants.filter(kind=kind)
    want = None if again else (same.filter(closed_at=None) if kind == Want.Kind.STOP else same).first()
    if want is None:
        seq = (job.wants.order_by("-seq").values_list("seq", flat=True).first() or 0) + 1
        want = Want.objects.create(job=job, attempt=attempt, seq=seq, kind=kind, created_at=now)
        announce("jobs.wanted", want_id=want.pk)
    return want
