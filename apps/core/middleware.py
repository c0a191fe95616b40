"""Between the server and the views: streams, compression, maintenance, and refusals as a page or for programs."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.addresses import client_address
from apps.core.errors import AppError, NotFound
from apps.core.programs import for_programs
from apps.core.rest.problems import VERSION, answer

RETRY_S = 120
BLOCK_BYTES = 65_536
logger = logging.getLogger("nosana_web.refused")


class StreamMiddleware:
    """Sends what is streamed as it is made under ASGI, too, where Django would first collect all of it.

    The pieces are made in the request's own thread, whose connection to the database they read by.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(request, ASGIRequest) and isinstance(response, StreamingHttpResponse):
            pieces = response.streaming_content
            if isinstance(pieces, Iterator):  # what is asynchronous by itself goes out as it is
                response.streaming_content = _in_thread(pieces)
        return response


async def _in_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    make = sync_to_async(_block)
    while block := await make(pieces):
        yield block


def _block(pieces: Iterator[bytes]) -> bytes:
    """Return the next pieces, together some BLOCK_BYTES; nothing once there are no more."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK_BYTES:
            break
    return bytes(block)


class VersionMiddleware:
    """Says the version of the API on whatever is answered under its addresses, also where there is none."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if for_programs(request.path_info):
            name, version = VERSION
            response[name] = version
        return response


class CompressMiddleware(GZipMiddleware):
    """Compresses pages; what is streamed goes out as it is, so that each event arrives when it is sent."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed if the browser takes that."""
        return response if response.streaming else super().process_response(request, response)


class MaintenanceMiddleware:
    """Answers everything but the admin site with 503 and a sentence while settings.MAINTENANCE has one."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.MAINTENANCE:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/"):
            return self.get_response(request)
        program = "HTTP_AUTHORIZATION" in request.META or for_programs(request.path_info)
        if program:
            response = answer(AppError(settings.MAINTENANCE, code="maintenance", status=503))
        else:
            with translation.override(translation.get_language_from_request(request)):
                page = render_to_string("503.html", {"sentence": settings.MAINTENANCE})
            response = HttpResponse(page, status=503)
        response["Retry-After"] = str(RETRY_S)
        return response


class AppErrorMiddleware:
    """Answers any AppError that a view raises with its status and its sentence."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A zero byte is in no name of ours, and PostgreSQL refuses it: it stops here, for every view alike.
        if "\x00" in request.path_info:
            return refusal_answer(request, NotFound())
        if "%00" in request.META.get("QUERY_STRING", ""):
            return refusal_answer(
                request, AppError(_("The address contains a zero byte (%00); remove it."), code="zero_byte")
            )
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; leave every other exception alone."""
        return refusal_answer(request, error) if isinstance(error, AppError) else None


def refusal_answer(request: HttpRequest, error: AppError) -> HttpResponse:
    """Answer the refusal in the form the caller asked for."""
    refusal_log(request, error)
    program = for_programs(request.path_info) or "HTTP_AUTHORIZATION" in request.META
    if program or request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return answer(error)
    if getattr(request, "htmx", False):
        response = render(request, "components/alert.html", {"error": error}, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
        return response
    return render(request, "error.html", {"error": error}, status=error.status)


def refusal_log(request: HttpRequest, error: AppError) -> None:
    """Write down who was refused what, where somebody had not the right or was too quick; never what they sent."""
    if error.status in (401, 403, 429):
        session = getattr(request, "session", None)
        person = session.get("_auth_user_id", "-") if session is not None else "-"
        where = (request.method, request.path_info[:200])
        words = (error.status, error.code, *where, person, client_address(request))
        logger.warning("refused %s %s: %s %s by user %s from %s", *words)
