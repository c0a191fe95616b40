"""Acts on jobs that are on the chain: stop, extend, recover, clean. Read the chain, decide, sign, store."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.bridge.chain import (
    Blockhash,
    ChainError,
    Gateway,
    JobState,
    JobView,
    MarketAccount,
    QueueType,
    ask_chain,
)
from apps.bridge.keys import seed_load
from apps.bridge.models import Order
from apps.bridge.services.orders import (
    NETWORK,
    SENT,
    LeaseLost,
    Ready,
    S,
    order_close,
    order_postpone,
    order_wait,
    orders_ours,
    orders_store,
)
from apps.bridge.signing import Act, Signer, sign
from apps.core.durations import duration_text
from apps.core.logs import bound
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Extension, Want
from apps.jobs.services import extension_landed, extension_refused
from apps.jobs.state import OVER, Reason

logger = logging.getLogger(__name__)

I = Order.Instruction  # noqa: E741
OVER_ALREADY = "it was over already"
TRIES_TO_EXTEND = 4  # refusals of a job that seems to run; then the hold is given back


@dataclass(frozen=True)
class Sight:
    """What the chain shows of one attempt, confirmed."""

    view: JobView
    market: MarketAccount | None


Decision = tuple[Act, Order.Instruction] | None


def acts_prepare(orders: Sequence[Order], attempts: dict[uuid.UUID, Attempt], *, now: datetime) -> list[Order]:
    """Look at all of these jobs at once, decide, sign and store; return the orders whose transaction may be sent.

    What needs no transaction is closed, or waits; one whose own question was not answered is asked for again later.
    Raises ChainError when none was answered, then nothing has changed.
    """
    pending = [order for order in orders if _worth_a_look(order, attempts[order.attempt_id], now)]
    if not pending:
        return []
    addresses = [attempts[order.attempt_id].address or "" for order in pending]
    sights, blockhash = ask_chain(lambda gateway: _look(gateway, addresses))
    decided = []
    for order in pending:
        attempt = attempts[order.attempt_id]
        sight = sights[attempt.address or ""]
        try:
            with bound(order_id=order.pk, job_id=attempt.job_id, attempt_id=attempt.pk):
                if isinstance(sight, ChainError):
                    order_postpone(order, str(sight), now=now, ladder=NETWORK)
                    continue
                decision = DECIDE[order.kind](order, attempt, sight, now)
        except LeaseLost as error:
            logger.warning("%s; our result is dropped", error)
            continue
        if decision is not None:
            decided.append((order, *decision))
    if not decided:
        return []
    ready = {order.pk: Ready(order, sign([act], blockhash), instruction) for order, act, instruction in decided}
    with transaction.atomic():
        ours = orders_ours([order for order, _, _ in decided])
        orders_store([ready[order.pk] for order in ours], now=now)
    return ours


async def _look(gateway: Gateway, addresses: Sequence[str]) -> tuple[dict[str, Sight | ChainError], Blockhash]:
    views, missed = await gateway.views(list(dict.fromkeys(addresses)))
    markets = await gateway.markets_at(sorted({view.job.market for view in views.values() if view.job}))
    seen: dict[str, Sight | ChainError] = {**missed}
    for address, view in views.items():
        seen[address] = Sight(view, markets.get(view.job.market) if view.job else None)
    return seen, await gateway.blockhash()


def _worth_a_look(order: Order, attempt: Attempt, now: datetime) -> bool:
    """Return whether the chain must be asked; if not, the order was closed, or waits for the listing."""
    try:
        if order.kind == Want.Kind.CLEAN:
            return True
        if attempt.settled_at is not None or attempt.parked_at is not None:  # a person settles what is parked
            if order.kind == Want.Kind.EXTEND:
                _extension_late(order, now)
            else:
                order_close(order, S.CONFIRMED, OVER_ALREADY, now=now)
            return False
        listing = Order.objects.filter(attempt_id=attempt.pk, kind=Want.Kind.LIST).first()
        if attempt.address is not None and listing is not None and listing.confirmed_at is not None:
            return True
        if listing is not None and order.kind == Want.Kind.STOP:
            # one that waits for a person, or for its next try, and was never sent, cancels itself at once
            unsent = Order.objects.filter(pk=listing.pk, state__in=[S.WANTED, S.CLAIMED], closed_at=None)
            unsent.update(parked_at=None, parked_reason="", next_try_at=now)
        order_wait(order, seconds=0.5, now=now)  # the listing cancels itself, or lands and is acted on then
    except LeaseLost as error:
        logger.warning("%s; our result is dropped", error)
    return False


def _stop(order: Order, attempt: Attempt, sight: Sight, now: datetime) -> Decision:
    """Delist while it waits, end while it runs, else nothing."""
    view, address = sight.view, attempt.address or ""
    if view.job is None and attempt.job.state not in OVER:
        order_postpone(order, "the job's account is not visible at this moment; looking again", now=now)
        return None
    if view.job is None or view.job.state in (JobState.DONE, JobState.STOPPED):
        order_close(order, S.CONFIRMED, OVER_ALREADY, now=now)
        return None
    if view.run is not None and attempt.ending == Reason.QUEUED_TOO_LONG and not attempt.job.stop_requested_at:
        order_close(order, S.CONFIRMED, "a node was faster than the policy; it runs on", now=now)
        return None
    if view.run is not None:
        return _signer(attempt).ending(address, view.job, view.run, view.run_address), I.END
    if sight.market is not None and sight.market.queue_type == QueueType.JOB and address in sight.market.queue:
        if _extension_flies(attempt):
            order_wait(order, seconds=0.5, now=now)  # what it takes of the treasury is seen before all comes back
            return None
        return _signer(attempt).delisting(address, view.job), I.DELIST
    order_postpone(order, "neither queued nor running at this moment; looking again", now=now)
    return None


def _extension_flies(attempt: Attempt) -> bool:
    """Return whether a transaction that lengthens the attempt may be on its way."""
    flying = Order.objects.filter(attempt_id=attempt.pk, kind=Want.Kind.EXTEND, closed_at=None)
    return flying.filter(state__in=[S.SIGNED, *SENT], confirmed_at=None).exists()


def _extend(order: Order, attempt: Attempt, sight: Sight, now: datetime) -> Decision:
    """Lengthen it while it waits or runs; give the hold back when it is over."""
    job = sight.view.job
    wanted = Extension.objects.get(want_id=order.want_id)
    if job is not None and job.timeout >= wanted.to_s and job.state == JobState.QUEUED:
        with transaction.atomic():
            extension_landed(want_id=order.want_id, signature="", slot=None, now=now)
            order_close(order, S.CONFIRMED, "it had landed already", now=now)
        return None
    if job is None and attempt.job.state not in OVER:
        order_postpone(order, "the job's account is not visible at this moment; looking again", now=now)
        return None
    if job is None or job.state != JobState.QUEUED:
        _extension_late(order, now)
        return None
    if order.failures >= TRIES_TO_EXTEND:
        limit = duration_text(job.timeout)
        sentence = said.LIMIT_REFUSED % {"limit": limit}
        _extension_close(order, sentence, now)
        return None
    return _signer(attempt).extension(attempt.address or "", job, wanted.to_s), I.EXTEND


def _extension_late(order: Order, now: datetime) -> None:
    _extension_close(order, said.LIMIT_LATE, now)


def _extension_close(order: Order, sentence: str, now: datetime) -> None:
    with transaction.atomic():
        extension_refused(want_id=order.want_id, sentence=sentence, now=now)
        order_close(order, S.FAILED, sentence, now=now)


def _recover(order: Order, attempt: Attempt, sight: Sight, now: datetime) -> Decision:
    """Take the deposit of a quit job back."""
    job = sight.view.job
    if job is None or job.state == JobState.DONE:
        order_close(order, S.CONFIRMED, "another node took the job over and ended it", now=now)
        return None
    if job.state != JobState.STOPPED:
        order_postpone(order, "the quit is not visible at this moment; looking again", now=now)
        return None
    if _extension_flies(attempt):
        order_wait(order, seconds=0.5, now=now)
        return None
    return _signer(attempt).recovery(attempt.address or "", job), I.RECOVER


def _clean(order: Order, attempt: Attempt, sight: Sight, now: datetime) -> Decision:
    """Close the account of a job that ended, once its market lets anybody do so."""
    job = sight.view.job
    if job is None:
        order_close(order, S.CONFIRMED, "somebody cleaned it already", now=now)
        return None
    if job.state != JobState.DONE:
        order_close(order, S.FAILED, "the account is still in use", now=now)
        return None
    expiration = sight.market.job_expiration if sight.market is not None else 0
    left = job.time_end + expiration - int(now.timestamp())
    if left >= 0:
        order_wait(order, seconds=min(left + 5, 3600), now=now)
        return None
    return _signer(attempt).cleaning(attempt.address or "", job), I.CLEAN


DECIDE: dict[str, Callable[[Order, Attempt, Sight, datetime], Decision]] = {
    Want.Kind.STOP: _stop,
    Want.Kind.EXTEND: _extend,
    Want.Kind.RECOVER: _recover,
    Want.Kind.CLEAN: _clean,
}


def _signer(attempt: Attempt) -> Signer:
    return Signer(seed_load(attempt.seed_version), str(attempt.job.organisation_id))
