"""What a line of the log knows besides its words: the request, the organisation, the job, the order it is about.

Ids are bound where they become known, and every line written from there on carries them: `bound(order_id=…)` for a
while, `bind(organisation_id=…)` until the request or task ends. The id of a request travels with the messages it
writes, so that what a worker does hours later is found by the id that the person saw.
"""

import json
import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from apps.core.addresses import proxied
from apps.core.ids import uuid7
from apps.core.scrubbing import line_kept, scrub, scrub_fields
from apps.core.spans import span

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
logger = logging.getLogger("nosana_web.requests")


def bound(**ids: object) -> AbstractContextManager[None]:
    """Have every line within carry these ids; None is left out."""
    return bound_contextvars(**{name: str(value) for name, value in ids.items() if value is not None})


def bind(**ids: object) -> None:
    """Have every line carry these ids until the request or task that is under way ends."""
    if get_contextvars():  # outside of any there is nobody who would take them off again
        bind_contextvars(**{name: str(value) for name, value in ids.items() if value is not None})


def request_id() -> str:
    """Return the id of the request that caused what happens now, "" where none did."""
    return str(get_contextvars().get("request_id", ""))


def ids_of(values: dict[str, Any]) -> dict[str, str]:
    """Return the ids among a task's payload or an address's parts, as text."""
    return {name: str(value) for name, value in values.items() if name.endswith("_id") and value is not None}


class RequestMiddleware:
    """Gives each request an id, which its answer, its lines and its messages carry; notes each answer in one line.

    A proxy of settings.TRUSTED_PROXIES may give the id (X-Request-ID); from strangers none is taken.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        own = given if _GIVEN.fullmatch(given) and proxied(request) else uuid7().hex
        before = get_contextvars()
        bind_contextvars(request_id=own)
        request.request_id = own  # type: ignore[attr-defined]
        try:
            with span("request") as note:
                response = self.get_response(request)
                note(name=f"{request.method} {route_of(request)}", status=response.status_code)
            self._note(request, response)
        finally:
            clear_contextvars()
            bind_contextvars(**before)
        response[HEADER] = own
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Bind the ids of the address."""
        bind_contextvars(**ids_of(kwargs))

    def _note(self, request: HttpRequest, response: HttpResponse) -> None:
        """Say what was answered; never the address itself, in which there may be a secret."""
        logger.info("%s %s: %s", request.method, route_of(request), response.status_code)


def route_of(request: HttpRequest) -> str:
    """Return the request's route, in which stand the names of ids and not the ids."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "an unknown address"


def _level(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    for foreign in ("request", "message", "asctime", "color_message"):  # of Django, other handlers, and uvicorn
        event.pop(foreign, None)
    return {**event, "level": record.levelname.lower(), "logger": record.name}


def _scrubbed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return scrub_fields(event)


def _line(_logger: Any, _method: str, event: EventDict) -> str:
    """Return the line for people: a letter for the level, who says it, what, and the ids."""
    trace = event.pop("exception", "")
    head = f"{event.pop('level')[:1].upper()} {event.pop('logger')} {line_kept(str(event.pop('event')))}"
    event.pop("timestamp")
    ids = " ".join(f"{name.removesuffix('_id')}={line_kept(str(value))}" for name, value in sorted(event.items()))
    return scrub("\n".join(part for part in (f"{head} [{ids}]" if ids else head, trace) if part))


def _json(_logger: Any, _method: str, event: EventDict) -> str:
    return json.dumps(event, default=str)


class Structured(ProcessorFormatter):
    """Writes a record with everything bound, every secret in its words and fields masked."""

    def __init__(self, render: Processor) -> None:
        super().__init__(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.ExtraAdder()],
            processors=[
                _level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                ProcessorFormatter.remove_processors_meta,
                _scrubbed,
                render,
            ],
        )


class LineFormatter(Structured):
    """One line for people."""

    def __init__(self) -> None:
        super().__init__(_line)


class JsonFormatter(Structured):
    """One JSON object a line, for machines that collect logs."""

    def __init__(self) -> None:
        super().__init__(_json)
