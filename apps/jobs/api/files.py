"""Logs as text, as one JSON object a line, and live; async, so that ASGI workers serve many at once."""

import uuid

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from apps.core.rest.problems import method_refused
from apps.jobs import streams


@csrf_exempt
async def log_text(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Answer the whole log as text: a line has its time, operation and stream before what was written."""
    return method_refused(request, "GET", "HEAD") or await streams.log_text(request, slug, job_id)


@csrf_exempt
async def log_json(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Answer the whole log, one JSON object a line."""
    return method_refused(request, "GET", "HEAD") or await streams.log_json(request, slug, job_id)


@csrf_exempt
async def log_stream(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Send log and state as server-sent events until nothing will change any more; goes on after Last-Event-ID.

    Events: `log` (a JSON object a data line; the id is the last line's number), `state`, `skipped`, `end`, `refused`.
    """
    return method_refused(request, "GET", "HEAD") or await streams.stream(request, slug, job_id)
