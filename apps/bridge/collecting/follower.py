"""Reads one attempt's log stream, through as many connections as it takes.

A node replays its history on every connection, so lines are counted per operation and stream, and the known skipped.
"""

import asyncio
import contextlib
import logging
from typing import Any

from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from apps.bridge.collecting.buffer import Buffer
from apps.bridge.collecting.writer import Store, Writer
from apps.bridge.nodes import Frame, frame_read, is_loopback, log_request, node_url, websocket_url
from apps.core.logs import bound
from apps.jobs.selectors import log_position_of, log_positions
from apps.jobs.services import Batch, LogEntry, batch_of, text_kept

logger = logging.getLogger(__name__)

RETRY_SECONDS, RETRY_LONGEST = 0.3, 10.0
FRAME_BYTES = 4_000_000
FRAMES_AHEAD = 64  # frames the socket reads before we take them; the node waits beyond
PATIENCE_SECONDS = 3.0  # at the end, for what was read to be stored


class Follower:
    """Follows one attempt until cancelled."""

    def __init__(self, store: Store, writer: Writer, attempt_id: Any, address: str, node: str) -> None:
        self.store, self.writer = store, writer
        self.attempt_id, self.address, self.node = attempt_id, address, node
        self.buffer = Buffer()
        self.read = 0
        self.connected = (
            False  # the node answers: it is asked for a sign of life every 20 s, or the line is given up
        )

    async def run(self) -> None:
        """Read until cancelled; store what was read before ending."""
        with bound(attempt_id=self.attempt_id, node=self.node):
            await self._run()

    async def _run(self) -> None:
        pause = RETRY_SECONDS
        try:
            while True:
                before = self.read
                try:
                    await self._connection()
                except (OSError, WebSocketException, TimeoutError, ValueError) as error:
                    logger.debug("the log of %s: %s", self.address, error)
                except Exception:
                    logger.exception("the log of attempt %s could not be followed; trying again", self.attempt_id)
                self.connected = False
                pause = RETRY_SECONDS if self.read > before else min(pause * 2, RETRY_LONGEST)
                await asyncio.sleep(pause)
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.buffer.drained(), PATIENCE_SECONDS)
            self.writer.leave(self.attempt_id)

    async def _connection(self) -> None:
        url = websocket_url(node_url(self.node))
        proxy: Any = None if is_loopback(url) else True
        async with connect(
            url, max_size=FRAME_BYTES, max_queue=FRAMES_AHEAD, proxy=proxy, open_timeout=10
        ) as socket:
            self.connected = True
            await self.buffer.drained()  # what an earlier connection brought is stored before it is counted
            batch = await self.store(lambda: batch_of(self.attempt_id))
            self.writer.join(batch, self.buffer)
            stored = await self.store(lambda: log_positions(self.attempt_id))
            positions: dict[tuple[str, str], int] = {}
            await socket.send(log_request(self.address))
            async for message in socket:
                frame = frame_read(message, now=timezone.now())
                if frame is not None:
                    await self._line(frame, batch, stored, positions)

    async def _line(
        self,
        frame: Frame,
        batch: Batch,
        stored: dict[tuple[str, str], int],
        positions: dict[tuple[str, str], int],
    ) -> None:
        key = (frame.op_id, frame.stream)
        if key not in positions:
            positions[key] = await self._start(frame, batch, stored.get(key, 0))
        position = positions[key]
        positions[key] += 1
        if position >= stored.get(key, 0):
            self.read += 1
            await self.buffer.put(LogEntry(frame.op_id, position, frame.stream, frame.at, frame.text))
            self.writer.wake()

    async def _start(self, frame: Frame, batch: Batch, stored: int) -> int:
        """Return the position of the first line a node replays: 0, unless it has forgotten its oldest lines."""
        if not stored or not frame.timed:
            return 0
        text = text_kept(frame.text, batch.mask)
        found = await self.store(
            lambda: log_position_of(
                attempt_id=self.attempt_id, op_id=frame.op_id, stream=frame.stream, at=frame.at, text=text
            )
        )
        return stored if found is None else int(found)
