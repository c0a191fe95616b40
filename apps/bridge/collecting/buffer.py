"""The lines of one job that wait to be stored: bounded in number and bytes, so that a flood waits for itself alone."""

import asyncio
from collections import deque

from apps.jobs.services import LogEntry

LINES, BYTES = 20_000, 8_000_000


class Buffer:
    """A queue with two ends in one event loop: a follower puts, the writer takes and says when it has stored."""

    def __init__(self) -> None:
        self._waiting: deque[LogEntry] = deque()
        self._bytes = 0
        self._taken = 0
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._waiting)

    async def put(self, entry: LogEntry) -> None:
        """Add a line; wait while the buffer is full."""
        if self._full:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._full)
        self._waiting.append(entry)
        self._bytes += len(entry.text)

    def take(self, most: int) -> list[LogEntry]:
        """Take up to `most` of the oldest lines; `stored` must follow."""
        taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._taken += len(taken)
        return taken

    async def stored(self, entries: list[LogEntry]) -> None:
        """Note that the lines taken are in the database."""
        self._taken -= len(entries)
        self._bytes -= sum(len(entry.text) for entry in entries)
        async with self._changed:
            self._changed.notify_all()

    async def drained(self) -> None:
        """Wait until every line put is stored."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting and not self._taken)

    @property
    def _full(self) -> bool:
        return len(self._waiting) >= LINES or self._bytes >= BYTES
