"""Server-sent events: read as the standard says, and gone on with where a connection broke off."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from nosana.client.errors import ApiError, NoAnswer, error_of
from nosana.client.modes import Async, Bound, M, Sync, drive_each
from nosana.client.retries import Patience
from nosana.client.waiting import AWAY, Absence, job_path

if TYPE_CHECKING:
    from nosana.client.core import Core

T = TypeVar("T")


@dataclass
class Event:
    """One event of a stream."""

    name: str
    data: str
    id: str | None = None


@dataclass
class Parser:
    """Makes events of lines; remembers the last id and the pause that the server asks for, in seconds."""

    last_id: str | None = None
    pause: float | None = None
    _name: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str | None = None

    def line(self, text: str) -> Event | None:
        """Return the event that this line ends, if it ends one."""
        if not text:
            return self._end()
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.pause = int(value[:9]) / 1000
        return None

    def cut(self) -> None:
        """Forget an event that a broken connection left half told."""
        self._name, self._data, self._id = "", [], None

    def _end(self) -> Event | None:
        name, data = self._name, self._data
        self.last_id = self.last_id if self._id is None else self._id
        self.cut()
        return Event(name or "message", "\n".join(data), self.last_id) if data else None


class Stream(Bound[M], Generic[M, T]):
    """What happens, as it happens: `for` on `Nosana`, `async for` on `AsyncNosana`; ends when nothing more can come.

    A connection that breaks is made again, and goes on after the last entry that came: nothing twice, nothing left out.
    Raises ApiError when whoever follows no longer may, NoAnswer when the platform stays away.
    """

    def __init__(
        self,
        core: Core,
        path: str,
        query: Mapping[str, Any],
        events: Mapping[str, str | None],
        *,
        last: str | None = None,
    ) -> None:
        self._core, self._path, self._query, self._events = core, path, dict(query), dict(events)
        self._last = last  # the event after which nothing more of these comes

    def __iter__(self: Stream[Sync, T]) -> Iterator[T]:
        if not self._core.line.blocking:
            raise TypeError("This stream belongs to an asynchronous client: use `async for`.")
        return drive_each(self._walk())

    def __aiter__(self: Stream[Async, T]) -> AsyncIterator[T]:
        if self._core.line.blocking:
            raise TypeError("This stream belongs to a blocking client: use `for`.")
        return self._walk()

    async def _walk(self) -> AsyncGenerator[T, None]:
        events = resumed(self._core, self._path, self._query)
        try:
            async for event in events:
                if event.name == self._last:
                    return
                if event.name not in self._events:
                    continue
                for line in event.data.split("\n"):
                    yield self._core.read(self._events[event.name], json.loads(line))
        finally:
            await events.aclose()


async def resumed(core: Core, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
    """Yield the events of a stream to its end (`end`), over as many connections as it takes."""
    parser, absence, failures = Parser(), Absence(core), 0
    while True:
        headers = {"Last-Event-ID": parser.last_id} if parser.last_id else {}
        asked = {
            name: value for name, value in query.items() if not (parser.last_id and name in ("tail", "after"))
        }
        try:
            async for line in core.text_lines(path, query=asked, headers=headers):
                event = parser.line(line)
                if event is None:
                    continue
                failures = 0
                absence.over()
                if event.name == "end":
                    return
                if event.name == "refused":
                    raise _refusal(event)
                yield event
            broken: NoAnswer | ApiError = NoAnswer("The stream ends again and again without having told the end.")
        except httpx.TransportError as error:
            broken = NoAnswer(f"The stream broke off and could not be taken up again: {error}.")
        except AWAY as error:
            broken = error
        failures += 1
        parser.cut()
        await core.line.sleep(absence.pause(broken, least=_pause(core.patience, failures, parser)))


def _pause(patience: Patience, failures: int, parser: Parser) -> float:
    own = patience.pause(min(failures, patience.retries), parser.pause if failures > 1 else None)
    return own or patience.most


def _refusal(event: Event) -> ApiError:
    try:
        status = int(json.loads(event.data).get("status", 403))
    except (ValueError, AttributeError, TypeError):
        status = 403
    return error_of(status, event.data.encode())


def log_stream(core: Core, job_id: str, *, tail: int | None, after: int, states: bool = False) -> Stream[Any, Any]:
    """Return a job's log as it is written."""
    query = {"tail": tail, "after": after or None}
    events = {"log": "LogLine"} | ({"state": "StateSeen"} if states else {})
    return Stream(core, job_path(job_id, "log/stream"), query, events, last=None if states else "whole")
