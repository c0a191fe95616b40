"""What both clients share: one request with its repeats, the organisation, and how answers are read."""

from __future__ import annotations

import importlib
import json
import logging
import time
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from nosana.client.errors import (
    AnswerTimeout,
    AnswerUnreadable,
    ConfigurationError,
    NoAnswer,
    NoKey,
    error_of,
)
from nosana.client.lines import Line
from nosana.client.renewal import renew
from nosana.client.retries import Patience, repeatable, retry_after
from nosana.client.settings import Settings, profiles_read, renewal_of

log = logging.getLogger("nosana")
API = "/api/v1"
JSON = "application/json"
Reader = Callable[[str, Any, "Core"], Any]


class Core:
    """One client's connection, settings and habits."""

    def __init__(
        self, settings: Settings, line: Line, *, patience: Patience | None = None, reader: Reader | None = None
    ) -> None:
        self.settings = settings
        self.line = line
        self.patience = patience or Patience()
        self.reader = reader or model_read

    def at(self, *, organisation: str | None, project: str | None) -> Core:
        """Return the same connection for another organisation or project."""
        settings = replace(
            self.settings,
            organisation=organisation or self.settings.organisation,
            project=project or self.settings.project,
        )
        return Core(settings, self.line, patience=self.patience, reader=self.reader)

    # --- requests ---

    async def ask(
        self,
        name: str | None,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the answer read as the model `name`, as it is without one; None for an answer without a body."""
        answer = await self.send(method, path, query=query, body=body, key=key, headers=headers)
        if not answer.content:
            return None
        return self.read(name, _json(answer))

    def read(self, name: str | None, data: Any) -> Any:
        """Return data of an answer as the model of that name. Raises AnswerUnreadable."""
        return data if name is None else self.reader(name, data, self)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        accept: str = JSON,
    ) -> httpx.Response:
        """Return the answer to a request, sent again where that is safe (retries.py).

        A POST always carries an Idempotency-Key, the same one in each repeat: `key`, else a new one. Raises ApiError
        for a refusal, NoAnswer and AnswerTimeout when nothing came.
        """
        request = await self._request(method, path, query, body, key, {"Accept": accept, **(headers or {})})
        sent_key = request.headers.get("Idempotency-Key")
        tries, renewed = 0, False
        while True:
            tries += 1
            started = time.monotonic()
            try:
                answer = await self.line.send(request, stream=stream)
            except httpx.TransportError as error:
                pause = self.patience.pause(tries, None)
                if pause is None or not repeatable(method, keyed=sent_key is not None, error=error):
                    raise _no_answer(request, error, sent_key) from error
                log.debug("%s %s: %r, again in %.1f s", method, request.url.path, error, pause)
                await self.line.sleep(pause)
                continue
            log.debug(
                "%s %s: %s, %.3f s", method, request.url.path, answer.status_code, time.monotonic() - started
            )
            if answer.is_success:
                _deprecation_tell(answer)
                return answer
            wanted = retry_after(answer)
            content = await self._rest(answer)
            if answer.status_code == 401 and not renewed and await self._renew():
                renewed = True
                request.headers["Authorization"] = f"Bearer {self.settings.key}"
                continue
            pause = self.patience.pause(tries, wanted)
            if pause is None or not repeatable(method, keyed=sent_key is not None, status=answer.status_code):
                raise error_of(answer.status_code, content, retry_after=wanted)
            await self.line.sleep(pause)

    async def _rest(self, answer: httpx.Response) -> bytes:
        """Return the body of a refusal, as much of it as comes."""
        try:
            return await self.line.read(answer)
        except httpx.TransportError:
            return b""
        finally:
            await self.line.hang_up(answer)

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        key: str | None,
        headers: Mapping[str, str],
    ) -> httpx.Request:
        if self.settings.renewal and self.settings.renewal.due:
            await self._renew()
        if not self.settings.key:
            raise NoKey("There is no API key: give key=…, set NOSANA_API_KEY, or run `nosana login`.")
        if not path.startswith("/"):
            path = f"/organisations/{await self.slug()}/{path}".rstrip("/")
        given = {**headers, "Authorization": f"Bearer {self.settings.key}"}
        if method == "POST":
            given["Idempotency-Key"] = str(uuid.uuid4()) if key is None else _key(key)
            body = {} if body is None else body
        parts: dict[str, Any] = {"headers": given}
        if body is not None:
            parts["content"] = json.dumps(body, ensure_ascii=False, allow_nan=False, default=str).encode()
            given["Content-Type"] = JSON
        if query:
            parts["params"] = {name: _word(value) for name, value in query.items() if value is not None}
        return self.line.build(method, self.settings.url + API + path, **parts)

    async def _renew(self) -> bool:
        """Renew the token of a sign-in by browser; return whether there is a new one."""
        renewal = self.settings.renewal
        if renewal is None:
            return False
        kept = profiles_read(renewal.path).get(renewal.profile, {})
        latest = renewal_of(kept, renewal.path, renewal.profile)
        if latest is not None and latest.refresh != renewal.refresh:  # another process renewed it meanwhile
            self.settings = replace(self.settings, key=kept.get("key"), renewal=latest)
            return True
        token = await renew(self.line, self.settings, renewal)
        if token is None:
            self.settings = replace(self.settings, renewal=None)
            return False
        kept = profiles_read(renewal.path).get(renewal.profile, {})
        self.settings = replace(self.settings, key=token, renewal=renewal_of(kept, renewal.path, renewal.profile))
        return True

    async def slug(self) -> str:
        """Return the organisation that paths are about: the one of the settings, else the only one of the key.

        Raises ConfigurationError when the caller is in several.
        """
        if self.settings.organisation is None:
            places = (await self.ask(None, "GET", "/whoami"))["organisations"]
            if len(places) != 1:
                names = ", ".join(place["slug"] for place in places) or "none"
                raise ConfigurationError(
                    f"Say which organisation (yours: {names}): organisation=…, or NOSANA_ORGANISATION."
                )
            self.settings = replace(self.settings, organisation=places[0]["slug"])
        return str(self.settings.organisation)

    # --- bodies that are not JSON ---

    async def content(self, path: str, *, query: Mapping[str, Any] | None = None) -> bytes:
        """Return the whole body of an answer, such as a PDF, in whatever form the address has it."""
        return (await self.send("GET", path, query=query, accept="*/*")).content

    async def text_lines(
        self, path: str, *, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[str]:
        """Yield the lines of an event stream as they come; raises httpx.TransportError where it breaks off."""
        answer = await self.send(
            "GET", path, query=query, headers=headers, accept="text/event-stream", stream=True
        )
        try:
            async for line in self.line.text_lines(answer):
                yield line
        finally:
            await self.line.hang_up(answer)


def model_read(name: str, data: Any, core: Core) -> Any:
    """Return data as the model of that name, bound to the client. Raises AnswerUnreadable.

    The models are loaded with the first answer, so that whoever needs none (the CLI) does not wait for pydantic.
    """
    return importlib.import_module("nosana.client.models").read(name, data, core)


def plain_read(name: str, data: Any, core: Core) -> Any:
    """Return data as the platform sent it."""
    return data


def _json(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError as error:
        place = f"{answer.request.method} {answer.request.url.path}"
        raise AnswerUnreadable(
            f"The answer to {place} is not JSON; is this the address of the platform?"
        ) from error


def _key(text: str) -> str:
    if not (text and text.isascii() and text.isprintable() and " " not in text):
        raise ConfigurationError(f"An idempotency key is 1 to 255 visible ASCII characters, not {text!r}.")
    return text


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)


def _no_answer(request: httpx.Request, error: httpx.TransportError, key: str | None) -> NoAnswer:
    place = f"{request.method} {request.url.scheme}://{request.url.netloc.decode()}{request.url.path}"
    if isinstance(error, httpx.TimeoutException) and not isinstance(
        error, httpx.ConnectTimeout | httpx.PoolTimeout
    ):
        return AnswerTimeout(f"{place} was not answered in time.", idempotency_key=key)
    return NoAnswer(f"{place} was not answered: {error or type(error).__name__}.", idempotency_key=key)


def _deprecation_tell(answer: httpx.Response) -> None:
    if "Deprecation" in answer.headers:
        until = answer.headers.get("Sunset")
        place = f"{answer.request.method} {answer.request.url.path}"
        ends = f" and ends on {until}" if until else ""
        warnings.warn(
            f"{place} is deprecated{ends}; a newer nosana may not use it.", DeprecationWarning, stacklevel=4
        )
