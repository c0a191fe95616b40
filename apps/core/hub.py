"""Notices from the database to the streams of this process: one LISTEN connection, however many watch."""

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.http import StreamingHttpResponse
from psycopg import sql

logger = logging.getLogger(__name__)

RETRY_S = 1.0
RETURN_MS = (500, 3000)  # after which browsers come back whose process ends; not all of them in the same moment
READERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="streams")

P = ParamSpec("P")
R = TypeVar("R")


class ProcessEnds(Exception):
    """The process is told to end: a stream stops where it is, and goes on from another process."""


@dataclass(eq=False)
class Watcher:
    """One open stream. Notices only say that there is something to read, so a flag per kind holds any number."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ends: bool = False

    async def wait(self, seconds: float) -> bool:
        """Wait for a notice, at most `seconds`; return whether one came. Raises ProcessEnds."""
        try:
            await asyncio.wait_for(self.wake.wait(), seconds)
        except TimeoutError:
            return False
        self.stay()
        self.wake.clear()
        return True

    def stay(self) -> None:
        """Pass while the process lives on. Raises ProcessEnds."""
        if self.ends:
            raise ProcessEnds

    def end(self) -> None:
        """Let whoever waits learn that the process ends."""
        self.ends = True
        self.ready.set()
        self.wake.set()


class Hub:
    """The watchers of one process and event loop, by channel, and the connection that serves them all."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = {}
        self._listening: set[str] = set()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reads: dict[Any, asyncio.Future[Any]] = {}
        self._ends = False

    def end(self) -> None:
        """End every stream, also those that begin later: the process is told to end."""
        self._ends = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.end()

    def watch(self, job_id: uuid.UUID) -> AbstractAsyncContextManager[Watcher]:
        """Watch a job, as `listen` does its channel."""
        return self.listen(f"job_{job_id.hex}")

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[Watcher]:
        """Watch a channel. On entry it is listened to, so what is read after it misses nothing later.

        Raises ProcessEnds.
        """
        watcher = Watcher()
        if self._ends:
            watcher.end()
        self._watchers.setdefault(channel, set()).add(watcher)
        if channel in self._listening:
            watcher.ready.set()
        watcher.wake.set()  # a read shared with an earlier stream may be older than this one: read twice at first
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            await watcher.ready.wait()
            watcher.stay()
            yield watcher
        finally:
            self._watchers[channel].discard(watcher)
            if not self._watchers[channel]:
                del self._watchers[channel]
            self._changed.set()

    async def shared(self, key: Any, read: Callable[[], Awaitable[Any]]) -> Any:
        """Return what `read` returns; who asks for the same key while it runs gets the same answer."""
        running = self._reads.get(key)
        if running is None:
            running = self._reads[key] = asyncio.ensure_future(read())
            running.add_done_callback(lambda _: self._reads.pop(key, None))
        return await asyncio.shield(running)

    @property
    def watching(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._watchers.values()))

    async def _run(self) -> None:
        while self._watchers:
            try:
                async with await psycopg.AsyncConnection.connect(**_address(), autocommit=True) as listener:
                    self._listening.clear()
                    await self._serve(listener)
            except (psycopg.Error, OSError) as error:
                logger.warning("the database's notices are away: %s", error)
                await asyncio.sleep(RETRY_S)
            finally:
                self._listening.clear()

    async def _serve(self, listener: psycopg.AsyncConnection[Any]) -> None:
        while self._watchers:
            self._changed.clear()
            await self._channels(listener)
            notices = asyncio.create_task(self._notices(listener))
            change = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait({notices, change}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (notices, change):
                    task.cancel()
                results = await asyncio.gather(notices, change, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result

    async def _channels(self, listener: psycopg.AsyncConnection[Any]) -> None:
        wanted = set(self._watchers)
        gone, fresh = self._listening - wanted, wanted - self._listening
        for channel in gone:
            await listener.execute(sql.SQL("UNLISTEN {}").format(sql.Identifier(channel)))
        for channel in fresh:
            await listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._listening = wanted
        for channel in fresh:
            for watcher in self._watchers.get(channel, ()):
                watcher.ready.set()
                watcher.wake.set()  # also after a lost connection: something may have happened meanwhile

    async def _notices(self, listener: psycopg.AsyncConnection[Any]) -> None:
        async for notice in listener.notifies():
            for watcher in self._watchers.get(notice.channel, ()):
                watcher.wake.set()


def _address() -> dict[str, Any]:
    settings = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    secure = {key: value for key, value in settings.get("OPTIONS", {}).items() if key.startswith("ssl")}
    return {key: str(settings[name]) for key, name in names.items() if settings.get(name)} | secure


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """Return the hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


async def read_shared(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a database read on the few threads that all streams of this process share."""
    return await asyncio.get_running_loop().run_in_executor(
        READERS, lambda: _with_connection(act, *args, **kwargs)
    )


def _with_connection(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return act(*args, **kwargs)
    except (OperationalError, InterfaceError):  # the connection went away while nobody asked: once more, afresh
        connection.close()
        return act(*args, **kwargs)


async def while_it_lives(events: AsyncGenerator[str]) -> AsyncIterator[str]:
    """Yield the events until the process is told to end; then, last, after how long the browser may come back."""
    async with aclosing(events):
        try:
            async for event in events:
                yield event
        except ProcessEnds:
            yield f"retry: {random.randint(*RETURN_MS)}\n\n"  # noqa: S311 - no secret


def event_stream(events: AsyncGenerator[str]) -> StreamingHttpResponse:
    """Answer with server-sent events as they come; nothing on the way keeps or gathers them."""
    response = StreamingHttpResponse(while_it_lives(events), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
