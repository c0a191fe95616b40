"""How requests travel: the same few acts on httpx's blocking and on its asynchronous client.

Both lines look asynchronous; those of `BlockingLine` never wait for an event loop (see modes.py).
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from typing import Any, Protocol

import anyio
import httpx

from nosana import __version__
from nosana.client.settings import is_local

AGENT = f"nosana-python/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"
CONNECT_S = 10.0


class Line(Protocol):
    """What the client asks through."""

    blocking: bool

    async def send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response: ...
    async def read(self, response: httpx.Response) -> bytes: ...
    def text_lines(self, response: httpx.Response) -> AsyncIterator[str]: ...
    async def sleep(self, seconds: float) -> None: ...
    async def hang_up(self, response: httpx.Response) -> None: ...
    async def close(self) -> None: ...
    def build(self, method: str, url: str, **parts: Any) -> httpx.Request: ...


def _options(url: str, timeout: float) -> dict[str, Any]:
    # Redirects are not followed: the address of the platform is known, and a key must not go elsewhere. A proxy named
    # in the environment is for the world outside, never for this machine; without TLS no certificates are loaded.
    return {
        "trust_env": not is_local(url),
        "verify": url.startswith("https://"),
        "timeout": httpx.Timeout(timeout, connect=min(CONNECT_S, timeout)),
        "headers": {"User-Agent": AGENT},
        "follow_redirects": False,
    }


class BlockingLine:
    """httpx's blocking client."""

    blocking = True

    def __init__(self, url: str, timeout: float, transport: Any = None) -> None:
        self.http = httpx.Client(**_options(url, timeout), transport=transport)

    def build(self, method: str, url: str, **parts: Any) -> httpx.Request:
        """Return the request."""
        return self.http.build_request(method, url, **parts)

    async def send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Return the answer, with a stream before its body is read. Raises httpx.TransportError."""
        return self.http.send(request, stream=stream)

    async def read(self, response: httpx.Response) -> bytes:
        """Return the whole body."""
        return response.read()

    async def text_lines(self, response: httpx.Response) -> AsyncIterator[str]:
        """Yield the body's lines as they come."""
        for line in response.iter_lines():
            yield line

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    async def hang_up(self, response: httpx.Response) -> None:
        """End an answer that may not have been read to its end."""
        response.close()

    async def close(self) -> None:
        """Close the connections."""
        self.http.close()


class WaitingLine:
    """httpx's asynchronous client, on asyncio or trio."""

    blocking = False

    def __init__(self, url: str, timeout: float, transport: Any = None) -> None:
        self.http = httpx.AsyncClient(**_options(url, timeout), transport=transport)

    def build(self, method: str, url: str, **parts: Any) -> httpx.Request:
        """Return the request."""
        return self.http.build_request(method, url, **parts)

    async def send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Return the answer, with a stream before its body is read. Raises httpx.TransportError."""
        return await self.http.send(request, stream=stream)

    async def read(self, response: httpx.Response) -> bytes:
        """Return the whole body."""
        return await response.aread()

    async def text_lines(self, response: httpx.Response) -> AsyncIterator[str]:
        """Yield the body's lines as they come."""
        async for line in response.aiter_lines():
            yield line

    async def sleep(self, seconds: float) -> None:
        """Wait, and let others run."""
        await anyio.sleep(seconds)

    async def hang_up(self, response: httpx.Response) -> None:
        """End an answer that may not have been read to its end."""
        await response.aclose()

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()
