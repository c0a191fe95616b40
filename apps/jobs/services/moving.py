"""Moving a waiting job to a market that staff chose: taken off its own, then listed there as a new try."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import services as billing
from apps.core.errors import AppError, Conflict
from apps.core.money import credits_text
from apps.core.words import in_sentence
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Extension, Job, Market, Want
from apps.jobs.services.attempts import bound_check, hold_for, want_write
from apps.jobs.services.ceilings import hold_most
from apps.jobs.services.estimates import estimate_at
from apps.jobs.services.moves import event_write
from apps.jobs.services.observation import attempt_get
from apps.jobs.services.spenders import Spender
from apps.jobs.services.submission import market_check
from apps.jobs.services.tries import memory_needed
from apps.jobs.state import Reason, State


class _Over(Exception):
    """Takes everything back."""


def job_shift(*, job_id: uuid.UUID, market_id: int, agreed_micro: int, reason: str, now: datetime) -> bool:
    """Want a waiting job taken off its market and listed in another; return whether that was to do.

    The next try holds what it can cost there: no more than the first one did or, where that is dearer, than
    `agreed_micro`, to which its customer agreed (0 if nobody was asked). Balance and caps are tried before anything
    is taken off. The same market again changes nothing. Raises Conflict when the job does not wait or the market takes
    no jobs, AppError for a market that does not suit or is too dear, InsufficientCredits, CapReached, ApprovalNeeded.
    """
    with transaction.atomic():
        found = Job.objects.only("attempt_id").get(pk=job_id)
        if found.attempt_id is None:
            raise Conflict(_("The job has not been listed yet; wait a moment."))
        job, attempt = attempt_get(found.attempt_id)
        if attempt.move_to_id == market_id and attempt.ending:
            return False
        _waits(job, attempt)
        market = Market.objects.get(pk=market_id)
        market_check(market)
        most = _suits(job, attempt, market, agreed_micro)
        _tried(job, attempt, market, now)
        Attempt.objects.filter(pk=attempt.pk).update(
            ending=Reason.QUEUED_TOO_LONG, move_to=market, move_most_micro=most
        )
        sentence = said.STAFF_MOVES % {"market": market.name, "reason": reason}
        event_write(job=job, kind="moving", sentence=sentence[:500], now=now)
        want_write(job=job, attempt=attempt, kind=Want.Kind.STOP, now=now)
        return True


def markets_for(job: Job) -> list[Market]:
    """Return the markets a job may be moved to, those with a free node first, then the cheapest."""
    found = Market.objects.filter(open=True, hidden=False, price_micro__gt=0, vram_gb__gte=memory_needed(job))
    rows = found.exclude(pk=job.market_id).order_by("price_micro", "slug")
    return sorted(rows, key=lambda market: not market.nodes_waiting)


def _waits(job: Job, attempt: Attempt) -> None:
    """Pass if nothing but a node is missing to the job. Raises Conflict."""
    if job.state != State.QUEUED or job.attempt_id != attempt.pk:
        raise Conflict(
            _("Only a job that waits in a market's queue can be moved; this one is %(state)s.")
            % {"state": in_sentence(job.get_state_display())}
        )
    if job.stop_requested_at is not None:
        raise Conflict(_("A stop was asked for; it is taken off its market and not listed again."))
    if attempt.ending:
        raise Conflict(_("It is being taken off its market already; wait until it is listed again."))
    if job.node_wanted:
        raise Conflict(_("It is meant for one node alone, which waits in this market or in none."))
    if attempt.extensions.filter(state=Extension.State.OPEN).exists():
        raise Conflict(_("More time was asked for a moment ago; wait until it has arrived, then try again."))


def _suits(job: Job, attempt: Attempt, market: Market, agreed_micro: int) -> int | None:
    """Return what the customer agreed to where the market is too dear without. Raises AppError, Conflict."""
    if market.pk == job.market_id:
        raise AppError(
            _("It waits in this market already; choose another one."),
            fields={"market": [_("It waits in this market already.")]},
        )
    need = memory_needed(job)
    if market.vram_gb < need:
        sentence = _("It needs %(need)s GB of GPU memory, and %(market)s has %(gb)s.")
        told = sentence % {"need": need, "market": market.name, "gb": market.vram_gb}
        raise AppError(told, fields={"market": [told]})
    total = estimate_at(market.price_micro, job.timeout_s).total_micro
    bound_check(job, total)
    most = hold_most(job, attempt)
    if total <= most:
        return None
    if agreed_micro < total:
        sentence = _(
            "In %(market)s it can cost %(total)s credits, and without its customer's yes it may hold %(most)s at most."
        )
        told = sentence % {"market": market.name, "total": credits_text(total), "most": credits_text(most)}
        raise AppError(told, code="dearer", fields={"agreed": [told]})
    return agreed_micro


def _tried(job: Job, attempt: Attempt, market: Market, now: datetime) -> None:
    """Do as the next try will with the hold, and take it back: what stands against it is told while it still waits."""
    estimate = estimate_at(market.price_micro, job.timeout_s)
    trial = Attempt(
        hold_source=f"job:{job.pk}:trial",
        network_micro=estimate.network_micro,
        network_fee_micro=estimate.network_fee_micro,
        platform_fee_micro=estimate.platform_fee_micro,
    )
    try:
        with transaction.atomic():
            spender = Spender.of(attempt.hold_source)
            billing.hold_release(source=attempt.hold_source, reason="tried", now=now)
            hold_for(job, trial, spender, now=now)
            raise _Over
    except _Over:
        pass
