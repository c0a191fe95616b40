"""The end of an attempt's money, once, from what is final on the chain."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.billing import services as billing
from apps.jobs.models import Attempt, Extension, Job
from apps.jobs.services.moves import event_write, job_lock
from apps.jobs.state import Reason


def attempt_settle(
    *,
    attempt_id: uuid.UUID,
    seconds: int,
    price_micro: int,
    node: str,
    result_cid: str,
    signature: str,
    slot: int,
    now: datetime,
    timeout_s: int | None = None,
) -> bool:
    """Pay for the seconds a node was paid for, release the rest of the hold; return whether it was still to do.

    `seconds` is min(time_end − time_start, timeout); `price_micro` and `timeout_s` are the job account's: all read
    from the finalised account (network facts §1.8).
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_related("job").get(pk=attempt_id)
        job = job_lock(attempt.job_id)
        attempt.refresh_from_db(fields=["settled_at"])
        if attempt.settled_at is not None:
            return False
        if job.reason == Reason.NODE_QUIT:
            _quit_lost(job, attempt, price_micro * seconds, signature, slot, now)
            return True
        settlement = billing.hold_settle(
            source=attempt.hold_source,
            network_micro=price_micro * seconds,
            network_fee_micro=_fees(attempt, job, price_micro, timeout_s),
            seconds=seconds,
            started_at=attempt.started_at,
            details={"job": str(job.pk), "attempt": attempt.number, "node": node, "signature": signature},
            now=now,
        )
        attempt.seconds, attempt.node = seconds, node
        attempt.result_cid = result_cid or attempt.result_cid
        attempt.cost_micro = settlement.cost_micro - settlement.platform_fee_micro
        attempt.fee_micro = settlement.platform_fee_micro
        attempt.loss_micro = settlement.loss_micro
        attempt.released_micro = settlement.released_micro
        _settled(attempt, signature, slot, now)
        event_write(
            job=job,
            kind="settled",
            sentence=f"Settled for {seconds} s; the rest of the hold is released.",
            now=now,
            signature=signature,
            slot=slot,
        )
        return True


def attempt_refund(*, attempt_id: uuid.UUID, signature: str, slot: int, now: datetime) -> bool:
    """Settle at nothing an attempt whose deposit came back (delisted or recovered); return whether it was to do.

    The signature is the evidence and must be final.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_related("job").get(pk=attempt_id)
        job = job_lock(attempt.job_id)
        attempt.refresh_from_db(fields=["settled_at"])
        if attempt.settled_at is not None:
            return False
        attempt.settle_signature, attempt.settle_slot = signature, slot
        attempt_close_free(attempt, reason=f"deposit returned by {signature}", now=now)
        _fee_lost(attempt, job, now)
        event_write(
            job=job,
            kind="settled",
            sentence="The deposit is back and the whole hold is released; nothing is charged.",
            now=now,
            signature=signature,
            slot=slot,
        )
        return True


def _quit_lost(job: Job, attempt: Attempt, network_micro: int, signature: str, slot: int, now: datetime) -> None:
    """Take over what another node earned on a job that was quit and given up as failed (network facts §1.9 d)."""
    attempt.settle_signature, attempt.settle_slot = signature, slot
    attempt_close_free(attempt, reason="another node took the job over after it had failed", now=now)
    _fee_lost(attempt, job, now, more_micro=network_micro)
    sentence = "Another node had taken it over before the deposit came back; the platform pays that, not you."
    event_write(job=job, kind="settled", sentence=sentence, now=now, signature=signature, slot=slot)


def network_fee(deposit_micro: int) -> int:
    """Return what the network keeps of a deposit when a job is listed, micro-NOS (network facts §1.8)."""
    return deposit_micro // settings.CHAIN_FEE_DIVISOR if settings.CHAIN_FEE_DIVISOR else 0


def _fees(attempt: Attempt, job: Job, price_micro: int, timeout_s: int | None = None) -> int:
    """Return what the network kept of the listing and of each extension that the time limit shows, micro-NOS."""
    extensions = list(attempt.extensions.order_by("pk"))
    landed = [
        one
        for one in extensions
        if one.state == Extension.State.LANDED
        or (one.state == Extension.State.OPEN and timeout_s is not None and one.to_s <= timeout_s)
    ]
    first_s = extensions[0].from_s if extensions else job.timeout_s
    return sum(
        network_fee(price_micro * seconds) for seconds in (first_s, *(one.to_s - one.from_s for one in landed))
    )


def _fee_lost(attempt: Attempt, job: Job, now: datetime, *, more_micro: int = 0) -> None:
    """Take over the network fee of a listing the customer does not pay for: it never comes back."""
    lost = _fees(attempt, job, attempt.listing_price_micro or attempt.price_micro) + more_micro
    if lost:
        reason = "what the network kept of a job that costs its customer nothing"
        billing.loss_post(key=attempt.hold_source, network_micro=lost, reason=reason, now=now)
        Attempt.objects.filter(pk=attempt.pk).update(loss_micro=lost)


def attempt_close_free(attempt: Attempt, *, reason: str, now: datetime) -> None:
    """Release the whole hold of an attempt that costs nothing; its job's row must be locked."""
    billing.hold_release(source=attempt.hold_source, reason=reason, now=now)
    attempt.seconds = attempt.cost_micro = attempt.fee_micro = 0
    attempt.released_micro = attempt.held_micro
    _settled(attempt, attempt.settle_signature, attempt.settle_slot, now)


def _settled(attempt: Attempt, signature: str, slot: int | None, now: datetime) -> None:
    attempt.settle_signature, attempt.settle_slot, attempt.settled_at = signature, slot, now
    attempt.save(
        update_fields=[
            "seconds",
            "node",
            "result_cid",
            "cost_micro",
            "fee_micro",
            "released_micro",
            "loss_micro",
            "settle_signature",
            "settle_slot",
            "settled_at",
        ]
    )
