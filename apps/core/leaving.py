"""The end of a web process: streams end at once, and what else is under way is answered.

The server stops taking connections and waits for what it answers, but a stream would keep it waiting until it is cut
off in the middle. So streams are told by the same signal, and each ends with a word on when to come back.
"""

import asyncio
import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any

from apps.core.bodies import Application, Receive, Send
from apps.core.hub import Hub, hub

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StreamsEnd:
    """An ASGI application before another: it ends the streams of its process when the process is told to end."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer what the server says of its own life, and let everything else through."""
        if scope["type"] != "lifespan":
            await self.application(scope, receive, send)
            return
        while (await receive())["type"] != "lifespan.shutdown":
            signals_heed(hub())
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})


def signals_heed(streams: Hub) -> None:
    """End the streams at a signal that ends the process, beside what the server does then."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread gets signals
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        server = signal.getsignal(number)

        def heed(number: int, frame: FrameType | None, server: Any = server) -> None:
            loop.call_soon_threadsafe(streams.end)
            if callable(server):
                server(number, frame)

        signal.signal(number, heed)
