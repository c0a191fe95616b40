"""Live streams of a job for browsers (server-sent events), and its log as text. Served by ASGI workers.

Events: `log` (one JSON object per data line; the event's id is the last line's number, so a browser that comes
back says where it was), `state` (what changed token), `skipped` (how many old lines were left out), `end`.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.core.errors import Denied
from apps.jobs.hub import hub
from apps.jobs.models import Job, LogLine
from apps.jobs.pages import finished, job_token
from apps.jobs.selectors import job_get, log_after, timeline
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get

KEEP_ALIVE_S = 15.0
BATCH = 1000  # log lines in one event
READERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="streams")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Look:
    """A job as a stream sees it."""

    state: str
    token: str
    finished: bool


def _job_for(request: HttpRequest, slug: str, job_id: uuid.UUID) -> Job:
    """Find the job for the person who asks, and give the database connection back."""
    if not request.user.is_authenticated:
        raise Denied("Sign in again to follow the log.")
    try:
        membership = membership_get(request.user, slug, Permission.JOBS_VIEW)
        return job_get(membership.organisation, job_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()


@require_safe
async def stream(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream a job's log and state until nothing will change any more; resumes after Last-Event-ID or ?after=."""
    job = await sync_to_async(_job_for)(request, slug, job_id)
    start = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    tail = request.GET.get("tail", "")
    events = job_events(job, after=_number(start), tail=0 if start else _number(tail))
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def job_events(job: Job, *, after: int, tail: int = 0) -> AsyncIterator[str]:
    """Yield the job's events from log line `after` on; with `tail`, begin that many lines before the end."""
    shared = hub()
    seen = ""
    async with shared.watch(job.pk) as watcher:
        yield "retry: 1000\n\n"
        if tail:
            after, skipped = await _read(_tail_start, job, tail)
            if skipped:
                yield f"event: skipped\ndata: {skipped}\n\n"
        while True:
            look = await shared.shared((job.pk, "look"), partial(_read, _look, job))
            while True:
                at = after
                frame, after, full = await shared.shared((job.pk, at), partial(_read, _log_frame, job, at))
                if frame:
                    yield frame
                if not full:
                    break
            if look.token != seen:
                seen = look.token
                yield f"event: state\ndata: {json.dumps({'state': look.state, 'seen': seen})}\n\n"
            if look.finished:
                yield "event: end\ndata: {}\n\n"
                return
            if not await watcher.wait(KEEP_ALIVE_S):
                yield ": still here\n\n"


async def _read(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a database read on the few threads that all streams of this process share."""
    return await asyncio.get_running_loop().run_in_executor(
        READERS, lambda: _with_connection(act, *args, **kwargs)
    )


def _with_connection(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return act(*args, **kwargs)
    except (OperationalError, InterfaceError):  # the connection went away while nobody asked: once more, afresh
        connection.close()
        return act(*args, **kwargs)


def _look(job: Job) -> Look:
    fresh = job_get(job.organisation, job.pk)
    return Look(state=fresh.state, token=job_token(fresh, timeline(fresh)), finished=finished(fresh))


def _tail_start(job: Job, tail: int) -> tuple[int, int]:
    last = job.log.order_by("-seq").values_list("seq", flat=True).first() or 0
    start = max(last - tail, 0)
    return start, start


def _log_frame(job: Job, after: int) -> tuple[str, int, bool]:
    """Return the next lines as one event, the number of its last line, and whether more may wait."""
    lines = log_after(job, after, BATCH)
    if not lines:
        return "", after, False
    data = "\n".join(f"data: {_line_json(line)}" for line in lines)
    return f"id: {lines[-1].seq}\nevent: log\n{data}\n\n", lines[-1].seq, len(lines) == BATCH


def _line_json(line: LogLine) -> str:
    body = {"seq": line.seq, "op": line.op_id, "stream": line.stream, "at": line.at.isoformat(), "text": line.text}
    return json.dumps(body, ensure_ascii=False)


@require_safe
async def log_text(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Answer the whole log as text, one line per line, with time and operation."""
    job = await sync_to_async(_job_for)(request, slug, job_id)
    response = StreamingHttpResponse(_log_pages(job), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="job-{job.pk}.log"'
    response["Cache-Control"] = "no-store"
    return response


async def _log_pages(job: Job) -> AsyncIterator[str]:
    after = 0
    while lines := await _read(log_after, job, after, BATCH):
        after = lines[-1].seq
        yield "".join(
            f"{line.at:%Y-%m-%dT%H:%M:%S.%f}Z {line.op_id} {line.stream}: {line.text}\n" for line in lines
        )
