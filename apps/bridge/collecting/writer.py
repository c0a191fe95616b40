"""Stores what the followers read: all jobs in turns, many in one transaction, for as long as the database takes."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from apps.bridge.collecting.buffer import Buffer
from apps.jobs.services import Batch, LogEntry, loglines_store

logger = logging.getLogger(__name__)

LINGER_S = 0.05  # lines that come together are stored together
OF_ONE_JOB, AT_ONCE = 1_000, 5_000  # lines of one job, and of all, in one transaction
RETRY_S = 1.0

Store = Callable[[Callable[[], Any]], Awaitable[Any]]


class Writer:
    """Takes lines from every job's buffer in turns and stores them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: dict[uuid.UUID, tuple[Batch, Buffer]] = {}
        self._turn: list[uuid.UUID] = []
        self._woken = asyncio.Event()

    def join(self, batch: Batch, buffer: Buffer) -> None:
        """Store what comes into the buffer, as lines of the batch's attempt."""
        self._jobs[batch.attempt_id] = batch, buffer

    def leave(self, attempt_id: uuid.UUID) -> None:
        """Store no more for the attempt."""
        self._jobs.pop(attempt_id, None)

    def wake(self) -> None:
        """Say that there is something to store."""
        self._woken.set()

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await asyncio.sleep(LINGER_S)
            while taken := list(self._take()):
                await self._keep(taken)

    def _take(self) -> Iterator[tuple[Batch, Buffer]]:
        """Yield the lines of one transaction; whoever came late last time comes first now."""
        waiting = [attempt_id for attempt_id, (_, buffer) in self._jobs.items() if len(buffer)]
        first = [attempt_id for attempt_id in self._turn if attempt_id in waiting]
        order = first + [attempt_id for attempt_id in waiting if attempt_id not in first]
        room = AT_ONCE
        while order and room:
            batch, buffer = self._jobs[order.pop(0)]
            entries = buffer.take(min(OF_ONE_JOB, room))
            room -= len(entries)
            yield replace(batch, entries=entries), buffer
        self._turn = order

    async def _keep(self, taken: list[tuple[Batch, Buffer]]) -> None:
        """Store the lines of several jobs; where that fails, each job's alone, so that one cannot hold up others."""
        try:
            await self._store(partial(loglines_store, [batch for batch, _ in taken]))
        except Exception:
            logger.exception("lines of %s jobs were not stored together; trying each alone", len(taken))
            for batch, buffer in taken:
                await self._alone(batch, buffer)
            return
        for batch, buffer in taken:
            await buffer.stored(list(batch.entries))

    async def _alone(self, batch: Batch, buffer: Buffer) -> None:
        """Store one job's lines, however long the database is away: buffers fill meanwhile, and reading pauses."""
        entries: list[LogEntry] = list(batch.entries)
        while batch.attempt_id in self._jobs:
            try:
                await self._store(partial(loglines_store, [batch]))
                break
            except Exception:
                logger.exception("lines of attempt %s were not stored; trying again", batch.attempt_id)
                await asyncio.sleep(RETRY_S)
        await buffer.stored(entries)


@contextlib.asynccontextmanager
async def writing(store: Store) -> Any:
    """Have a writer run; at the end it is stopped, so whoever must have stored all waits for its buffer first."""
    writer = Writer(store)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
