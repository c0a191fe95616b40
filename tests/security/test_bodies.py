"""Bodies that are too large or too slow are turned away before Django reads them."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn
from pytest_django import Settings

from apps.core.bodies import BodyGuard, Receive, Send, body_limit

BIG = 2_000_000


async def echo(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Read the whole body, as Django does, and say how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        length, more = length + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """A real server with the guard before it."""
    settings.BODY_PAUSE_SECONDS = 0.3
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(BodyGuard(echo), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)


def talk(port: int, head: str, *pieces: bytes, path: str = "/") -> tuple[int, bytes]:
    """Send a request byte by byte as given, and return status and whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:  # it was answered before we were done
                break
        answer = b""
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionResetError:
            pass
        return int(answer.split()[1]), answer


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def test_a_body_within_the_limit_comes_through(port: int) -> None:
    status, answer = talk(port, "Connection: close\r\nContent-Length: 5", b"hello")
    assert status == 200
    assert b"\r\n5\r\n" in answer


def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(port: int) -> None:
    status, answer = talk(port, f"Connection: close\r\nContent-Length: {BIG}")
    assert status == 413
    assert b"over the limit of 1,048,576 bytes" in answer
    assert b"default-src 'self'" in answer


def test_a_chunked_body_is_refused_once_it_is_too_large(port: int) -> None:
    status, _ = talk(port, "Connection: close\r\nTransfer-Encoding: chunked", *[chunked(b"x" * 100_000)] * 30)
    assert status == 413


@pytest.mark.parametrize("head", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_left(port: int, head: str) -> None:
    status, answer = talk(port, f"Connection: close\r\n{head}", chunked(b"x") if "chunked" in head else b"x")
    assert status == 408
    assert b"took too long" in answer


def test_a_body_that_only_trickles_is_left_at_last(settings: Settings) -> None:
    settings.BODY_SECONDS, settings.BODY_PAUSE_SECONDS = 0.2, 5
    sent: list[Any] = []

    async def trickle() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": []}
    asyncio.run(asyncio.wait_for(BodyGuard(echo)(scope, trickle, send), 20))
    assert sent[0]["status"] == 408


def test_programs_get_the_refusal_as_a_problem(port: int) -> None:
    _, answer = talk(port, f"Connection: close\r\nContent-Length: {BIG}", path="/api/v1/whoami")
    head, _, body = answer.partition(b"\r\n\r\n")
    said = json.loads(body)
    assert said["code"] == "body_too_large"
    assert b"api-version: 1" in head
    assert f"x-request-id: {said['request_id']}".encode() in head


def test_results_of_nodes_may_be_larger() -> None:
    assert body_limit("/nodes/jobs/x/result/") == 64_000_000
    assert body_limit("/api/v1/organisations") == 1_048_576
