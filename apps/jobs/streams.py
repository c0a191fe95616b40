"""Live streams of a job for browsers (server-sent events), and its log as text. Served by ASGI workers.

Events: `log` (one JSON object per data line; the event's id is the last line's number, so a browser that comes
back says where it was), `state` (what changed token), `skipped` (how many old lines were left out), `whole` (no line of
the log comes any more; its cost may still change), `end`, `refused` (a problem: whoever follows no longer may).
"""

import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.core.errors import AppError
from apps.core.hub import event_stream, hub, read_shared
from apps.core.rest import problem
from apps.jobs.api.logs import line_shape
from apps.jobs.models import Job, LogLine
from apps.jobs.pages import finished, job_token, logged
from apps.jobs.selectors import job_again, job_get, log_after, timeline
from apps.organisations.access import grant_again, grant_of
from apps.organisations.roles import Permission

KEEP_ALIVE_S = 15.0
RECHECK_S = 15.0
BATCH = 1000  # log lines in one event


@dataclass(frozen=True)
class Look:
    """A job as a stream sees it."""

    state: str
    token: str
    logged: bool
    finished: bool


def _job_for(request: HttpRequest, slug: str, job_id: uuid.UUID) -> Job:
    """Find the job for the person or key that asks, and give the database connection back."""
    try:
        return job_get(grant_of(request, slug, Permission.JOBS_VIEW), job_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()


class Watch:
    """Whether whoever follows a job still may; asked anew every RECHECK_S while the answer goes on."""

    def __init__(self, request: HttpRequest, slug: str, job: Job) -> None:
        self._ask = partial(_allowed, request, slug, job)
        self._next = time.monotonic() + RECHECK_S

    @property
    def due_s(self) -> float:
        """Seconds until it must be asked again."""
        return max(self._next - time.monotonic(), 0)

    async def refusal(self) -> AppError | None:
        """Return why the answer must end now, if it must; asks only when it is time to."""
        if self.due_s:
            return None
        self._next = time.monotonic() + RECHECK_S
        try:
            await read_shared(self._ask)
        except AppError as refusal:
            return refusal
        return None


def _allowed(request: HttpRequest, slug: str, job: Job) -> None:
    job_get(grant_again(request, slug, Permission.JOBS_VIEW), job.pk)


@require_safe
async def stream(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream a job's log and state until nothing will change any more; resumes after Last-Event-ID or ?after=.

    Whoever loses the right to see the job (key revoked, membership or session ended) is told so and sees no more.
    """
    job = await sync_to_async(_job_for)(request, slug, job_id)
    start = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    tail = request.GET.get("tail", "")
    watch = Watch(request, slug, job)
    events = job_events(job, after=_number(start), tail=0 if start else _number(tail), watch=watch)
    return event_stream(events)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def job_events(job: Job, *, after: int, tail: int = 0, watch: Watch | None = None) -> AsyncGenerator[str]:
    """Yield the job's events from log line `after` on; with `tail`, begin that many lines before the end."""
    shared = hub()
    seen, whole = "", False
    async with shared.watch(job.pk) as watcher:
        yield "retry: 1000\n\n"
        if tail:
            after, skipped = await read_shared(_tail_start, job, tail)
            if skipped:
                yield f"event: skipped\ndata: {skipped}\n\n"
        while True:
            look = await shared.shared((job.pk, "look"), partial(read_shared, _look, job))
            while True:
                at = after
                frame, after, full = await shared.shared((job.pk, at), partial(read_shared, _log_frame, job, at))
                if frame:
                    yield frame
                if not full:
                    break
            if look.token != seen:
                seen = look.token
                yield f"event: state\ndata: {json.dumps({'state': look.state, 'seen': seen})}\n\n"
            if look.logged and not whole:
                whole = True
                yield "event: whole\ndata: {}\n\n"
            if look.finished:
                yield "event: end\ndata: {}\n\n"
                return
            if not await watcher.wait(min(KEEP_ALIVE_S, watch.due_s) if watch else KEEP_ALIVE_S):
                yield ": still here\n\n"
            refusal = await watch.refusal() if watch else None
            if refusal is not None:
                yield f"event: refused\ndata: {json.dumps(problem(refusal))}\n\n"
                return


def _look(job: Job) -> Look:
    fresh = job_again(job)
    token = job_token(fresh, timeline(fresh))
    return Look(state=fresh.state, token=token, logged=logged(fresh), finished=finished(fresh))


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
    return json.dumps(line_shape(line), ensure_ascii=False)


@require_safe
async def log_text(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Answer the whole log as text, one line per line, with time, operation and stream."""
    return await _download(request, slug, job_id, _line_text, "text/plain; charset=utf-8", "log")


@require_safe
async def log_json(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponse | StreamingHttpResponse:
    """Answer the log as one JSON object a line; `?after=` and `?until=` are numbers of lines, without them all."""
    return await _download(
        request, slug, job_id, lambda line: _line_json(line) + "\n", "application/x-ndjson", "ndjson"
    )


async def _download(
    request: HttpRequest, slug: str, job_id: uuid.UUID, show: Callable[[LogLine], str], kind: str, ending: str
) -> StreamingHttpResponse:
    """Answer a log of any length, read a few lines at a time while they are sent."""
    job = await sync_to_async(_job_for)(request, slug, job_id)
    after, until = _number(request.GET.get("after", "")), _number(request.GET.get("until", ""))
    pages = _log_pages(job, Watch(request, slug, job), show, after, until or 10**9)
    response = StreamingHttpResponse(pages, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="job-{job.pk}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response


async def _log_pages(
    job: Job, watch: Watch, show: Callable[[LogLine], str], after: int, until: int
) -> AsyncIterator[str]:
    while lines := await read_shared(log_after, job, after, max(min(BATCH, until - after), 0)):
        if await watch.refusal() is not None:
            return
        after = lines[-1].seq
        yield "".join(map(show, lines))
        if after >= until:
            return


def _line_text(line: LogLine) -> str:
    return f"{line.at:%Y-%m-%dT%H:%M:%S.%f}Z {line.op_id} {line.stream}: {line.text}\n"
