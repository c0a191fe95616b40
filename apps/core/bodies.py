"""The door before Django: bodies that are too large or too slow are turned away before they are read.

Under ASGI Django reads a whole body before any of its own limits can look at it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.core.headers import BASE, policy_text
from apps.core.ids import uuid7
from apps.core.programs import for_programs
from apps.core.rest.problems import MEDIA_TYPE, VERSION, problem, too_large

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]


class BodyRefused(Exception):
    """The body is turned away; the application behind must stop reading."""

    def __init__(self, error: AppError) -> None:
        super().__init__(error.message)
        self.error = error


class BodyGuard:
    """An ASGI application before another: it hands on requests whose body keeps within size and time."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer 413 or 408 for a body that does not fit, and let everything else through."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        reader = _Reader(scope, receive)
        try:
            reader.told()
            await self.application(scope, reader.read, send)
        except BodyRefused as refused:
            await _refuse(scope, refused.error, send)


class _Reader:
    """Reads one body, and raises BodyRefused where it is over the limit of its address or does not come in time."""

    def __init__(self, scope: Mapping[str, Any], receive: Receive) -> None:
        self.receive, self.scope = receive, scope
        self.most = body_limit(scope["path"])
        self.seen, self.whole = 0, False
        self.ends = asyncio.get_running_loop().time() + settings.BODY_SECONDS * (1 + self.most // 10_000_000)

    def told(self) -> None:
        """Refuse a body by the length it announces."""
        for name, value in self.scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self.most:
                raise BodyRefused(too_large(self.most))

    async def read(self) -> Message:
        """Return the next message of the request."""
        if self.whole:  # what comes now is that the person has gone, and that may take as long as it likes
            return await self.receive()
        pause = min(settings.BODY_PAUSE_SECONDS, self.ends - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(max(pause, 0)):
                message = await self.receive()
        except TimeoutError:
            raise BodyRefused(too_slow()) from None
        self.seen += len(message.get("body", b""))
        if self.seen > self.most:
            raise BodyRefused(too_large(self.most))
        self.whole = not message.get("more_body", False)
        return message


def body_limit(path: str) -> int:
    """Return how many bytes a body sent to that address may have."""
    for prefix, most in settings.BODY_BYTES_UNDER.items():
        if path.startswith(prefix):
            return int(most)
    return int(settings.BODY_BYTES)


def too_slow() -> AppError:
    """Return the refusal of a body that does not come."""
    sentence = _(
        "The request took too long to arrive. Nothing was changed: send it again over a better connection."
    )
    return AppError(sentence, code="body_too_slow", status=408)


async def _refuse(scope: Mapping[str, Any], error: AppError, send: Send) -> None:
    """Answer a refusal, and end the connection, on which the rest of the body may still come."""
    ours = for_programs(scope["path"])
    program = ours or any(name == b"authorization" for name, _value in scope["headers"])
    title = HTTPStatus(error.status).phrase
    page = f"<!doctype html><html lang='en-GB'><title>{title}</title><h1>{title}</h1><p>{error.message}</p></html>"
    own = uuid7().hex  # no line of a log has it, since nothing else was done
    body = json.dumps({**problem(error), "request_id": own}) if program else page
    headers = {
        "content-type": MEDIA_TYPE if program else "text/html; charset=utf-8",
        "content-length": str(len(body.encode())),
        "connection": "close",
        "x-request-id": own,
        "content-security-policy": policy_text(BASE),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    if ours:
        name, version = VERSION
        headers[name.lower()] = version
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body.encode()})
