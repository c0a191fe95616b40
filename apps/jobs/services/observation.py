"""What became of an attempt's orders. What is confirmed moves the job's state; money waits for settlement.py."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job, Want
from apps.jobs.services.attempts import hold_renew, want_write
from apps.jobs.services.estimates import estimate_at
from apps.jobs.services.moves import event_write, job_lock, job_move
from apps.jobs.services.settlement import attempt_close_free
from apps.jobs.services.tries import stop_reason, withdrawn_move
from apps.jobs.state import OVER, Reason, Seen, State

CLOSE = """
UPDATE jobs_want AS want SET closed_at = %s, outcome = done.outcome
FROM unnest(%s::bigint[], %s::text[]) AS done(id, outcome) WHERE want.id = done.id AND want.closed_at IS NULL
"""


def attempt_get(attempt_id: uuid.UUID) -> tuple[Job, Attempt]:
    """Return the attempt and its job, the job's row locked until the transaction ends."""
    attempt = Attempt.objects.get(pk=attempt_id)
    job = job_lock(attempt.job_id)
    attempt.refresh_from_db()
    return job, attempt


def attempt_repriced(*, attempt_id: uuid.UUID, price_micro: int, now: datetime) -> bool:
    """Hold again when the market became dearer than the hold; return whether the attempt may be listed.

    A price at or below the hold changes nothing. When the balance or a cap does not allow the new hold the attempt
    fails with a sentence and its hold is released. `price_micro` is micro-NOS a second.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None:
            return False
        Attempt.objects.filter(pk=attempt_id).update(listing_price_micro=price_micro)
        attempt.listing_price_micro = price_micro
        if price_micro <= attempt.price_micro:
            return True
        before = attempt.price_micro
        try:
            with transaction.atomic():
                hold_renew(job, attempt, estimate_at(price_micro, job.timeout_s), price_micro, now=now)
        except AppError as error:
            facts = {"market": job.market.name, "before": before, "after": price_micro, "why": error.message}
            sentence = said.NOT_REPRICED % facts
            _fail(job, Attempt.objects.get(pk=attempt_id), Reason.PRICE_ROSE, sentence, now)
            return False
        event_write(
            job=job,
            kind="repriced",
            sentence=said.REPRICED % {"before": before, "after": price_micro},
            now=now,
        )
        return True


def attempt_withdrawn(*, attempt_id: uuid.UUID, signature: str, slot: int, now: datetime) -> None:
    """Note that a delisting is confirmed: the try is over without having run. A repeat changes nothing.

    The job is stopped if a member asked, else given up or listed elsewhere, as its policy says.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.seen != Seen.GONE:
            attempt.seen, attempt.seen_slot = Seen.GONE, max(slot, attempt.seen_slot)
            attempt.save(update_fields=["seen", "seen_slot"])
            withdrawn_move(job, attempt, signature=signature, slot=slot, now=now)


def attempt_cancelled(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Stop a job that never reached the chain and release its hold. A repeat changes nothing."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None:
            return
        job_move(
            job=job,
            to=State.STOPPED,
            reason=stop_reason(attempt),
            sentence=said.STOPPED_UNLISTED,
            now=now,
        )
        attempt_close_free(attempt, reason=said.RELEASED_UNLISTED, now=now)


def attempt_failed(*, attempt_id: uuid.UUID, reason: Reason, sentence: str, now: datetime) -> None:
    """End an attempt that never reached the chain: the job fails with the sentence, the hold is released once."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is None:
            _fail(job, attempt, reason, sentence, now)


def _fail(job: Job, attempt: Attempt, reason: Reason, sentence: str, now: datetime) -> None:
    if job.state not in OVER:
        job_move(job=job, to=State.FAILED, reason=reason, sentence=sentence[:300], now=now)
    attempt_close_free(attempt, reason=sentence[:200], now=now)


def attempt_clean(*, attempt_id: uuid.UUID, now: datetime) -> None:
    """Want the account of a settled attempt closed, so that its rent comes back; once."""
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None and attempt.clean_wanted_at is None:
            Attempt.objects.filter(pk=attempt.pk).update(clean_wanted_at=now)
            want_write(job=job, attempt=attempt, kind=Want.Kind.CLEAN, now=now)


def attempt_recover(*, attempt_id: uuid.UUID, now: datetime) -> Want:
    """Want the deposit of a try that was given up back, and return the want, the first one to every repeat.

    Raises Conflict when its money is settled, or when it waits for a person who reads the chain's history.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None or attempt.parked_at is not None:
            raise Conflict(_("The money of this try is settled, or waits for a person to settle it."))
        return want_write(job=job, attempt=attempt, kind=Want.Kind.RECOVER, now=now)


def want_close(*, want_id: int, outcome: str, now: datetime) -> None:
    """Note that nothing more is to be done for the want; the first outcome stays."""
    wants_close(outcomes={want_id: outcome}, now=now)


def wants_close(*, outcomes: Mapping[int, str], now: datetime) -> None:
    """Note that nothing more is to be done for these wants, each with its outcome; the first outcome stays."""
    ids, words = list(outcomes), [outcome[:300] for outcome in outcomes.values()]
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [now, ids, words])
