"""Follows the log of every running job in one asyncio process, and stores each line once and in order.

A node replays its history on every connection, so lines are counted per operation and the known ones skipped.
Each job has a queue of its own: one that floods waits for its own lines to be stored and slows nobody else.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from apps.bridge.nodes import Frame, frame_read, is_loopback, log_request, node_url, websocket_url
from apps.core import queue
from apps.jobs.selectors import attempts_running, log_position_of, log_positions
from apps.jobs.services import LogEntry, loglines_add

logger = logging.getLogger(__name__)
T = TypeVar("T")

LEASE, LEASE_SECONDS = "bridge_collect", 15
POLL_SECONDS = 0.5  # between two looks for jobs that began or ended
GRACE_SECONDS = 5.0  # how long an ended job's stream is read on
BATCH_LINES, BATCH_SECONDS = 1_000, 0.05
QUEUE_LINES = 5_000
RETRY_SECONDS, RETRY_LONGEST = 0.3, 10.0
FRAME_BYTES = 4_000_000


@dataclass(frozen=True)
class Followed:
    """An attempt whose log is followed."""

    attempt_id: uuid.UUID
    address: str
    node: str


class Collector:
    """Starts a follower for each running attempt and ends it a little after the job."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="log-store")
        self.followers: dict[uuid.UUID, asyncio.Task[None]] = {}
        self.ended_at: dict[uuid.UUID, float] = {}
        self.lease: uuid.UUID | None = None

    async def run(self, stopped: asyncio.Event) -> None:
        """Follow until `stopped` is set; then store what was read and return."""
        try:
            while not stopped.is_set():
                try:
                    await self._look()
                except Exception:
                    logger.exception("looking for running jobs failed; trying again")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), POLL_SECONDS)
        finally:
            await self._end(list(self.followers))
            if self.lease is not None:
                await self.store(lambda: queue.lease_end(LEASE, self.lease or uuid.UUID(int=0)))
            self.threads.shutdown()

    async def store(self, act: Callable[[], T]) -> T:
        """Run a database act in a thread of ours, whose connection is kept until it fails."""

        def run() -> T:
            try:
                return act()
            except Exception:
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(self.threads, run)

    async def _look(self) -> None:
        running = await self.store(self._running)
        now = asyncio.get_running_loop().time()
        for attempt_id, followed in running.items():
            self.ended_at.pop(attempt_id, None)
            task = self.followers.get(attempt_id)
            if task is None or task.done():
                self.followers[attempt_id] = asyncio.create_task(Follower(self, followed).run())
        for attempt_id in self.followers.keys() - running.keys():
            self.ended_at.setdefault(attempt_id, now)
        late = [attempt_id for attempt_id, at in self.ended_at.items() if now - at > GRACE_SECONDS]
        await self._end(late)

    def _running(self) -> dict[uuid.UUID, Followed]:
        if not self._leading():
            return {}
        rows = attempts_running().values_list("pk", "address", "node")
        return {pk: Followed(pk, address or "", node) for pk, address, node in rows}

    def _leading(self) -> bool:
        now = timezone.now()
        if self.lease and queue.lease_extend(LEASE, self.lease, seconds=LEASE_SECONDS, now=now):
            return True
        self.lease = queue.lease_take(LEASE, seconds=LEASE_SECONDS, now=now)
        return self.lease is not None

    async def _end(self, attempt_ids: list[uuid.UUID]) -> None:
        tasks = [self.followers.pop(attempt_id) for attempt_id in attempt_ids if attempt_id in self.followers]
        for attempt_id in attempt_ids:
            self.ended_at.pop(attempt_id, None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Follower:
    """Reads one attempt's stream, through as many connections as it takes."""

    def __init__(self, collector: Collector, followed: Followed) -> None:
        self.collector = collector
        self.followed = followed
        self.lines: asyncio.Queue[LogEntry] = asyncio.Queue(QUEUE_LINES)
        self.read = 0

    async def run(self) -> None:
        """Read until cancelled; store what was read before ending."""
        writer = asyncio.create_task(self._write())
        try:
            await self._follow()
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.lines.join(), 3)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _follow(self) -> None:
        pause = RETRY_SECONDS
        while True:
            before = self.read
            try:
                await self._read()
            except (OSError, WebSocketException, TimeoutError, ValueError) as error:
                logger.debug("the log of %s: %s", self.followed.address, error)
            pause = RETRY_SECONDS if self.read > before else min(pause * 2, RETRY_LONGEST)
            await asyncio.sleep(pause)

    async def _read(self) -> None:
        url = websocket_url(node_url(self.followed.node))
        proxy: Any = None if is_loopback(url) else True
        async with connect(url, max_size=FRAME_BYTES, proxy=proxy, open_timeout=10) as socket:
            await self.lines.join()  # what an earlier connection brought is stored before it is counted
            attempt_id = self.followed.attempt_id
            stored = await self.collector.store(lambda: log_positions(attempt_id))
            positions: dict[tuple[str, str], int] = {}
            await socket.send(log_request(self.followed.address))
            async for message in socket:
                frame = frame_read(message, now=timezone.now())
                if frame is None:
                    continue
                key = (frame.op_id, frame.stream)
                if key not in positions:
                    positions[key] = await self._start(frame, stored.get(key, 0))
                position = positions[key]
                positions[key] += 1
                if position >= stored.get(key, 0):
                    self.read += 1
                    await self.lines.put(LogEntry(frame.op_id, position, frame.stream, frame.at, frame.text))

    async def _start(self, frame: Frame, stored: int) -> int:
        """Return the position of the first line a node replays: 0, unless it has forgotten its oldest lines."""
        if not stored or not frame.timed:
            return 0
        found = await self.collector.store(
            lambda: log_position_of(
                attempt_id=self.followed.attempt_id,
                op_id=frame.op_id,
                stream=frame.stream,
                at=frame.at,
                text=frame.text,
            )
        )
        return stored if found is None else found

    async def _write(self) -> None:
        while True:
            batch = [await self.lines.get()]
            await asyncio.sleep(BATCH_SECONDS)
            while len(batch) < BATCH_LINES and not self.lines.empty():
                batch.append(self.lines.get_nowait())
            await self._store(batch)
            for _ in batch:
                self.lines.task_done()

    async def _store(self, batch: list[LogEntry]) -> None:
        """Store a batch, however long the database is away; the queue fills meanwhile, and reading pauses."""
        while True:
            try:
                await self.collector.store(partial(loglines_add, self.followed.attempt_id, batch))
                return
            except Exception:
                logger.exception("lines of attempt %s were not stored; trying again", self.followed.attempt_id)
                await asyncio.sleep(1)
