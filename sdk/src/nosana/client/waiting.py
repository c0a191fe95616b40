"""Waiting for what takes its time: asked again and again, at growing distances."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nosana.client.errors import (
    ApiError,
    ApprovalNeeded,
    JobFailed,
    NameMissing,
    NoAnswer,
    RateLimited,
    ServerError,
    WaitTimeout,
)

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


async def launched(core: Core, path: str, body: Any, key: str | None) -> Any:
    """Return the job that a POST launched. Raises ApprovalNeeded where a second person must agree first."""
    answer = await core.ask(None, "POST", path, body=body, key=key)
    if "id" not in answer:
        raise ApprovalNeeded(str(answer["approval"]))
    return core.read("Job", answer)


async def job_wait(core: Core, job_id: str, *, timeout: float | None, settled: bool, check: bool) -> Any:
    """Return the job once it is over, with `check` only one that went well. Raises WaitTimeout and JobFailed."""

    def done(job: Any) -> bool:
        told = not check or job["result_at"] is not None or job["settled"]
        return job["state"] in OVER and (job["settled"] or not settled) and told

    def sentence(job: Any) -> str:
        return f"Job {job_id} is {job['state']}; it goes on, and can be waited for again."

    path = job_path(job_id)
    found = await until(core, lambda: core.ask(None, "GET", path), done, timeout=timeout, sentence=sentence)
    if check:
        await _succeeded(core, found)
    return core.read("Job", found)


async def _succeeded(core: Core, job: Any) -> None:
    """Raise JobFailed unless the job completed and every operation of which that is known ended with 0."""
    result = await core.ask(None, "GET", job_path(job["id"], "result"))
    wrong = [one for one in result["operations"] if one["exit_code"] not in (0, None)]
    if job["state"] == "completed" and not wrong:
        return
    words = f"Job {job['id']} ({job['name']}) {job['state']}: {job['sentence']}"
    for one in wrong:
        words += f" Operation {one['operation']} ended with exit code {one['exit_code']}."
        words += "".join(f" {error}" for error in one["errors"][:1])
    raise JobFailed(words, job=core.read("Job", job), result=core.read("Result", result))


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
