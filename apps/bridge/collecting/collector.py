"""One collector's life: it says that it is there, takes its share of the running jobs, and follows them.

Every collector keeps a lease of its own. Each running attempt belongs to the live collector with the highest hash of
both, so all agree without asking each other, and when one comes or goes only its share moves. While they disagree, two
may follow the same job: lines are stored once all the same.
"""

import asyncio
import contextlib
import hashlib
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.db import connection
from django.utils import timezone

from apps.bridge.collecting.follower import Follower
from apps.bridge.collecting.writer import Writer, writing
from apps.core import leases
from apps.jobs.selectors import attempts_running
from apps.jobs.services import attempts_heard

logger = logging.getLogger(__name__)
T = TypeVar("T")

LEASES, LEASE_SECONDS = "bridge_collect:", 6
POLL_SECONDS = 0.5  # between two looks for jobs that began or ended
HEARD_SECONDS = 5.0  # between two notes of which nodes give a sign of life
GRACE_SECONDS = 5.0  # how long an ended job's stream is read on


@dataclass(frozen=True)
class Followed:
    """An attempt whose log is followed."""

    attempt_id: uuid.UUID
    address: str
    node: str


class Collector:
    """Starts a follower for each attempt of its share and ends it a little after the job."""

    def __init__(self) -> None:
        self.name = f"{LEASES}{uuid.uuid4().hex}"
        # one for the writer, one for all questions: a flood of lines to store delays no look
        self.threads = [
            ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"log-{name}") for name in ("ask", "store")
        ]
        self.followers: dict[Followed, asyncio.Task[None]] = {}
        self.reading: dict[Followed, Follower] = {}
        self.told_at = 0.0
        self.ended_at: dict[Followed, float] = {}
        self.lease: uuid.UUID | None = None

    async def run(self, stopped: asyncio.Event) -> None:
        """Follow until `stopped` is set; then store what was read and return."""
        async with writing(partial(self._run, self.threads[1])) as writer:
            try:
                while not stopped.is_set():
                    try:
                        await self._look(writer)
                    except Exception:
                        logger.exception("looking for running jobs failed; trying again")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), POLL_SECONDS)
            finally:
                await self._end(list(self.followers))
                if self.lease is not None:
                    await self.store(lambda: leases.lease_end(self.name, self.lease or uuid.UUID(int=0)))
        for thread in self.threads:
            await self._run(thread, lambda: connection.close())  # the connection of that thread, not of this one
            thread.shutdown()

    async def store(self, act: Callable[[], T]) -> T:
        """Run a database act in a thread of ours, whose connection is kept until it fails."""
        return await self._run(self.threads[0], act)

    async def _run(self, thread: ThreadPoolExecutor, act: Callable[[], T]) -> T:
        def run() -> T:
            try:
                return act()
            except Exception:
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(thread, run)

    async def _look(self, writer: Writer) -> None:
        share = await self.store(self._share)
        now = asyncio.get_running_loop().time()
        for followed in share:
            self.ended_at.pop(followed, None)
            task = self.followers.get(followed)
            if task is None or task.done():
                follower = Follower(self.store, writer, followed.attempt_id, followed.address, followed.node)
                self.reading[followed] = follower
                self.followers[followed] = asyncio.create_task(follower.run())
        for followed in self.followers.keys() - share:
            self.ended_at.setdefault(followed, now)
        await self._end([followed for followed, at in self.ended_at.items() if now - at > GRACE_SECONDS])
        alive = [followed.attempt_id for followed, follower in self.reading.items() if follower.connected]
        if alive and now - self.told_at > HEARD_SECONDS:
            self.told_at = now
            await self.store(lambda: attempts_heard(attempt_ids=alive, now=timezone.now()))

    def _share(self) -> set[Followed]:
        """Return the running attempts that are ours to follow; with a lease lost, a new one is taken first."""
        now = timezone.now()
        if not (self.lease and leases.lease_extend(self.name, self.lease, seconds=LEASE_SECONDS, now=now)):
            self.lease = leases.lease_take(self.name, seconds=LEASE_SECONDS, now=now)
        names = leases.leases_live(LEASES, now=now)
        rows = attempts_running().values_list("pk", "address", "node")
        return {Followed(pk, address or "", node) for pk, address, node in rows if owner(pk, names) == self.name}

    async def _end(self, those: list[Followed]) -> None:
        tasks = [self.followers.pop(followed) for followed in those if followed in self.followers]
        for followed in those:
            self.ended_at.pop(followed, None)
            self.reading.pop(followed, None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def owner(attempt_id: uuid.UUID, names: list[str]) -> str:
    """Return which of the collectors follows the attempt: the same one for all who know the same names."""
    return max(names, key=lambda name: hashlib.sha256(name.encode() + attempt_id.bytes).digest(), default="")
