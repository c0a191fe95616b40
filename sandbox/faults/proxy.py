"""The proxy: plain HTTP/1.1 and WebSocket over bare sockets, because only those can be dropped."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from nosana import base58

from sandbox.faults.faults import BadFaults, Dice, Faults

REASONS = {
    200: "OK",
    400: "Bad Request",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}
SEND = "sendTransaction"
HEAD_LIMIT = 64 * 1024


class Dropped(Exception):
    """The connection is to be closed without an answer."""


class FaultProxy:
    """Serves one upstream on 127.0.0.1; `GET /faults` tells and `POST /faults` sets what goes wrong."""

    def __init__(self, upstream: str, dice: Dice) -> None:
        self.upstream = upstream
        self.dice = dice
        self.before: dict[str, list[tuple[float, Any]]] = {}  # what a question was answered, and when
        self.client = httpx.AsyncClient(trust_env=False, timeout=30)

    async def serve(self, port: int) -> tuple[asyncio.Server, str]:
        """Listen, and return the server and its address."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port, limit=HEAD_LIMIT)
        return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(Dropped, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, headers = _parse(head)
                if headers.get("upgrade", "").lower() == "websocket":
                    await self._tunnel(head, reader, writer)
                    break
                body = await reader.readexactly(int(headers.get("content-length") or 0))
                method, path = [*first.split(), "", ""][:2]
                status, answer = await self._answer(method, path, body)
                writer.write(_response(status, answer))
                await writer.drain()
        writer.close()

    async def _answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if path.split("?")[0] == "/faults":
            return self._set(body) if method == "POST" else (200, self._told())
        try:
            request = json.loads(body)
        except ValueError:
            request = {}
        if method != "POST" or not isinstance(request, dict):
            return await self._forward(body)
        name = str(request.get("method"))
        if self.dice.strikes("drop", name):
            raise Dropped
        for fault, status in (("limit", 429), ("fail", 500)):
            if self.dice.strikes(fault, name):
                return status, b"{}"
        if self.dice.strikes("delay", name):
            await asyncio.sleep(self.dice.pause())
        return await (self._send(request, body) if name == SEND else self._question(request, body))

    async def _send(self, request: dict[str, Any], body: bytes) -> tuple[int, bytes]:
        """Forward a transaction, or forget it, or lose the answer."""
        if self.dice.strikes("forget", SEND):
            return 200, _result(request, _signature(request["params"]))
        answer = await self._forward(body)
        if self.dice.strikes("lose", SEND):
            raise Dropped
        return answer

    async def _question(self, request: dict[str, Any], body: bytes) -> tuple[int, bytes]:
        """Forward a question, or answer it as it was a moment ago."""
        key, now = json.dumps([request.get("method"), request.get("params")]), time.monotonic()
        known = [(at, old) for at, old in self.before.get(key, []) if now - at <= self.dice.faults.stale_s]
        if known and self.dice.strikes("stale", str(request.get("method"))):
            return 200, _result(request, known[0][1])
        status, answer = await self._forward(body)
        if self.dice.faults.stale and status == 200:
            with contextlib.suppress(ValueError, KeyError):
                self.before[key] = [*known, (now, json.loads(answer)["result"])][-20:]
            if len(self.before) > 5_000:
                self.before.clear()
        return status, answer

    async def _forward(self, body: bytes) -> tuple[int, bytes]:
        try:
            answer = await self.client.post(
                self.upstream, content=body, headers={"Content-Type": "application/json"}
            )
        except httpx.HTTPError as error:
            return 502, json.dumps({"error": str(error)}).encode()
        return answer.status_code, answer.content

    # --- WebSockets ---

    async def _tunnel(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass a WebSocket through until either side ends it, or it is cut."""
        where = urlsplit(self.upstream)
        inner, outer = await asyncio.open_connection(where.hostname, where.port)
        outer.write(head)
        ways = [asyncio.create_task(_pump(reader, outer)), asyncio.create_task(_pump(inner, writer))]
        cutting = asyncio.create_task(self._cut())
        await asyncio.wait([*ways, cutting], return_when=asyncio.FIRST_COMPLETED)
        for task in (*ways, cutting):
            task.cancel()
        outer.close()

    async def _cut(self) -> None:
        await asyncio.sleep(1)
        while not self.dice.strikes("cut"):
            await asyncio.sleep(1)

    # --- what goes wrong ---

    def _told(self) -> bytes:
        return json.dumps({"faults": self.dice.faults.wish(), "struck": dict(self.dice.struck)}).encode()

    def _set(self, body: bytes) -> tuple[int, bytes]:
        """Take new faults (and a new seed, if one is given); what is not named is off."""
        try:
            wish = json.loads(body or b"{}")
            seed = wish.pop("seed", None)
            self.dice.faults = Faults.of(wish)
        except (ValueError, AttributeError) as error:
            text = str(error) if isinstance(error, BadFaults) else "A JSON object of faults is expected."
            return 400, json.dumps({"error": text}).encode()
        if seed is not None:
            self.dice.random.seed(int(seed))
        return 200, self._told()


def _parse(head: bytes) -> tuple[str, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return first, {name.strip().lower(): value.strip() for name, value in pairs}


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Answer')}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _result(request: dict[str, Any], result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode()


def _signature(params: list[Any]) -> str:
    """Return the first signature of a transaction, as the endpoint that took it would."""
    base64ed = len(params) > 1 and (params[1] or {}).get("encoding") == "base64"
    blob = base64.b64decode(params[0]) if base64ed else base58.decode(params[0])
    return base58.encode(blob[1:65])  # one byte says how many signatures follow


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(HEAD_LIMIT):
            writer.write(data)
            await writer.drain()
