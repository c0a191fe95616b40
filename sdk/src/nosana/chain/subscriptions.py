"""Following the program over WebSocket, with reconnection (network facts §1.9 k)."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import websockets

from nosana.chain.accounts import JobAccount, MarketAccount, RunAccount
from nosana.chain.cluster import Cluster
from nosana.chain.connection import is_loopback
from nosana.chain.errors import ChainError

KINDS = {kind.DISCRIMINATOR: kind for kind in (JobAccount, RunAccount, MarketAccount)}
PAUSE_FIRST, PAUSE_MOST = 0.25, 15.0  # seconds before connecting again


@dataclass(frozen=True, slots=True)
class Change:
    """An account of the program as of a slot; `account` is None when it was closed."""

    address: str
    account: JobAccount | RunAccount | MarketAccount | None
    slot: int


@dataclass(frozen=True, slots=True)
class Resync:
    """From here on changes are heard; what happened before may have been missed, so read everything once."""

    reason: str


async def changes(
    cluster: Cluster, commitment: str = "confirmed", *, on_cut: Callable[[str], None] | None = None
) -> AsyncIterator[Change | Resync]:
    """Yield changes of the jobs program's accounts until the caller stops; reconnects with growing pauses.

    `on_cut` is called with the reason each time the connection is lost, or not to be had. Raises ChainError when the
    endpoint refuses the subscription itself.
    """
    pause, reason = PAUSE_FIRST, "connected"
    while True:
        try:
            async with websockets.connect(
                cluster.ws_url, proxy=None if is_loopback(cluster.ws_url) else True, max_size=None, max_queue=4096
            ) as socket:
                await _subscribe(socket, cluster.program, commitment)
                yield Resync(reason)
                pause = PAUSE_FIRST
                async for text in socket:
                    change = _read(json.loads(text))
                    if change is not None:
                        yield change
            reason = "the endpoint closed the connection"
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            reason = f"{type(error).__name__}: {error}"
        if on_cut is not None:
            on_cut(reason)
        await asyncio.sleep(pause)
        pause = min(PAUSE_MOST, pause * 2)


async def _subscribe(socket: websockets.ClientConnection, program: str, commitment: str) -> None:
    params: list[Any] = [program, {"encoding": "base64", "commitment": commitment}]
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": "programSubscribe", "params": params}))
    answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
    if "error" in answer:
        raise ChainError(f"The endpoint refused to announce changes: {answer['error'].get('message')}")


def _read(note: dict[str, Any]) -> Change | None:
    if note.get("method") != "programNotification":
        return None
    result = note["params"]["result"]
    value = result["value"]
    data = base64.b64decode(value["account"]["data"][0])
    slot = result["context"]["slot"]
    if not data or not value["account"]["lamports"]:
        return Change(value["pubkey"], None, slot)
    kind = KINDS.get(data[:8])
    return None if kind is None else Change(value["pubkey"], kind.decode(data), slot)
