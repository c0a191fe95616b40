"""Serves a part of the sandbox on 127.0.0.1 until it is told to stop."""

import argparse
import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp


def listen(port: int) -> socket.socket:
    """Return a socket listening on 127.0.0.1; port 0 takes a free one."""
    # named TCP, so that asyncio turns delaying off: an answer on a kept connection takes 40 ms longer otherwise
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        sentence = f"Port {port} on 127.0.0.1 cannot be used ({error}); choose another with --port, or 0."
        raise SystemExit(sentence) from None
    return taken


def address_of(taken: socket.socket) -> str:
    """Return the http address of a listening socket."""
    return f"http://127.0.0.1:{taken.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Says when it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(f"ready {address_of(sockets[0])}", flush=True)


def serve(app: ASGIApp, taken: socket.socket, **options: Any) -> None:
    """Serve until SIGINT or SIGTERM; print `ready <url>` once it answers. `options` are uvicorn's."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, **options)
    # uvicorn raises the signal again once it has stopped; by then there is nothing left to stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_Server(config).serve(sockets=[taken]))


def part_serve(module: str, promise: str | None, make: Callable[..., ASGIApp], **paths: str) -> None:
    """Run a part as `python -m module`: take --port and a path for each of `paths`, and serve what `make` makes.

    `promise` is the module's docstring; `paths` says of each what it is for.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=promise)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    for name, meaning in paths.items():
        parser.add_argument(f"--{name}", type=Path, required=True, help=meaning)
    given = vars(parser.parse_args())
    taken = listen(given.pop("port"))
    serve(make(**given), taken)
