"""Waiting for what takes its time: asked again and again, at growing distances."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nosana.client.errors import ApiError, NameMissing, NoAnswer, RateLimited, ServerError, WaitTimeout

if TYPE_CHECKING:
    from nosana.client.core import Core

OVER = frozenset({"completed", "stopped", "failed"})
FIRST_S, MOST_S, GROWTH = 0.5, 5.0, 1.3
AWAY = (NoAnswer, ServerError, RateLimited)  # what passes by itself


def job_path(job_id: str, what: str = "") -> str:
    """Return the address of a job within its organisation. Raises NameMissing for an id that is none."""
    return part("jobs", job_id, *([what] if what else []))


def part(head: str, name: object, *rest: str) -> str:
    """Return an address that names a thing, whatever letters its name has. Raises NameMissing for an empty one."""
    text = quote(str(name), safe="")
    if text in ("", ".", ".."):
        raise NameMissing(f"{str(name)!r} names nothing.")
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
    """Return the first answer that is `done`. Raises WaitTimeout after `timeout` seconds.

    Once it has answered, a platform that is out of reach for a while ends no wait (Absence).
    """
    end = None if timeout is None else time.monotonic() + timeout
    pause, absence = FIRST_S, Absence(core)
    found: Any = None
    while True:
        wanted = pause
        try:
            found = await ask()
            if done(found):
                return found
            absence.over()
        except AWAY as error:
            wanted = absence.pause(error, least=pause)
        left = wanted if end is None else min(wanted, end - time.monotonic())
        if left <= 0:
            raise WaitTimeout(sentence(found))
        await core.line.sleep(left)
        pause = min(pause * GROWTH, MOST_S)


class Absence:
    """How long a platform that had answered is out of reach: restarted, behind a proxy, or beyond a broken network.

    It is borne for `away` seconds of the client's patience, not at all by a client that never tries again.
    """

    def __init__(self, core: Core) -> None:
        self._bears = core.patience.away if core.patience.retries else 0.0
        self._answered, self._since = False, 0.0

    def over(self) -> None:
        """It answered."""
        self._answered, self._since = True, 0.0

    def pause(self, error: NoAnswer | ApiError, *, least: float) -> float:
        """Return the seconds until it is worth to ask again. Raises the error when that is not borne."""
        now = time.monotonic()
        self._since = self._since or now
        wanted = max(least, getattr(error, "retry_after", None) or 0.0)
        if not self._answered or now + wanted > self._since + self._bears:
            raise error
        return wanted
