"""The JSON-RPC server: HTTP and WebSocket on one port (and the next, when it is free)."""

import asyncio
import contextlib
import json
import signal
import socket
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.chain.genesis import Failed, World
from sandbox.chain.methods import Methods
from sandbox.chain.params import BadParams, JsonText, RpcError, key_of
from sandbox.chain.runtime import Refused
from sandbox.chain.subscriptions import Hub

BACKLOG = 10_000  # notifications a socket may be behind before it is closed
NEIGHBOURS = 50  # pairs of ports tried: a busy machine gives the next one to somebody's outgoing connection


class Server:
    """Serves one world on 127.0.0.1."""

    def __init__(self, world: World, *, slot_ms: int) -> None:
        self.world = world
        self.slot_ms = slot_ms
        self.methods = Methods(world)
        self.hub = Hub(world.bank)
        self.methods.table |= {
            "sandboxFaucet": self._faucet,
            "sandboxAccessKey": self._access_key,
            "sandboxForkDrop": self._fork_drop,
            "sandboxClock": self._clock,
        }
        routes = [Route("/", self.http, methods=["POST", "GET"]), WebSocketRoute("/", self.socket)]
        cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
        self.app = Starlette(routes=routes, middleware=[cors])

    def _faucet(self, params: list[Any]) -> str:
        wish = params[0]
        stake = None if wish.get("stake") is None else int(wish["stake"])
        nos, lamports = int(wish.get("nos") or 0), int(wish.get("lamports") or 0)
        if min(nos, lamports, stake or 0) < 0:
            raise BadParams("The faucet gives; amounts are 0 or more.")
        return self.world.give(str(key_of(wish.get("to"))), nos=nos, lamports=lamports, stake=stake)

    def _access_key(self, params: list[Any]) -> str:
        """Give an NFT of a verified collection, as premium markets ask for; returns its mint."""
        return self.world.give_key(str(key_of(params[0].get("to"))), str(key_of(params[0].get("collection"))))

    def _fork_drop(self, params: list[Any]) -> list[str]:
        """Undo the newest slots, unless they are final; returns the signatures that vanished."""
        return self.world.bank.fork_drop(int(params[0]["slots"]))

    def _clock(self, params: list[Any]) -> int:
        """Set the cluster's clock forward; returns its unix time as of the next slot."""
        seconds = int(params[0]["seconds"])
        if seconds < 0:
            raise BadParams("The cluster's clock never runs backwards: give seconds of 0 or more.")
        self.world.bank.clock_offset += seconds
        self.world.bank.tick()
        return self.world.bank.head.time

    def answer(self, request: Any) -> dict[str, Any]:
        """Return the JSON-RPC answer to one parsed request; the id comes back as it was."""
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid request"}, "id": None}
        head = {"jsonrpc": "2.0", "id": request.get("id")}
        method = self.methods.table.get(request["method"])
        if method is None:
            return {**head, "error": {"code": -32601, "message": "Method not found"}}
        try:
            return {**head, "result": method(request.get("params") or [])}
        except RpcError as error:
            return {**head, "error": {"code": error.code, "message": str(error), "data": error.data}}
        except Refused as error:
            return {**head, "error": {"code": error.code, "message": str(error)}}
        except (BadParams, Failed) as error:
            return {**head, "error": {"code": -32602, "message": str(error)}}
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            text = f"Invalid params: {type(error).__name__}: {error}"
            return {**head, "error": {"code": -32602, "message": text}}
        except Exception as error:  # the door to the outside: a bug of ours is an answer too
            traceback.print_exc()
            return {**head, "error": {"code": -32603, "message": f"Internal error: {type(error).__name__}"}}

    async def http(self, request: Request) -> Response:
        """Answer one call or a batch."""
        if request.method == "GET":
            return Response("ok", media_type="text/plain")
        try:
            body = json.loads(await request.body())
        except ValueError:
            answer: Any = {"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None}
        else:
            if isinstance(body, list):
                return _json("[" + ",".join(json_text(self.answer(item)) for item in body) + "]")
            answer = self.answer(body)
        return _json(json_text(answer))

    async def socket(self, socket: WebSocket) -> None:
        """Serve one WebSocket: subscriptions, and notifications until it closes."""
        await socket.accept()
        outbox: asyncio.Queue[str | None] = asyncio.Queue()
        mine: set[int] = set()

        def say(text: str) -> None:
            outbox.put_nowait(text if outbox.qsize() < BACKLOG else None)

        sending = asyncio.create_task(self._send(socket, outbox))
        try:
            while True:
                self._hear(await socket.receive_text(), mine, say)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self.hub.forget(mine)
            sending.cancel()

    @staticmethod
    async def _send(socket: WebSocket, outbox: asyncio.Queue[str | None]) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (text := await outbox.get()) is not None:
                await socket.send_text(text)
            await socket.close(1013, "You read too slowly.")

    def _hear(self, text: str, mine: set[int], say: Callable[[str], None]) -> None:
        try:
            request = json.loads(text)
        except ValueError:
            say(json.dumps({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None}))
            return
        if not isinstance(request, dict) or "id" not in request:
            return  # a notification such as `ping`, to be ignored
        head = {"jsonrpc": "2.0", "id": request["id"]}
        method = str(request.get("method"))
        try:
            result = self.hub.call(method, request.get("params") or [], say)
        except BadParams as error:
            say(json.dumps({**head, "error": {"code": -32602, "message": str(error)}}))
        except KeyError:
            say(json.dumps({**head, "error": {"code": -32601, "message": "Method not found"}}))
        except (AttributeError, IndexError, OverflowError, TypeError, ValueError) as error:
            say(json.dumps({**head, "error": {"code": -32602, "message": f"Invalid params: {error}"}}))
        else:
            say(json.dumps({**head, "result": result}))
            if method.endswith("Unsubscribe"):
                mine.discard(int(request["params"][0]))
            else:
                mine.add(result)
                self.hub.settle(result)

    async def tick(self) -> None:
        """Close a slot every `slot_ms`, keeping the pace when one takes longer."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self.slot_ms / 1000, loop.time())
            await asyncio.sleep(due - loop.time())
            self.world.bank.tick()

    async def serve(self, port: int) -> None:
        """Serve until SIGTERM or SIGINT; prints `ready URL` when it answers."""
        sockets, port = sockets_open(port)
        config = uvicorn.Config(
            self.app, log_level="warning", access_log=False, lifespan="off", ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
        serving = asyncio.create_task(server._serve(sockets))
        ticking = asyncio.create_task(self.tick())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            print(f"ready http://127.0.0.1:{port}", flush=True)
        try:
            await serving
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            self.world.bank.close()


def json_text(answer: dict[str, Any]) -> str:
    """Return an answer as JSON text."""
    result = answer.get("result")
    if not isinstance(result, JsonText):
        return json.dumps(answer, separators=(",", ":"))
    return '{"jsonrpc":"2.0","id":' + json.dumps(answer["id"]) + ',"result":' + result + "}"


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def sockets_open(port: int) -> tuple[list[socket.socket], int]:
    """Bind the port and, when it is free, the next one; 0 takes any two neighbours that are free.

    Raises OSError when the port is taken.
    """
    for _ in range(1 if port else NEIGHBOURS):
        first = _bind(port)
        found = first.getsockname()[1]
        try:
            return [first, _bind(found + 1)], found
        except (OSError, OverflowError):
            if port:
                return [first], port
            first.close()
    first = _bind(0)
    return [first], first.getsockname()[1]


def _bind(port: int) -> socket.socket:
    # named TCP, so that asyncio turns delaying off: an answer on a kept connection takes 40 ms longer otherwise
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


def units(text: str, places: int) -> int:
    """Return a decimal amount as integer units. Raises ValueError when it has too many places."""
    value = Decimal(text).scaleb(places)
    if value != int(value) or value < 0:
        raise ValueError(f"{text!r} is not an amount with at most {places} decimal places")
    return int(value)
