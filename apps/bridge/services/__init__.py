"""Acts of the bridge, one module per act; import them from here."""

from apps.bridge.services.markets import CatalogueBroken, markets_sync
from apps.bridge.services.observing import chain_follow, chain_observe
from apps.bridge.services.orders import order_make, orders_due, orders_make_missing
from apps.bridge.services.results import result_fetch, result_try, results_sweep
from apps.bridge.services.sending import order_push, orders_check, orders_push_due
from apps.bridge.services.syncing import Synced, chain_sync
from apps.bridge.services.watchdog import nodes_watch

__all__ = [
    "CatalogueBroken",
    "Synced",
    "chain_follow",
    "chain_observe",
    "chain_sync",
    "markets_sync",
    "nodes_watch",
    "order_make",
    "order_push",
    "orders_check",
    "orders_due",
    "orders_make_missing",
    "orders_push_due",
    "result_fetch",
    "result_try",
    "results_sweep",
]
