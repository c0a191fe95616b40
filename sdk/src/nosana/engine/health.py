"""Health checks of exposed ports. Source: network facts, 3.3."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import websockets

_SECONDS = 5.0


async def healthy(check: Mapping[str, Any], address: str, port: int) -> bool:
    """Return whether the port answers as the check wants, within 5 seconds."""
    try:
        if check["type"] == "http":
            return await _http(check, f"http://{address}:{port}")
        return await asyncio.wait_for(_websocket(check, f"ws://{address}:{port}"), _SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL, websockets.WebSocketException, OSError, TimeoutError, ValueError):
        return False


async def _http(check: Mapping[str, Any], base: str) -> bool:
    path = check["path"] if check["path"].startswith("/") else f"/{check['path']}"
    body = check.get("body")
    content = body if isinstance(body, str) else None
    given = {"content": content} if content is not None else {"json": body} if body is not None else {}
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        answer = await client.request(check["method"], base + path, headers=check.get("headers"), **given)
    return answer.status_code == check["expected_status"]


async def _websocket(check: Mapping[str, Any], url: str) -> bool:
    async with websockets.connect(url, proxy=None) as channel:
        return str(await channel.recv()) == check["expected_response"]
