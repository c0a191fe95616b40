"""One event loop in a thread of its own per process, so that connections outlive a single question."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")
_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process id: a forked worker must not use its parent's


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine on this process's loop and return its result; errors come out as they are."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result()


def together(first: Awaitable[T], second: Awaitable[U]) -> tuple[T, U]:
    """Await both at once on this process's loop; an error of either comes out when both have ended."""

    async def both() -> tuple[T, U]:
        one, two = await asyncio.gather(first, second, return_exceptions=True)
        for answer in (one, two):
            if isinstance(answer, BaseException):
                raise answer
        return cast("tuple[T, U]", (one, two))

    return wait_for(both())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="bridge-loop", daemon=True).start()
            _loops[os.getpid()] = loop
        return loop
