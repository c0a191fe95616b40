"""REST answers for refusals: problem+json (RFC 9457) with the same sentence the pages show."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework.exceptions import APIException, MethodNotAllowed, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from apps.core.errors import AppError, NotFound
from apps.core.logs import request_id
from apps.core.numbers import number_text
from apps.core.programs import for_programs
from apps.core.rest.limits import TooManyRequests

MEDIA_TYPE = "application/problem+json"
VERSION = "API-Version", "1"  # the header that every answer for programs has
# What DRF says without saying how to mend it.
MENDED = {
    "not_authenticated": gettext_lazy("Sign in, or send an API key as “Authorization: Bearer nos_…”."),
    "unsupported_media_type": gettext_lazy(
        "The body is not announced as JSON: send “Content-Type: application/json”."
    ),
}
CHALLENGE = 'Bearer realm="api"'


def problem(error: AppError) -> dict[str, Any]:
    """Return the refusal as a problem+json document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    if error.fields:
        body["fields"] = error.fields
    if error.step:
        body["next"] = {"label": error.step[0], "url": urljoin(settings.BASE_URL, error.step[1])}
    if own := request_id():
        body["request_id"] = own
    return body | error.facts


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an AppError, or DRF's own errors, as problem+json; leave others to the server's own answer."""
    response = None
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, RequestDataTooBig):
        error = too_large()
    if not isinstance(error, AppError):
        response = drf_handler(error, context)  # also takes back an open transaction of the request
        if response is None or not isinstance(error, APIException):
            return response
        if isinstance(error, MethodNotAllowed):
            error = method_error(context["request"].method, context["view"].allowed_methods)
        else:
            error = _app_error(error, response.status_code)
    headers = {name: response[name] for name in ("Allow", "Retry-After") if response and name in response}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    return Response(problem(error), status=error.status, content_type=MEDIA_TYPE, headers=headers)


def _app_error(error: APIException, status: int) -> AppError:
    if isinstance(error, ValidationError):
        fields: dict[str, list[str]] = {}
        for path, sentence in _sentences(error.detail):
            fields.setdefault(path, []).append(sentence)
        first = next(iter(fields.items()), ("", [_("The request is not as it should be.")]))
        detail = f"{first[0]}: {first[1][0]}" if first[0] else first[1][0]
        return AppError(detail, code="invalid", status=status, fields=fields if first[0] else None)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    return AppError(str(MENDED.get(code, error.detail)), code=code, status=status)


def _sentences(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, sentence) of DRF's nested details; paths are dotted, with numbers for places in a list."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _sentences(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _sentences(inner, f"{path}.{place}" if nested and path else path)
    else:
        yield path, str(detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist: a problem for programs, a page for people."""
    if not for_programs(request.path_info):
        return defaults.page_not_found(request, exception)
    return answer(AppError(_("There is no such address in the API."), code="not_found", status=404))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is not even a request, or a too large one: a problem for programs, a page for people."""
    error = AppError(
        _("The request is malformed, so that it could not even be read. Go back and try again."), code="malformed"
    )
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        error = too_large()
    if isinstance(exception, DisallowedHost):
        sentence = _("The request names a host that this platform does not answer for: use the address %(url)s.")
        error = AppError(sentence % {"url": settings.BASE_URL}, code="host_unknown")
    if for_programs(request.path_info):
        return answer(error)
    return render(request, "error.html", {"error": error}, status=error.status)


def too_large(most: int | None = None) -> AppError:
    """Return the refusal of a body over that many bytes, or over settings.DATA_UPLOAD_MAX_MEMORY_SIZE."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if most is None else most
    sentence = _("The body is over the limit of %(limit)s bytes. Nothing was changed: send less at once.") % {
        "limit": number_text(limit)
    }
    return AppError(sentence, code="body_too_large", status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer our own failure: a problem for programs, a page for people."""
    if not for_programs(request.path_info):
        return HttpResponse(render_to_string("500.html", {"request_id": request_id()}), status=500)
    sentence = _(
        "Something went wrong on our side; nothing is half done. Try again, with the same Idempotency-Key."
    )
    return answer(AppError(sentence, code="server_error", status=500))


def method_error(method: str | None, allowed: Sequence[str]) -> AppError:
    """Return the refusal of a method that an address does not know."""
    sentence = _("Method “%(method)s” not allowed; use %(allowed)s.") % {
        "method": str(method)[:20],
        "allowed": " or ".join(allowed),
    }
    return AppError(sentence, code="method_not_allowed", status=405)


def method_refused(request: HttpRequest, *allowed: str) -> HttpResponse | None:
    """Return the refusal of a method an address outside of DRF does not know; None for one of the allowed."""
    if request.method in allowed:
        return None
    refusal = answer(method_error(request.method, allowed))
    refusal["Allow"] = ", ".join(allowed)
    return refusal


def answer(error: AppError) -> HttpResponse:
    """Return the refusal as an answer outside of an endpoint."""
    response = JsonResponse(problem(error), status=error.status, content_type=MEDIA_TYPE)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    return response
