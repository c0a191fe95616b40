"""One turn of a worker at the bridge's queue."""

import logging
from datetime import datetime

from apps.bridge.chain import ChainUnavailable
from apps.bridge.services.checking import orders_check
from apps.bridge.services.orders import order_make, orders_make_missing
from apps.bridge.services.pushing import orders_push

logger = logging.getLogger(__name__)


def order_place(*, want_id: int, now: datetime) -> int:
    """Make the want's order and push whatever is due; return how many orders were tried. Raises ClusterMismatch.

    What was sent is looked up by the sweep and the observer, so that the next want does not wait for it.
    """
    order_make(want_id=want_id, now=now)
    return orders_push(now=now)


def orders_work(*, now: datetime) -> int:
    """Make, push and look up whatever is due; return how many orders were touched. Any number may do so at once.

    Raises ClusterMismatch; an endpoint that is away is tried again in a later turn.
    """
    orders_make_missing(now=now)
    pushed = orders_push(now=now)
    try:
        return pushed + orders_check(now=now)
    except ChainUnavailable as error:
        logger.warning("%s", error)
        return pushed
