"""Acts of the bridge, one module per act; import them from here."""

from apps.bridge.services.checking import orders_check
from apps.bridge.services.cleaning import cleans_want
from apps.bridge.services.exchange import RESULT_BYTES, definition_for_ipfs, definition_hand, result_take
from apps.bridge.services.markets import CatalogueBroken, listing_sync, markets_sync
from apps.bridge.services.observing import chain_follow, chain_observe
from apps.bridge.services.orders import order_make, order_retry, order_unpark, orders_due, orders_make_missing
from apps.bridge.services.pushing import orders_push
from apps.bridge.services.rescuing import (
    Collected,
    Observed,
    OutOfReach,
    attempt_rescue,
    attempt_rescue_look,
    job_recollect,
    job_reobserve,
)
from apps.bridge.services.results import result_fetch, result_try, results_sweep
from apps.bridge.services.syncing import SETTLED_FOR, Synced, chain_sync
from apps.bridge.services.treasury import treasury_read
from apps.bridge.services.watchdog import nodes_watch
from apps.bridge.services.working import order_place, orders_work

__all__ = [
    "RESULT_BYTES",
    "SETTLED_FOR",
    "CatalogueBroken",
    "Collected",
    "Observed",
    "OutOfReach",
    "Synced",
    "attempt_rescue",
    "attempt_rescue_look",
    "chain_follow",
    "chain_observe",
    "definition_for_ipfs",
    "definition_hand",
    "chain_sync",
    "cleans_want",
    "job_recollect",
    "job_reobserve",
    "listing_sync",
    "markets_sync",
    "nodes_watch",
    "order_make",
    "order_place",
    "order_retry",
    "order_unpark",
    "orders_check",
    "orders_due",
    "orders_make_missing",
    "orders_push",
    "orders_work",
    "result_fetch",
    "result_take",
    "result_try",
    "results_sweep",
    "treasury_read",
]
