"""REST answers for refusals: problem+json (RFC 9457) with the same sentence the pages show."""

from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from apps.core.errors import AppError, NotFound


def problem(error: AppError) -> dict[str, Any]:
    """Return the refusal as a problem+json document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    if error.fields:
        body["fields"] = error.fields
    if error.step:
        body["next"] = {"label": error.step[0], "url": error.step[1]}
    return body


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an AppError, or DRF's own errors, as problem+json."""
    if isinstance(error, Http404):
        error = NotFound()
    if isinstance(error, AppError):
        return Response(problem(error), status=error.status, content_type="application/problem+json")
    response = drf_handler(error, context)
    if response is not None and isinstance(error, APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else "invalid"
        fields = response.data if isinstance(error.detail, dict) else {}
        detail = str(error.detail) if not fields else "Some fields need another look."
        response.data = problem(AppError(detail, code=code, status=response.status_code, fields=fields))
        response.content_type = "application/problem+json"
    return response
