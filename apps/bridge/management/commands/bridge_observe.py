"""`manage.py bridge_observe`: watch the chain once a second, in one process at a time."""

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
from apps.core import queue

logger = logging.getLogger(__name__)

LEASE, LEASE_SECONDS = "bridge_observe", 15
MARKETS_EVERY = 5.0


class Command(BaseCommand):
    """Follows orders, attempts and markets until it gets SIGTERM; a second process waits for the first to end."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, help="seconds between two looks")

    def handle(self, *args: Any, every: float, **options: Any) -> None:
        self.stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopped.set())
        try:
            ask_chain(lambda gateway: gateway.slot())
        except ClusterMismatch as error:
            raise CommandError(str(error)) from None
        except ChainError as error:
            logger.warning("%s", error)  # it may come up later
        self.stdout.write("ready bridge_observe")
        self.stdout.flush()
        self.lease: uuid.UUID | None = None
        markets_at = 0.0
        while not self.stopped.is_set():
            close_old_connections()
            started = time.monotonic()
            self._try(self._lead)
            if self.lease is not None:
                if started - markets_at >= MARKETS_EVERY:
                    markets_at = started
                    self._try(services.markets_sync)
                self._try(services.orders_check)
                self._try(services.chain_observe)
            self.stopped.wait(max(0.05, every - (time.monotonic() - started)))
        if self.lease is not None:
            queue.lease_end(LEASE, self.lease)

    def _lead(self, *, now: datetime) -> None:
        """Keep the lease, or take it; without one this process only waits."""
        held, self.lease = self.lease, None
        if held is not None and queue.lease_extend(LEASE, held, seconds=LEASE_SECONDS, now=now):
            self.lease = held
        else:
            self.lease = queue.lease_take(LEASE, seconds=LEASE_SECONDS, now=now)

    def _try(self, act: Callable[..., object]) -> None:
        now: datetime = timezone.now()
        try:
            act(now=now)
        except ClusterMismatch as error:
            logger.critical("%s", error)
        except (ChainError, services.CatalogueBroken) as error:
            logger.warning("%s", error)
        except Exception:
            logger.exception("a look at the chain failed; the next one tries again")
