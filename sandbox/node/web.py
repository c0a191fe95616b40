"""The node's HTTP and WebSocket interface. Source: network facts, 4.4."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from typing import Any

from nosana.engine import FlowEvent
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.node.auth import is_signed_by
from sandbox.node.board import Board, Desk

FLOW_LOG = "/flog"
UNAUTHORISED, BAD_PATH, BAD_DATA, BAD_JOB = 3000, 3003, 1007, 1008
_KEEP_ALIVE_TICKS = 15

Answer = Callable[[Request, Desk], Awaitable[Response]]


def application(address: str, board: Board, lifespan: Any) -> Starlette:
    """Return the interface of the node with this address."""

    async def root(request: Request) -> Response:
        return JSONResponse(address)

    async def info(request: Request) -> Response:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        hardware = {"cpu": {"logical_cores": os.cpu_count()}, "ram_mb": memory, "gpus": {"devices": []}}
        return JSONResponse({"state": board.category, "info": hardware})

    async def socket(channel: WebSocket) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await _converse(channel, board)

    def owned(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            desk = board.desk(request.path_params["job"])
            if desk is None:
                return JSONResponse({"error": "This node does not have that job."}, 404)
            if not is_signed_by(request.headers.get("authorization", ""), desk.project, desk.timeout):
                return JSONResponse({"error": "Sign the request with the key of the job's project."}, 401)
            return await answer(request, desk)

        return endpoint

    routes = [
        Route("/", root),
        Route("/node/info", info),
        Route("/job/{job}/info", owned(_info)),
        Route("/job/{job}/ops", owned(_ops)),
        Route("/job/{job}/group/current", owned(_group)),
        Route("/job/{job}/job-definition", owned(_definition)),
        Route("/job/{job}/stop", owned(_stop), methods=["POST"]),
        WebSocketRoute("/{path:path}", socket),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return Starlette(routes=routes, middleware=[cors], lifespan=lifespan)


async def _ops(request: Request, desk: Desk) -> Response:
    return JSONResponse(_progress(desk)["all"])


async def _group(request: Request, desk: Desk) -> Response:
    return JSONResponse(desk.flow.current_group if desk.flow is not None else None)


async def _definition(request: Request, desk: Desk) -> Response:
    return JSONResponse(desk.definition)


async def _stop(request: Request, desk: Desk) -> Response:
    desk.stop()
    return JSONResponse({"stopping": desk.job})


async def _info(request: Request, desk: Desk) -> Response:
    return StreamingResponse(
        _info_stream(desk), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def _info_stream(desk: Desk) -> AsyncIterator[str]:
    """Send the state when it changed, looked at once a second, until the job's end."""
    sent, quiet = "", 0
    while True:
        state = desk.state(logs=False).to_json()
        now = json.dumps({**state, "operations": _progress(desk)})
        if now != sent:
            sent, quiet = now, 0
            yield f"data: {now}\n\n"
        elif quiet % _KEEP_ALIVE_TICKS == _KEEP_ALIVE_TICKS - 1:
            yield ": keep-alive\n\n"
        if desk.final is not None:
            return
        quiet += 1
        await asyncio.sleep(1)


def _progress(desk: Desk) -> dict[str, Any]:
    groups = desk.flow.progress() if desk.flow is not None else {}
    current = desk.flow.current_group if desk.flow is not None else None
    return {"all": groups, "currentGroup": current, "currentGroupStatus": groups.get(current or "", None)}


async def _converse(channel: WebSocket, board: Board) -> None:
    await channel.accept()
    try:
        asked = json.loads(await channel.receive_text())
        path, body = asked["path"], asked.get("body") or {}
        body = json.loads(body) if isinstance(body, str) else dict(body)
    except (ValueError, KeyError, TypeError):
        await channel.close(BAD_DATA, 'Send {"path": "/flog", "body": {"jobAddress": …}} first.')
        return
    if path not in (FLOW_LOG, "/log"):
        await channel.close(BAD_PATH, "This node serves /flog and /log.")
        return
    desk = board.desk(str(body.get("jobAddress", "")))
    if desk is None:
        await channel.close(BAD_JOB, "This node does not have that job.")
        return
    if path == "/log" and not is_signed_by(str(asked.get("header", "")), desk.project, desk.timeout):
        await channel.close(UNAUTHORISED, "Sign the header with the key of the job's project.")
        return
    await _stream(channel, desk, path.strip("/"), body)


async def _stream(channel: WebSocket, desk: Desk, name: str, body: dict[str, Any]) -> None:
    past, listener = desk.listen()
    wanted = {field: body[key] for field, key in _FILTERS.items() if body.get(key)}
    gone = asyncio.create_task(_gone(channel))
    try:
        for event in past:
            await _send(channel, name, event, wanted)
        while listener is not None and not gone.done():
            coming = asyncio.create_task(listener.get())
            await asyncio.wait({coming, gone}, return_when=asyncio.FIRST_COMPLETED)
            event_or_end = coming.result() if coming.done() else None
            coming.cancel()
            if event_or_end is None:
                break
            await _send(channel, name, event_or_end, wanted)
        if not gone.done():
            await channel.close(1000)
    finally:
        gone.cancel()
        desk.leave(listener)


_FILTERS = {"group": "group", "op_id": "opId", "type": "type"}


async def _send(channel: WebSocket, name: str, event: FlowEvent, wanted: dict[str, Any]) -> None:
    fields = asdict(event)
    if all(fields[field] == value for field, value in wanted.items()):
        await channel.send_text(json.dumps({"path": name, "data": json.dumps(event.to_json())}))


async def _gone(channel: WebSocket) -> None:
    """Return when the other side has left; what it says meanwhile is of no interest."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await channel.receive_text()
