"""The bridge's tasks: thin, all on their own queue."""

import logging
import uuid

from django.utils import timezone

from apps.bridge import services
from apps.bridge.chain import ChainError
from apps.bridge.listing import ListingBroken
from apps.core import queue

logger = logging.getLogger(__name__)


@queue.task("bridge.order_make")
def order_make(*, want_id: int) -> None:
    services.order_place(want_id=want_id, now=timezone.now())


@queue.periodic("bridge.orders_sweep", every=1, lease=10)  # any number may work at the queue at once
def orders_sweep() -> None:
    services.orders_work(now=timezone.now())


@queue.periodic("bridge.cleans_want", every=600)
def cleans_want() -> None:
    services.cleans_want(now=timezone.now())


@queue.periodic("bridge.listing_sync", every=300)
def listing_sync() -> None:
    try:
        services.listing_sync(now=timezone.now())
    except ListingBroken as error:
        logger.warning("%s", error)


@queue.periodic("bridge.treasury_read", every=60)
def treasury_read() -> None:
    try:
        services.treasury_read(now=timezone.now())
    except ChainError as error:
        logger.warning("the treasury was not read: %s", error)


@queue.task("bridge.result_fetch")
def result_fetch(*, attempt_id: str) -> None:
    services.result_try(attempt_id=uuid.UUID(attempt_id), now=timezone.now())


@queue.periodic("bridge.results_sweep", every=15)
def results_sweep() -> None:
    services.results_sweep(now=timezone.now())


@queue.periodic("bridge.nodes_watch", every=15)
def nodes_watch() -> None:
    services.nodes_watch(now=timezone.now())
