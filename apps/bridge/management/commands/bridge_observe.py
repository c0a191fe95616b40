"""`manage.py bridge_observe`: follow the chain, in one process at a time.

Three ways lead to the same looks: what a subscription hears is looked at at once, what waits for finality once a
second, and everything in a full sync now and then, which alone suffices.
"""

import logging
import signal
import threading
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from apps.bridge import services
from apps.bridge.chain import ChainError, ClusterMismatch, ask_chain
from apps.bridge.listening import Listener
from apps.core import leases

logger = logging.getLogger(__name__)

LEASE, LEASE_SECONDS = "bridge_observe", 15
MARKETS_EVERY = 5.0
SHORTEST = 0.05  # seconds between two looks, however much is heard


class Command(BaseCommand):
    """Follows orders, attempts and markets until it gets SIGTERM; a second process waits for the first to end."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two looks, at most")
        parser.add_argument("--sync-every", type=float, default=30.0, help="seconds between two full syncs")
        parser.add_argument("--no-subscription", action="store_true", help="only read, never listen")

    def handle(self, *args: Any, every: float, sync_every: float, no_subscription: bool, **options: Any) -> None:
        self.stopped = threading.Event()
        self.listener = Listener()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            ask_chain(lambda gateway: gateway.slot())
        except ClusterMismatch as error:
            raise CommandError(str(error)) from None
        except ChainError as error:
            logger.warning("%s", error)  # it may come up later
        if not no_subscription:
            self.listener.start()
        self.stdout.write("ready bridge_observe")
        self.stdout.flush()
        self.lease: uuid.UUID | None = None
        self.sync_every, self.synced_at, self.markets_at = sync_every, -sync_every, -MARKETS_EVERY
        while not self.stopped.is_set():
            close_old_connections()
            started = time.monotonic()
            self._try(self._lead)
            if self.lease is not None:
                self._look(started)
            self.stopped.wait(SHORTEST)
            self.listener.wake.wait(max(0.0, every - (time.monotonic() - started)))
            self.listener.wake.clear()
        if self.lease is not None:
            leases.lease_end(LEASE, self.lease)
        if not no_subscription:
            self.listener.stop()

    def _end(self, *_: object) -> None:
        self.stopped.set()
        self.listener.wake.set()

    def _look(self, started: float) -> None:
        if started - self.markets_at >= MARKETS_EVERY:
            self.markets_at = started
            self._try(services.markets_sync)
        self._try(services.orders_check)
        heard, missed = self.listener.take()
        if missed or started - self.synced_at >= self.sync_every:
            self.synced_at = started
            if not self._try(services.chain_sync):
                self.listener.resync()
        self._try(lambda now: services.chain_follow(heard=heard, deaf=not self.listener.connected, now=now))

    def _lead(self, *, now: datetime) -> None:
        """Keep the lease, or take it; without one this process only waits."""
        held, self.lease = self.lease, None
        if held is not None and leases.lease_extend(LEASE, held, seconds=LEASE_SECONDS, now=now):
            self.lease = held
        else:
            self.lease = leases.lease_take(LEASE, seconds=LEASE_SECONDS, now=now)
            self.synced_at = -self.sync_every  # who led before may have missed something

    def _try(self, act: Callable[..., object]) -> bool:
        """Run the act now; return whether it ran to its end."""
        now: datetime = timezone.now()
        try:
            act(now=now)
        except ClusterMismatch as error:
            logger.critical("%s", error)
        except (ChainError, services.CatalogueBroken) as error:
            logger.warning("%s", error)
        except Exception:
            logger.exception("a look at the chain failed; the next one tries again")
        else:
            return True
        return False
