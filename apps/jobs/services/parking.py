"""Attempts whose money no rule can settle: they wait for a person, who says what the chain's history shows."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.core.errors import AppError, Conflict
from apps.jobs import sentences as said
from apps.jobs.models import Attempt
from apps.jobs.services.moves import event_write, job_move
from apps.jobs.services.observation import attempt_get
from apps.jobs.services.settlement import attempt_lose, attempt_settled
from apps.jobs.services.sightings import Act, acts_tell
from apps.jobs.services.telling import job_tell, settled_tell
from apps.jobs.services.tries import attempt_next
from apps.jobs.state import OVER, Reason, State

ADRIFT_FOR = timedelta(minutes=1)


def attempt_park(
    *, attempt_id: uuid.UUID, why: str, now: datetime, acts: Sequence[Act] = (), slot: int | None = None
) -> bool:
    """Let an unsettled attempt whose account is gone wait for a person; return whether it was to do.

    Its job fails if it still lives. The hold stays until somebody settles it (attempt_resolve), so that nothing is
    charged or released unseen.
    """
    return _park(attempt_id, why, Reason.ACCOUNT_GONE, now=now, acts=acts, slot=slot)


def attempt_strand(
    *, attempt_id: uuid.UUID, why: str, now: datetime, acts: Sequence[Act] = (), slot: int | None = None
) -> bool:
    """Note that nothing can move an unsettled attempt's account any more; return whether it waits for a person now.

    It does, as in attempt_park, when that was so for ADRIFT_FOR: a single look may mix answers of two moments.
    """
    with transaction.atomic():
        _unused, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None or attempt.parked_at is not None:
            return False
        if attempt.adrift_at is None:
            Attempt.objects.filter(pk=attempt_id).update(adrift_at=now)
        if attempt.adrift_at is None or now - attempt.adrift_at < ADRIFT_FOR:
            return False
        return _park(attempt_id, why, Reason.STRANDED, now=now, acts=acts, slot=slot)


def attempt_afloat(*, attempt_id: uuid.UUID) -> None:
    """Note that a node or a queue has the attempt after all."""
    Attempt.objects.filter(pk=attempt_id).update(adrift_at=None)


def _park(
    attempt_id: uuid.UUID,
    why: str,
    reason: Reason,
    *,
    now: datetime,
    acts: Sequence[Act],
    slot: int | None,
) -> bool:
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.settled_at is not None or attempt.parked_at is not None:
            return False
        Attempt.objects.filter(pk=attempt_id).update(parked_at=now, parked_why=why[:500])
        acts_tell(job, acts, now=now)
        if job.attempt_id == attempt_id and job.state not in OVER:
            sentence = said.REMOVED_PARKED if reason == Reason.ACCOUNT_GONE else said.STRANDED_PARKED
            job_move(job=job, to=State.FAILED, reason=reason, sentence=sentence, now=now, slot=slot)
        else:
            sentence = said.REMOVED_LATE if reason == Reason.ACCOUNT_GONE else said.STRANDED_LATE
            event_write(job=job, kind="parked", sentence=sentence, now=now, slot=slot)
        job_tell(job, "parked", sentence, key=f"{attempt_id}:parked", now=now)
        return True


def attempt_resolve(
    *, attempt_id: uuid.UUID, seconds: int, kept_micro: int, signature: str, note: str, by: str, now: datetime
) -> Attempt:
    """Settle a parked attempt as a person found it: the customer pays `seconds` of its price and its fee.

    `kept_micro` is what the network kept of the deposit, micro-NOS; what the customer does not pay of it is the
    platform's loss. `signature` is the evidence, `note` says what was found, `by` who did it. Raises Conflict when it
    is not parked, AppError for numbers that cannot be.
    """
    with transaction.atomic():
        job, attempt = attempt_get(attempt_id)
        if attempt.parked_at is None or attempt.settled_at is not None:
            raise Conflict(_("This attempt does not wait for anybody; it was settled meanwhile."))
        network = attempt.price_micro * seconds
        resolve_check(attempt, seconds=seconds, timeout_s=job.timeout_s, kept_micro=kept_micro, note=note)
        settlement = billing.hold_settle(
            source=attempt.hold_source,
            network_micro=network,
            seconds=seconds,
            started_at=attempt.started_at,
            details={
                "job": str(job.pk),
                "attempt": attempt.number,
                "node": attempt.node,
                "signature": signature,
                "by_hand": note,
                "by": by,
            },
            now=now,
        )
        attempt.seconds = seconds
        attempt.cost_micro = settlement.cost_micro - settlement.platform_fee_micro
        attempt.fee_micro = settlement.platform_fee_micro
        attempt.loss_micro = settlement.loss_micro
        attempt.released_micro = settlement.released_micro
        attempt_lose(attempt, kept_micro - network, f"settled by hand: {note}"[:200], now)
        attempt_settled(attempt, signature, None, now)
        Attempt.objects.filter(pk=attempt_id).update(parked_at=None)
        sentence = said.SETTLED_BY_STAFF % {"seconds": seconds, "note": note}
        event_write(job=job, kind="settled", sentence=sentence[:500], now=now, signature=signature)
        settled_tell(job, attempt, sentence[:500], now=now)
        attempt_next(job, attempt, now=now)
        return attempt


def resolve_check(attempt: Attempt, *, seconds: int, timeout_s: int, kept_micro: int, note: str) -> None:
    """Pass if the numbers can be. Raises AppError with a sentence per field."""
    wrong: dict[str, list[str]] = {}
    if not 0 <= seconds <= timeout_s:
        wrong["seconds"] = [
            _("The seconds must lie between 0 and the job's time limit, %(timeout_s)s.") % {"timeout_s": timeout_s}
        ]
    elif not attempt.price_micro * seconds <= kept_micro <= attempt.network_micro:
        wrong["kept_micro"] = [
            _(
                "The network kept at least what %(seconds)s s cost, %(price)s micro-NOS, and at most the "
                "whole deposit, %(network)s."
            )
            % {"seconds": seconds, "price": attempt.price_micro * seconds, "network": attempt.network_micro}
        ]
    if not note.strip():
        wrong["note"] = [_("Say what the history of the address shows.")]
    if wrong:
        raise AppError(next(iter(wrong.values()))[0], code="resolve_refused", fields=wrong)
