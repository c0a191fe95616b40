"""Logs as text, as one JSON object a line, and live; async, so that ASGI workers serve many at once."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from apps.core.errors import AppError
from apps.core.rest.pages import questions_check
from apps.core.rest.problems import method_refused
from apps.jobs import streams


@csrf_exempt
async def log_text(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Answer the whole log as text: a line has its time, operation and stream before what was written."""
    return _refused(request, "after", "until") or await streams.log_text(request, slug, job_id)


@csrf_exempt
async def log_json(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Answer the whole log, one JSON object a line."""
    return _refused(request, "after", "until") or await streams.log_json(request, slug, job_id)


@csrf_exempt
async def log_stream(request: HttpRequest, slug: str, job_id: uuid.UUID) -> HttpResponseBase:
    """Send log and state as server-sent events until nothing will change any more; goes on after Last-Event-ID.

    Events: `log` (a JSON object a data line; the id is the last line's number), `state`, `skipped`, `end`, `refused`.
    """
    return _refused(request, "after", "tail") or await streams.stream(request, slug, job_id)


def _refused(request: HttpRequest, *numbers: str) -> HttpResponse | None:
    """Return the refusal of another method. Raises AppError for a question that is none of these numbers of lines."""
    if refusal := method_refused(request, "GET", "HEAD"):
        return refusal
    questions_check(request.GET, numbers)
    for name in numbers:
        text = str(request.GET.get(name, "0"))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            sentence = _("This must be the number of a line, such as 120.")
            raise AppError(f"{name}: {sentence}", code="invalid", fields={name: [sentence]})
    return None
