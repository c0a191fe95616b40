"""Looking up what was sent, in batches, and applying what became of it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from apps.bridge.chain import ChainError, Gateway, JobAccount, SignatureStatus, ask_chain
from apps.bridge.models import Order
from apps.bridge.services.orders import (
    NETWORK,
    SENT,
    LeaseLost,
    S,
    order_close,
    order_postpone,
    order_rebuild,
    order_update,
    order_wait,
    orders_claim,
    orders_close,
    orders_update,
    orders_wait,
)
from apps.bridge.services.sending import order_refused, orders_send
from apps.core.logs import bound
from apps.jobs.models import Attempt
from apps.jobs.services import Landed, attempt_refund, attempt_withdrawn, attempts_listed, extension_landed

logger = logging.getLogger(__name__)

RESEND = timedelta(seconds=2)
BATCH = 256  # what one question about signatures may name
I = Order.Instruction  # noqa: E741
LISTINGS = (I.LIST, I.ASSIGN)
Found = tuple[Order, SignatureStatus]
Act = Callable[[Order, SignatureStatus, datetime], None]


def orders_check(*, now: datetime, limit: int = BATCH) -> int:
    """Look up the orders that were sent, in one batch, and apply what became of them; return how many.

    Raises ChainError when the endpoint does not answer; the orders are looked up again later.
    """
    orders = orders_claim(states=SENT, now=now, limit=limit)
    if not orders:
        return 0

    async def look(gateway: Gateway) -> tuple[int, list[SignatureStatus | None]]:
        height = await gateway.height_final()  # first the height: what lands in between is seen below
        return height, await gateway.statuses([order.signature for order in orders])

    try:
        height, statuses = ask_chain(look)
    except ChainError as error:
        orders_wait(orders, seconds=1, now=now, error=str(error)[:500])
        raise
    unseen = [order for order, status in zip(orders, statuses, strict=True) if status is None]
    seen = [(order, status) for order, status in zip(orders, statuses, strict=True) if status is not None]
    _apply_seen(seen, now)
    _apply_unseen(unseen, height, now)
    return len(orders)


def _apply_seen(seen: Sequence[Found], now: datetime) -> None:
    failed = [(order, status) for order, status in seen if status.error is not None]
    worked = [(order, status) for order, status in seen if status.error is None]
    early = [order for order, status in worked if not status.reached("confirmed")]
    orders_wait(early, seconds=0.2, now=now)
    landed = [(order, status) for order, status in worked if status.reached("confirmed")]
    listed = [(order, status) for order, status in landed if order.instruction in LISTINGS]
    _one_by_one(failed, _failed, now)
    try:
        _listed(listed, now)
    except Exception:
        logger.exception("%s listings could not be applied at once; each by itself", len(listed))
        _one_by_one(listed, lambda order, status, at: _listed([(order, status)], at), now)
    _one_by_one([pair for pair in landed if pair[0].instruction not in LISTINGS], _acted, now)


def _one_by_one(pairs: Sequence[Found], act: Act, now: datetime) -> None:
    """Apply each by itself: one that fails is tried again later and does not keep the others waiting."""
    for order, status in pairs:
        with bound(order_id=order.pk, attempt_id=order.attempt_id):
            _guarded(order, partial(act, order, status, now), now)


def _guarded(order: Order, act: Callable[[], None], now: datetime) -> None:
    try:
        act()
    except LeaseLost as error:
        logger.warning("%s; our result is dropped", error)
    except ChainError as error:
        _again(order, str(error), now)
    except Exception as error:
        logger.exception("order %s could not be applied", order.pk)
        _again(order, f"{type(error).__name__}: {error}", now)


def _again(order: Order, why: str, now: datetime) -> None:
    try:
        order_postpone(order, why, now=now, ladder=NETWORK)  # what was sent is never left to itself
    except LeaseLost as error:
        logger.warning("%s; our result is dropped", error)


def _failed(order: Order, status: SignatureStatus, now: datetime) -> None:
    """Decide about a transaction that failed on the chain, once that is final."""
    if not status.reached("finalized"):
        order_wait(order, seconds=0.5, now=now)
        return
    signature = order.signature
    order_refused(order, ask_chain(lambda gateway: gateway.failure(signature, status)), now=now)


def _listed(pairs: Sequence[Found], now: datetime) -> None:
    """Note which listings are confirmed, and close those that are final, all in a few statements."""
    news = [(order, status) for order, status in pairs if order.confirmed_at is None]
    if news:
        with transaction.atomic():
            attempts_listed(
                landed=[
                    Landed(order.attempt_id, order.signature, status.slot, order.instruction)
                    for order, status in news
                ],
                now=now,
            )
            orders_update([order for order, _ in news], keep=True, state=S.CONFIRMED, confirmed_at=now, error="")
    final = [order for order, status in pairs if status.reached("finalized")]
    orders_close(final, now=now)
    orders_wait([order for order, status in pairs if not status.reached("finalized")], seconds=0.5, now=now)


def _acted(order: Order, status: SignatureStatus, now: datetime) -> None:
    """Apply an act that worked: what is confirmed moves the job, what is final its money."""
    facts = {"signature": order.signature, "slot": status.slot, "now": now}
    if order.confirmed_at is None:
        if order.instruction == I.DELIST:
            attempt_withdrawn(attempt_id=order.attempt_id, **facts)  # type: ignore[arg-type]
        elif order.instruction == I.EXTEND:
            extension_landed(want_id=order.want_id, **facts)  # type: ignore[arg-type]
        order_update(order, keep=True, state=S.CONFIRMED, slot=status.slot, confirmed_at=now, error="")
    if not status.reached("finalized"):
        order_wait(order, seconds=0.5, now=now)
        return
    if order.instruction in (I.DELIST, I.RECOVER):
        attempt_refund(attempt_id=order.attempt_id, **facts)  # type: ignore[arg-type]
    order_close(order, S.CONFIRMED, f"{order.instruction} {order.signature}", now=now)


def _apply_unseen(orders: Sequence[Order], height: int, now: datetime) -> None:
    """Send again what may still land; decide about what cannot any more."""
    dead = [order for order in orders if height > (order.last_valid_block_height or 0)]
    alive = [order for order in orders if height <= (order.last_valid_block_height or 0)]
    old = [order for order in alive if order.sent_at is None or now - order.sent_at >= RESEND]
    orders_wait([order for order in alive if order not in old], seconds=0.25, now=now)
    orders_send(old, fresh=False, now=now)
    for order in dead:
        with bound(order_id=order.pk, attempt_id=order.attempt_id):
            _guarded(order, partial(_expired, order, now), now)


def _expired(order: Order, now: datetime) -> None:
    """Decide about a transaction whose blockhash died unseen: only what left no trace is built again."""
    address = Attempt.objects.values_list("address", flat=True).get(pk=order.attempt_id) or ""

    async def look(gateway: Gateway) -> tuple[list[str], JobAccount | None]:
        return await gateway.history(address), (await gateway.view(address)).job

    history, job = ask_chain(look)
    if order.signature in history:
        order_wait(order, seconds=2, now=now)  # it landed after all; its status will be told
    elif order.instruction in LISTINGS and history:
        order_update(order, keep=True, signature=history[-1], state=S.SENT)  # listed under another signature
        order_wait(order, seconds=0, now=now)
    elif order.instruction in LISTINGS and job is not None:
        order_wait(order, seconds=2, now=now)
    else:
        order_rebuild(order, "the blockhash expired before the transaction was seen", now=now, ladder=NETWORK)
