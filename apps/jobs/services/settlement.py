"""The end of an attempt's money, once, from what is final on the chain."""

import uuid
from datetime import datetime

from django.db import transaction

from apps.billing import services as billing
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Extension, Job
from apps.jobs.services.fees import network_fee
from apps.jobs.services.moves import event_write, job_lock
from apps.jobs.services.telling import settled_tell
from apps.jobs.services.tries import alive_seconds, attempt_next, withdrawn_move
from apps.jobs.state import Reason, Seen, State


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
        attempt.refresh_from_db()
        if attempt.settled_at is not None:
            return False
        if job.state != State.COMPLETED and attempt.seen == Seen.QUIT or job.reason == Reason.NODE_QUIT:
            _quit_lost(job, attempt, price_micro * seconds, signature, slot, now)
            return True
        paid = alive_seconds(attempt, seconds) if _silent(job, attempt) else seconds
        fee = _fees(attempt, job, price_micro, timeout_s)
        settlement = billing.hold_settle(
            source=attempt.hold_source,
            network_micro=price_micro * paid,
            network_fee_micro=fee if paid else 0,
            seconds=paid,
            started_at=attempt.started_at,
            details={"job": str(job.pk), "attempt": attempt.number, "node": node, "signature": signature},
            now=now,
        )
        attempt.seconds, attempt.node = paid, node
        attempt.result_cid = result_cid or attempt.result_cid
        attempt.cost_micro = settlement.cost_micro - settlement.platform_fee_micro
        attempt.fee_micro = settlement.platform_fee_micro
        attempt.loss_micro = settlement.loss_micro
        attempt.released_micro = settlement.released_micro
        silent_micro = price_micro * (seconds - paid) + (0 if paid else fee)
        attempt_lose(attempt, silent_micro, "seconds of a node that gave no sign of life", now)
        attempt_settled(attempt, signature, slot, now)
        sentence = (said.SETTLED_SILENT if silent_micro else said.SETTLED) % {"seconds": paid}
        event_write(job=job, kind="settled", sentence=sentence, now=now, signature=signature, slot=slot)
        settled_tell(job, attempt, sentence, now=now)
        attempt_next(job, attempt, now=now)
        return True


def _silent(job: Job, attempt: Attempt) -> bool:
    """Return whether the customer pays only up to the node's last sign of life."""
    return attempt.ending in (Reason.NODE_SILENT, Reason.TIMEOUT) and job.reason != Reason.TIMEOUT


def attempt_refund(*, attempt_id: uuid.UUID, signature: str, slot: int, now: datetime) -> bool:
    """Settle at nothing an attempt whose deposit came back (delisted or recovered); return whether it was to do.

    The signature is the evidence and must be final; the statement's line carries it.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_related("job").get(pk=attempt_id)
        job = job_lock(attempt.job_id)
        attempt.refresh_from_db()
        if attempt.settled_at is not None:
            return False
        if attempt.seen != Seen.QUIT and job.state in (State.QUEUED, State.RUNNING):
            withdrawn_move(job, attempt, signature=signature, slot=slot, now=now)
        attempt.settle_signature, attempt.settle_slot = signature, slot
        attempt.seen, attempt.seen_slot, attempt.gone_at = Seen.GONE, max(slot, attempt.seen_slot), now
        Attempt.objects.filter(pk=attempt.pk).update(seen=attempt.seen, seen_slot=attempt.seen_slot, gone_at=now)
        _settle_free(job, attempt, now)
        _fee_lost(attempt, job, now)
        told = job.events.filter(signature=signature).exclude(act="").exists()
        event_write(
            job=job,
            kind="settled",
            sentence=said.DEPOSIT_BACK,
            now=now,
            signature=signature,
            slot=slot,
            act="" if told else "recover",
        )
        attempt_next(job, attempt, now=now)
        return True


def _settle_free(job: Job, attempt: Attempt, now: datetime) -> None:
    """Settle a listed attempt at nothing, so that its statement has a line with the evidence."""
    billing.hold_settle(
        source=attempt.hold_source,
        network_micro=0,
        seconds=0,
        details={"job": str(job.pk), "attempt": attempt.number, "signature": attempt.settle_signature},
        now=now,
    )
    _free(attempt, now)


def _quit_lost(job: Job, attempt: Attempt, network_micro: int, signature: str, slot: int, now: datetime) -> None:
    """Take over what another node earned on a try that was quit and given up (network facts §1.9 d)."""
    attempt.settle_signature, attempt.settle_slot = signature, slot
    _settle_free(job, attempt, now)
    _fee_lost(attempt, job, now, more_micro=network_micro)
    event_write(job=job, kind="settled", sentence=said.TAKEN_OVER, now=now, signature=signature, slot=slot)
    attempt_next(job, attempt, now=now)


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
    attempt_lose(attempt, lost, "what the network kept of a job that costs its customer nothing", now)
    Attempt.objects.filter(pk=attempt.pk).update(loss_micro=attempt.loss_micro)


def attempt_lose(attempt: Attempt, micro: int, reason: str, now: datetime) -> None:
    """Post what the platform lost on an attempt beyond its settlement, once."""
    if micro:
        billing.loss_post(key=attempt.hold_source, network_micro=micro, reason=reason, now=now)
        attempt.loss_micro += micro


def attempt_close_free(attempt: Attempt, *, reason: str, now: datetime) -> None:
    """Release the whole hold of an attempt that never reached the chain; its job's row must be locked."""
    billing.hold_release(source=attempt.hold_source, reason=reason, now=now)
    _free(attempt, now)


def _free(attempt: Attempt, now: datetime) -> None:
    attempt.seconds = attempt.cost_micro = attempt.fee_micro = 0
    attempt.released_micro = attempt.held_micro
    attempt_settled(attempt, attempt.settle_signature, attempt.settle_slot, now)


def attempt_settled(attempt: Attempt, signature: str, slot: int | None, now: datetime) -> None:
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
