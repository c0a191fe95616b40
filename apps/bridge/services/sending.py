"""The second half of an order: send what is stored, look it up, and never send anything new on doubt."""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from apps.bridge.chain import (
    ChainError,
    ChainUnavailable,
    ClusterMismatch,
    Gateway,
    JobAccount,
    ProgramError,
    SignatureStatus,
    ask_chain,
)
from apps.bridge.ipfs import IpfsError
from apps.bridge.keys import SeedMissing
from apps.bridge.models import Order
from apps.bridge.services.orders import (
    BACKOFF_LONGEST,
    BACKOFF_NETWORK,
    UNSENT,
    LeaseLost,
    S,
    order_claim,
    order_close,
    order_postpone,
    order_rebuild,
    order_update,
    order_wait,
    orders_claim,
    orders_due,
)
from apps.bridge.services.preparing import PREPARE, I
from apps.jobs.models import Attempt, Want
from apps.jobs.services import attempt_failed, attempt_listed, attempt_refund, attempt_withdrawn
from apps.jobs.state import Reason

logger = logging.getLogger(__name__)

RESEND = timedelta(seconds=2)
# Refusals that are the treasury's or the endpoint's fault: the customer's job waits, it does not fail.
OURS = frozenset(
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


def order_push(*, order_id: uuid.UUID, now: datetime) -> bool:
    """Bring a due order as far as sent; return whether it was ours to push.

    Errors of the network count as failures and are tried again later. Raises ClusterMismatch.
    """
    order = order_claim(order_id=order_id, now=now)
    if order is None:
        return False
    try:
        fresh = order.state in (S.WANTED, S.CLAIMED)
        if fresh and not PREPARE[order.kind](order, now):
            return True
        if order.state == S.SIGNED:
            order_send(order, fresh=fresh, now=now)
    except LeaseLost as error:
        logger.warning("%s; our result is dropped", error)
    except ClusterMismatch as error:
        logger.critical("%s", error)
        order_postpone(order, str(error), now=now)
        raise
    except (ChainError, IpfsError, SeedMissing) as error:
        logger.warning("order %s waits: %s", order.pk, error)
        away = isinstance(error, ChainUnavailable | IpfsError)
        order_postpone(order, str(error), now=now, longest=BACKOFF_NETWORK if away else BACKOFF_LONGEST)
    except Exception as error:
        order_postpone(order, f"{type(error).__name__}: {error}", now=now)
        raise
    return True


def order_send(order: Order, *, fresh: bool, now: datetime) -> None:
    """Send the stored transaction; `fresh` means it cannot have been sent before, so that a refusal is certain."""
    blob = bytes(order.blob or b"")
    try:
        ask_chain(lambda gateway: gateway.send(blob))
    except ProgramError as error:
        if fresh:
            _refused(order, error, now)
        else:  # it may have landed, or land still, from an earlier send: look it up
            order_wait(order, seconds=1, now=now, state=S.UNSURE, error=str(error)[:500], sent_at=now)
    except ClusterMismatch:
        raise
    except ChainError as error:
        order_wait(order, seconds=0.5, now=now, state=S.UNSURE, error=str(error)[:500], sent_at=now)
    else:
        order_wait(order, seconds=0, now=now, state=S.SENT, sent_at=now)


def orders_check(*, now: datetime, limit: int = 200) -> int:
    """Look up the orders that were sent, in one batch, and apply what became of them; return how many."""
    orders = orders_claim(states=[S.SENT, S.UNSURE, S.CONFIRMED], now=now, limit=limit)
    if not orders:
        return 0

    async def look(gateway: Gateway) -> tuple[int, list[SignatureStatus | None]]:
        height = await gateway.height_final()  # first the height: what lands in between is seen below
        return height, await gateway.statuses([order.signature for order in orders])

    try:
        height, statuses = ask_chain(look)
    except ChainError as error:
        for order in orders:
            order_wait(order, seconds=1, now=now, error=str(error)[:500])
        raise
    for order, status in zip(orders, statuses, strict=True):
        try:
            _check(order, status, height, now)
        except LeaseLost as error:
            logger.warning("%s; our result is dropped", error)
        except Exception as error:
            logger.exception("order %s could not be applied", order.pk)
            order_postpone(order, f"{type(error).__name__}: {error}", now=now)
    return len(orders)


def _check(order: Order, status: SignatureStatus | None, height: int, now: datetime) -> None:
    if status is None:
        _unseen(order, height, now)
    elif status.error is not None:
        if status.reached("finalized"):
            signature = order.signature
            _refused(order, ask_chain(lambda gateway: gateway.failure(signature, status)), now)
        else:
            order_wait(order, seconds=0.5, now=now)
    elif not status.reached("confirmed"):
        order_wait(order, seconds=0.2, now=now)
    else:
        if order.confirmed_at is None:
            _confirmed(order, status, now)
        if status.reached("finalized"):
            _final(order, status, now)
        else:
            order_wait(order, seconds=0.5, now=now)


def _unseen(order: Order, height: int, now: datetime) -> None:
    if height > (order.last_valid_block_height or 0):
        _expired(order, now)
    elif order.sent_at is None or now - order.sent_at >= RESEND:
        order_send(order, fresh=False, now=now)
    else:
        order_wait(order, seconds=0.5, now=now)


def _expired(order: Order, now: datetime) -> None:
    """Decide about a transaction whose blockhash died unseen: only what left no trace is built again."""
    address = Attempt.objects.values_list("address", flat=True).get(pk=order.attempt_id) or ""

    async def look(gateway: Gateway) -> tuple[list[str], JobAccount | None]:
        return await gateway.history(address), (await gateway.view(address)).job

    history, job = ask_chain(look)
    if order.signature in history:
        order_wait(order, seconds=2, now=now)  # it landed after all; its status will be told
    elif order.instruction == I.LIST and history:
        order_update(order, keep=True, signature=history[-1], state=S.SENT)  # listed under another signature
        order_wait(order, seconds=0, now=now)
    elif order.instruction == I.LIST and job is not None:
        order_wait(order, seconds=2, now=now)
    else:
        order_rebuild(order, "the blockhash expired before the transaction was seen", now=now)


def _refused(order: Order, error: ProgramError, now: datetime) -> None:
    logger.warning("order %s (%s) was refused: %s", order.pk, order.instruction, error)
    if order.kind != Want.Kind.LIST or error.name in OURS:
        order_rebuild(order, str(error), now=now)
    elif error.name in IN_USE:
        order_wait(order, seconds=1, now=now, state=S.UNSURE, error=str(error)[:500])
    else:
        sentence = f"The network refused the job: {error.sentence}"
        with transaction.atomic():  # both or none: a transaction whose hold is gone must never be sent again
            attempt_failed(attempt_id=order.attempt_id, reason=Reason.CHAIN_REFUSED, sentence=sentence, now=now)
            order_close(order, S.FAILED, str(error), now=now)


def _confirmed(order: Order, status: SignatureStatus, now: datetime) -> None:
    if order.instruction == I.LIST:
        attempt_listed(attempt_id=order.attempt_id, signature=order.signature, slot=status.slot, now=now)
    elif order.instruction == I.DELIST:
        attempt_withdrawn(attempt_id=order.attempt_id, signature=order.signature, slot=status.slot, now=now)
    order_update(order, keep=True, state=S.CONFIRMED, slot=status.slot, confirmed_at=now, error="")


def _final(order: Order, status: SignatureStatus, now: datetime) -> None:
    if order.instruction in (I.DELIST, I.RECOVER):
        attempt_refund(attempt_id=order.attempt_id, signature=order.signature, slot=status.slot, now=now)
    order_close(order, S.CONFIRMED, f"{order.instruction} {order.signature}", now=now)


def orders_push_due(*, now: datetime, limit: int = 50) -> int:
    """Push the orders that are due and not sent, most overdue first; return how many were tried.

    One that fails does not keep the others waiting.
    """
    due = list(orders_due(states=UNSENT, now=now).values_list("pk", flat=True)[:limit])
    for order_id in due:
        try:
            order_push(order_id=order_id, now=now)
        except ClusterMismatch:
            raise
        except Exception:
            logger.exception("order %s could not be pushed", order_id)
    return len(due)
