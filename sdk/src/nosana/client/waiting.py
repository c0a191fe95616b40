"""Waiting for what takes its time: asked again and again, at growing distances."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nosana.client.errors import WaitTimeout

if TYPE_CHECKING:
    from nosana.client.core import Core

OVER = frozenset({"completed", "stopped", "failed"})
FIRST_S, MOST_S, GROWTH = 0.5, 5.0, 1.3


def job_path(job_id: str, what: str = "") -> str:
    """Return the address of a job within its organisation. Raises ValueError for an id that is none."""
    return part("jobs", job_id, *([what] if what else []))


def part(head: str, name: object, *rest: str) -> str:
    """Return an address that names a thing, whatever letters its name has. Raises ValueError for an empty name."""
    text = quote(str(name), safe="")
    if text in ("", ".", ".."):
        raise ValueError(f"{str(name)!r} names nothing.")
    return "/".join([head, text, *rest])


async def job_wait(core: Core, job_id: str, *, timeout: float | None, settled: bool) -> Any:
    """Return the job once it is over. Raises WaitTimeout."""

    def done(job: Any) -> bool:
        return job["state"] in OVER and (job["settled"] or not settled)

    def sentence(job: Any) -> str:
        return f"Job {job_id} is {job['state']}; it goes on, and can be waited for again."

    path = job_path(job_id)
    found = await until(core, lambda: core.ask(None, "GET", path), done, timeout=timeout, sentence=sentence)
    return core.read("Job", found)


async def until(
    core: Core,
    ask: Callable[[], Awaitable[Any]],
    done: Callable[[Any], bool],
    *,
    timeout: float | None,
    sentence: Callable[[Any], str],
) -> Any:
    """Return the first answer that is `done`. Raises WaitTimeout after `timeout` seconds."""
    end = None if timeout is None else time.monotonic() + timeout
    pause = FIRST_S
    while True:
        found = await ask()
        if done(found):
            return found
        left = pause if end is None else min(pause, end - time.monotonic())
        if left <= 0:
            raise WaitTimeout(sentence(found))
        await core.line.sleep(left)
        pause = min(pause * GROWTH, MOST_S)
