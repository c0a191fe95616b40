"""The bridge's tasks: thin, all on their own queue."""

from apps.core import queue


@queue.task("bridge.order_make", queue="bridge")
def order_make(*, want_id: int) -> None:
    pass
