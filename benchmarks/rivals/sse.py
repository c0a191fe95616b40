"""The bare way to show lines as they come: LISTEN, a queue a viewer, NOTIFY with the line itself; nothing is stored."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

viewers: set[asyncio.Queue[str]] = set()
listening: list[asyncio.Task[None]] = []


async def listen() -> None:
    """Pass each notice to every viewer."""
    async with await psycopg.AsyncConnection.connect(os.environ["BARE_DSN"], autocommit=True) as connection:
        await connection.execute("LISTEN bare")
        async for notice in connection.notifies():
            for queue in viewers:
                queue.put_nowait(notice.payload)


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Stream whatever is notified."""
    if scope["type"] != "http":
        return
    if not listening:
        listening.append(asyncio.create_task(listen()))
    queue: asyncio.Queue[str] = asyncio.Queue()
    viewers.add(queue)
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    with contextlib.suppress(OSError, asyncio.CancelledError):
        while True:
            body = f"event: log\ndata: {await queue.get()}\n\n".encode()
            await send({"type": "http.response.body", "body": body, "more_body": True})
    viewers.discard(queue)
