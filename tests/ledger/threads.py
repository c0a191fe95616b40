"""Real threads with connections of their own, started together."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(0…number-1)` in as many threads at once; return their results or the errors they raised."""
    barrier = threading.Barrier(number)

    def run(index: int) -> Any:
        barrier.wait()
        try:
            return act(index)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def begun(act: Callable[[], Any]) -> "Future[Any]":
    """Start the act in a thread; return its future once it waits for a lock of this transaction, or is done."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(run)
    pool.shutdown(wait=False)
    deadline = time.monotonic() + 60
    while not future.done() and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone() == (True,):
                break
        time.sleep(0.01)
    return future
