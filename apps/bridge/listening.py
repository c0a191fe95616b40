"""Hears over a WebSocket which accounts of the program change, in a thread of its own.

What is heard only says where to look: the observer reads the accounts themselves. What a cut connection missed, the
full sync after the reconnection finds.
"""

import asyncio
import contextlib
import logging
import threading

from apps.bridge.chain import (
    ChainError,
    Change,
    ClusterMismatch,
    JobAccount,
    Resync,
    RunAccount,
    chain_changes,
    treasury_address,
)

logger = logging.getLogger(__name__)

RETRY_SECONDS = 15.0  # after an endpoint refused the subscription itself
HEARD_MOST = 50_000  # addresses kept; above that a full sync is cheaper


class Listener:
    """Collects the addresses of jobs that changed; `wake` is set when there is something to do."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.connected = False
        self._heard: set[str] = set()
        self._resync = True
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="chain-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait until the connection is closed."""
        self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        self._thread.join(5)

    def take(self) -> tuple[set[str], bool]:
        """Return which jobs changed since the last call, and whether something may have been missed."""
        with self._lock:
            heard, resync = self._heard, self._resync
            self._heard, self._resync = set(), False
        return heard, resync

    def resync(self) -> None:
        """Say that something may have been missed, so that everything is read."""
        with self._lock:
            self._resync = True
        self.wake.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._listen())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.close()

    async def _listen(self) -> None:
        while True:
            try:
                payer = treasury_address()
                async for change in chain_changes(self._cut):
                    self._hear(change, payer)
            except ClusterMismatch as error:
                self._cut(str(error))
                logger.critical("%s", error)
            except ChainError as error:
                self._cut(str(error))
            except Exception:
                self.connected = False
                logger.exception("listening to the chain failed; the full sync goes on without it")
            await asyncio.sleep(RETRY_SECONDS)

    def _cut(self, reason: str) -> None:
        if self.connected:
            logger.warning("nothing is heard from the chain (%s); it is read instead", reason)
        self.connected = False

    def _hear(self, change: Change | Resync, payer: str) -> None:
        if isinstance(change, Resync):
            self.connected = True
            self.resync()
            return
        account = change.account
        if isinstance(account, RunAccount):
            address = account.job
        elif account is None or (isinstance(account, JobAccount) and account.payer == payer):
            address = change.address
        else:
            return
        with self._lock:
            if len(self._heard) < HEARD_MOST:
                self._heard.add(address)
            else:
                self._resync = True
        self.wake.set()
