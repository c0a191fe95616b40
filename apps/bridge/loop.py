"""One event loop in a thread of its own per process, so that connections outlive a single question."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_lock = threading.Lock()
_loops: dict[int, asyncio.AbstractEventLoop] = {}  # by process id: a forked worker must not use its parent's


def wait_for(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine on this process's loop and return its result; errors come out as they are."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result()


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="bridge-loop", daemon=True).start()
            _loops[os.getpid()] = loop
        return loop
