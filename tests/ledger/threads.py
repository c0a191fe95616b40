"""Real threads with connections of their own, started together."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
