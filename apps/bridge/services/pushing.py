"""The way of orders up to the chain: claim many, prepare all at once, sign and store, then send."""

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from apps.bridge.chain import ChainError, ClusterMismatch, cluster
from apps.bridge.keys import SeedMissing
from apps.bridge.models import Order
from apps.bridge.services.acting import acts_prepare
from apps.bridge.services.listing import lists_prepare
from apps.bridge.services.orders import (
    FUNDS,
    NETWORK,
    OURS,
    UNSENT,
    LeaseLost,
    S,
    order_postpone,
    orders_claim,
)
from apps.bridge.services.sending import orders_send
from apps.bridge.signing import TransactionTooLarge
from apps.jobs.models import Attempt, Want

logger = logging.getLogger(__name__)

BATCH = 64
Prepare = Callable[..., list[Order]]


def orders_push(*, now: datetime, limit: int = BATCH) -> int:
    """Bring the most overdue orders that were not sent as far as sent; return how many were tried.

    Orders that others hold are passed over, so that any number of workers share a queue. One that fails does not
    keep the others waiting. Raises ClusterMismatch when the endpoint, or an attempt, belongs to another cluster.
    """
    orders = orders_claim(states=UNSENT, now=now, limit=limit)
    if not orders:
        return 0
    attempts, foreign = _attempts(orders)
    for order in foreign:
        _postpone([order], ClusterMismatch(_foreign_sentence(attempts[order.attempt_id])), now)
    ours = [order for order in orders if order not in foreign]
    lists = [order for order in ours if order.state == S.CLAIMED and order.kind == Want.Kind.LIST]
    acts = [order for order in ours if order.state == S.CLAIMED and order.kind != Want.Kind.LIST]
    ready = [*_prepare(lists_prepare, lists, attempts, now), *_prepare(acts_prepare, acts, attempts, now)]
    orders_send(ready, fresh=True, now=now)
    orders_send([order for order in ours if order not in ready and order.state == S.SIGNED], fresh=False, now=now)
    if foreign:
        raise ClusterMismatch(_foreign_sentence(attempts[foreign[0].attempt_id]))
    return len(orders)


def _attempts(orders: Sequence[Order]) -> tuple[dict[uuid.UUID, Attempt], list[Order]]:
    """Return the orders' attempts by id, and the orders whose attempt lives on another cluster."""
    found = Attempt.objects.select_related("job__market").defer("job__result")
    attempts = found.in_bulk([order.attempt_id for order in orders])
    here = ("", cluster().genesis_hash)
    return attempts, [order for order in orders if attempts[order.attempt_id].genesis_hash not in here]


def _foreign_sentence(attempt: Attempt) -> str:
    return (
        f"Attempt {attempt.pk} lives on the cluster {attempt.genesis_hash}, but {cluster().genesis_hash} is"
        " configured; run this worker with that cluster's settings."
    )


def _prepare(
    prepare: Prepare, orders: Sequence[Order], attempts: dict[uuid.UUID, Attempt], now: datetime
) -> list[Order]:
    """Prepare a batch; where that fails by an error of ours, prepare its halves, so that one blames itself."""
    if not orders:
        return []
    try:
        return prepare(orders, attempts, now=now)
    except ClusterMismatch as error:
        logger.critical("%s", error)
        _postpone(orders, error, now)
        raise
    except Exception as error:
        everybodys = isinstance(error, ChainError) and not isinstance(error, TransactionTooLarge)
        if everybodys or len(orders) == 1:
            if not isinstance(error, ChainError | SeedMissing):
                logger.exception("order %s could not be prepared", orders[0].pk)
            _postpone(orders, error, now)
            return []
        logger.warning("a batch of %s orders is prepared in halves: %s", len(orders), error)
        again = Order.objects.select_related("want").in_bulk([order.pk for order in orders])
        mine = [again[order.pk] for order in orders if again[order.pk].lease == order.lease]
        waiting = [order for order in mine if order.state == S.CLAIMED and order.closed_at is None]
        half = (len(waiting) + 1) // 2
        return [
            done for some in (waiting[:half], waiting[half:]) for done in _prepare(prepare, some, attempts, now)
        ]


def _postpone(orders: Sequence[Order], error: Exception, now: datetime) -> None:
    """Try these again later; those that were dealt with, or lost, before the error came are left alone."""
    away = isinstance(error, ChainError) and not isinstance(error, TransactionTooLarge)
    ladder = NETWORK if away else OURS
    if isinstance(error, ClusterMismatch | SeedMissing):
        ladder = FUNDS
    logger.warning("%s orders wait: %s", len(orders), error)
    for order in orders:
        text = str(error) if isinstance(error, ChainError | SeedMissing) else f"{type(error).__name__}: {error}"
        try:
            order_postpone(order, text, now=now, ladder=ladder)
        except LeaseLost as lost:
            logger.info("%s; it was dealt with", lost)
