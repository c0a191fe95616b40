"""`manage.py bridge_collect`: follow the logs of running jobs; several processes share them."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.bridge.collecting import Collector


class Command(BaseCommand):
    """Stores log lines until it gets SIGTERM or SIGINT; then it stores what it has read and ends at once."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        self.stdout.write("ready bridge_collect")
        self.stdout.flush()
        await Collector().run(stopped)
