"""Sending what is stored, and what a refusal means: nothing new is ever sent on doubt."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.bridge.chain import ChainError, ClusterMismatch, ProgramError, ask_chain
from apps.bridge.models import Order
from apps.bridge.sentences import why
from apps.bridge.services.listing import may_wait
from apps.bridge.services.orders import (
    FUNDS,
    NETWORK,
    OURS,
    LeaseLost,
    S,
    order_close,
    order_rebuild,
    order_split,
    order_wait,
    orders_wait,
)
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Want
from apps.jobs.services import attempt_failed
from apps.jobs.state import Reason

logger = logging.getLogger(__name__)

# Refusals that are the treasury's or the endpoint's fault: the customer's job waits, it does not fail.
OUR_FAULT = frozenset(
    {
        "InsufficientFunds",
        "InsufficientLamports",
        "InsufficientFundsForFee",
        "InsufficientFundsForRent",
        "AccountNotFound",
        "BlockhashNotFound",
    }
)
IN_USE = frozenset({"AccountAlreadyInUse", "LamportsNonNull"})


FULL = "AccountDidNotSerialize"  # the market's queue holds no more


def orders_send(orders: Sequence[Order], *, fresh: bool, now: datetime) -> None:
    """Send the stored transactions, several at a time, each once even where two orders share it.

    `fresh` means they cannot have been sent before, so that a refusal is certain. Raises ClusterMismatch.
    """
    if not orders:
        return
    blobs = {order.signature: bytes(order.blob or b"") for order in orders}
    try:
        answers = ask_chain(lambda gateway: gateway.send_many(list(blobs.values())))
        outcomes: dict[str, ChainError | None] = dict(zip(blobs, answers, strict=True))
    except ClusterMismatch as mismatch:
        logger.critical("%s", mismatch)
        orders_wait(orders, seconds=FUNDS.longest, now=now, error=str(mismatch)[:500])
        raise
    except ChainError as missed:
        outcomes = dict.fromkeys(blobs, missed)
    taken = [order for order in orders if outcomes[order.signature] is None]
    orders_wait(taken, seconds=0, now=now, state=S.SENT, sent_at=now)
    for order in orders:
        error = outcomes[order.signature]
        if error is not None:
            _missed(order, error, fresh, now)


def _missed(order: Order, error: ChainError, fresh: bool, now: datetime) -> None:
    """Decide about a transaction that was not taken: refused for certain, or to be looked up."""
    try:
        if not isinstance(error, ProgramError):
            order_wait(order, seconds=0.5, now=now, state=S.UNSURE, error=str(error)[:500], sent_at=now)
        elif fresh:
            order_refused(order, error, now=now)
        else:  # it may have landed, or land still, from an earlier send: look it up
            order_wait(order, seconds=1, now=now, state=S.UNSURE, error=str(error)[:500], sent_at=now)
    except LeaseLost as lost:
        logger.warning("%s; our result is dropped", lost)


def order_refused(order: Order, error: ProgramError, *, now: datetime) -> None:
    """Decide about a transaction that was refused for certain and can never land. Raises LeaseLost."""
    logger.warning(
        "order %s (%s) was refused: %s",
        order.pk,
        order.instruction,
        error,
        extra={"order_id": order.pk, "attempt_id": order.attempt_id},
    )
    if error.name == "BlockhashNotFound":
        order_rebuild(order, str(error), now=now)
    elif order.shared:
        order_split(order, str(error), now=now)
    elif error.name in OUR_FAULT:
        order_rebuild(order, str(error), now=now, ladder=FUNDS)
    elif order.kind != Want.Kind.LIST:
        order_rebuild(order, str(error), now=now, ladder=OURS)
    elif error.name == FULL and _may_wait(order, now):
        order_rebuild(order, "its market's queue is full", now=now, ladder=NETWORK)
    elif error.name in IN_USE:
        order_wait(order, seconds=1, now=now, state=S.UNSURE, error=str(error)[:500])
    else:
        sentence = said.REFUSED % {"why": said.NO_ROOM if error.name == FULL else why(error.name)}
        with transaction.atomic():  # both or none: a transaction whose hold is gone must never be sent again
            attempt_failed(attempt_id=order.attempt_id, reason=Reason.CHAIN_REFUSED, sentence=sentence, now=now)
            order_close(order, S.FAILED, str(error), now=now)


def _may_wait(order: Order, now: datetime) -> bool:
    return may_wait(order, Attempt.objects.select_related("job").get(pk=order.attempt_id).job, now)
