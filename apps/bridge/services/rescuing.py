"""What staff have done for one job by hand: read again, collected again, and taken back from the chain.

Nothing here does what the machinery would not do by itself; each act may be repeated at any time.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.bridge.accounts import Standing, standings
from apps.bridge.chain import ChainError
from apps.bridge.ipfs import IpfsError, result_get
from apps.bridge.models import Order
from apps.bridge.services.observing import attempts_observe
from apps.bridge.services.orders import AFRESH, order_make, order_unpark
from apps.bridge.services.results import lines_fill, result_fetch
from apps.bridge.services.syncing import attempts_farewell
from apps.core.errors import AppError, Conflict
from apps.jobs.models import Attempt, Job, LogBook, Want
from apps.jobs.services import attempt_clean, attempt_recover


class OutOfReach(AppError):
    """The network did not answer; nothing was changed."""

    code = "out_of_reach"
    status = 503


@dataclass(frozen=True)
class Observed:
    """What a look at the chain changed: the job's states, and how many lines its timeline grew by."""

    before: str
    after: str
    lines: int
    missed: int  # tries about which the chain did not answer


def job_reobserve(*, job_id: uuid.UUID, now: datetime) -> Observed:
    """Ask the chain about every try of a job now and apply what it shows, as the observer does. Raises OutOfReach."""
    job = Job.objects.get(pk=job_id)
    count = job.events.count()
    attempts = list(job.attempts.filter(address__isnull=False).select_related("job").order_by("number"))
    live = [attempt for attempt in attempts if attempt.settled_at is None]
    left = [attempt for attempt in attempts if attempt.settled_at is not None and attempt.gone_at is None]
    try:
        missed = len(live) - attempts_observe(live, now=now)
        attempts_farewell(left, now=now)
    except ChainError as error:
        raise OutOfReach(_("The chain does not answer: %(error)s") % {"error": error}) from error
    after = Job.objects.get(pk=job_id)
    return Observed(job.state, after.state, after.events.count() - count, missed)


@dataclass(frozen=True)
class Collected:
    """What was fetched: whether the result was new, and how many lines of log were."""

    result: bool
    lines: int


def job_recollect(*, job_id: uuid.UUID, now: datetime) -> Collected:
    """Fetch the results of a job's ended tries now, also where the sweep gave up, and fill its log from them.

    What is stored stays as it is. Raises Conflict when no try has ended or its log was deleted, OutOfReach when a
    result is not to be had.
    """
    attempts = list(Attempt.objects.filter(job_id=job_id, ended_at__isnull=False).select_related("job"))
    if not attempts:
        raise Conflict(_("No try of the job has ended; while one runs, its log is followed as it is written."))
    if LogBook.objects.filter(job_id=job_id, deleted_at__isnull=False).exists():
        raise Conflict(_("The log of the job was deleted, its time being over; it is not fetched again."))
    before, fresh = _lines(job_id), False
    for attempt in attempts:
        try:
            fresh |= _collect(attempt, now)
        except (IpfsError, ChainError, ValueError) as error:
            why = " ".join(str(error).split())[:200]
            raise OutOfReach(_("The result is not to be had now: %(why)s") % {"why": why}) from error
    return Collected(fresh, _lines(job_id) - before)


def _collect(attempt: Attempt, now: datetime) -> bool:
    """Fetch an ended attempt's result, or what its stored one has of the log; return whether the result is new."""
    if attempt.log_complete_at is None:
        if not result_fetch(attempt_id=attempt.pk, now=now):
            raise IpfsError(_("its node has left none yet."))
        return True
    if attempt.result_cid and not attempt.job.private:
        lines_fill(attempt.pk, result_get(attempt.result_cid), now=now)
    return False


def _lines(job_id: uuid.UUID) -> int:
    return LogBook.objects.filter(job_id=job_id).values_list("lines", flat=True).first() or 0


def attempt_rescue_look(*, attempt_id: uuid.UUID, now: datetime) -> Standing:
    """Ask the chain how the account of an attempt stands now. Raises OutOfReach."""
    attempt = Attempt.objects.get(pk=attempt_id)
    try:
        return standings([attempt], now=now)[attempt_id]
    except ChainError as error:
        raise OutOfReach(_("The chain does not answer: %(error)s") % {"error": error}) from error


def attempt_rescue(*, attempt_id: uuid.UUID, standing: Standing, now: datetime) -> str:
    """Want back what the chain can give back of an attempt that stands so: its deposit, or its rent.

    Returns the kind that is wanted, "" where nothing can be taken back. An order that gave up begins again; one that
    is at work is left alone. Raises Conflict when the money of the attempt is settled or waits for a person.
    """
    if standing.outlook == Standing.QUIT:
        with transaction.atomic():
            _pursue(attempt_recover(attempt_id=attempt_id, now=now), now)
        return Want.Kind.RECOVER
    if standing.outlook == Standing.RENT:
        with transaction.atomic():
            attempt_clean(attempt_id=attempt_id, now=now)
            want = Want.objects.filter(attempt_id=attempt_id, kind=Want.Kind.CLEAN).first()
            if want is not None:
                _pursue(want, now)
        return Want.Kind.CLEAN if want is not None else ""
    return ""


def _pursue(want: Want, now: datetime) -> None:
    """See that an order pursues the want: made if there is none, tried again if parked, begun anew if it was closed."""
    order = order_make(want_id=want.pk, now=now)
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.closed_at is None:
        order_unpark(order_id=order.pk, now=now)
        return
    # The account is still there, so what closed the order was undone, or it gave up; what it takes away it takes once.
    fresh = {**AFRESH, "closed_at": None, "failures": 0, "error": "", "next_try_at": now, "slot": None}
    Order.objects.filter(pk=order.pk).update(lease=None, leased_until=None, **fresh)
    Want.objects.filter(pk=want.pk).update(closed_at=None, outcome="")
