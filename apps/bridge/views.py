"""What nodes ask for: the definition of a private job, and where its result goes. No page, no session, no cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.bridge import services
from apps.core.errors import AppError
from apps.core.numbers import number_text
from apps.core.rest.problems import answer

RETRY_S = 2


def for_nodes(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer refusals as problems whatever was asked for, and nothing at all over a line that others can read."""

    @wraps(view)
    def guarded(request: HttpRequest, address: str) -> HttpResponse:
        try:
            if settings.ENVIRONMENT != "sandbox" and not request.is_secure():
                raise AppError(_("Ask over https: this is for the node alone."), code="insecure", status=403)
            response = view(request, address)
        except AppError as refusal:
            response = answer(refusal)
            if refusal.status == 503:
                response["Retry-After"] = str(RETRY_S)
            if refusal.status == 401:
                response["WWW-Authenticate"] = 'Nosana realm="node"'
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@require_safe
@for_nodes
def definition(request: HttpRequest, address: str) -> HttpResponse:
    """Hand the definition of a private job to the node that proves that it runs it."""
    header = request.headers.get("Authorization", "")
    return JsonResponse(services.definition_hand(address=address, header=header, now=timezone.now()))


@csrf_exempt
@require_POST
@for_nodes
def result(request: HttpRequest, address: str) -> HttpResponse:
    """Take the result of a private job from its node, once; the same one again is answered as the first time."""
    header, body = request.headers.get("Authorization", ""), _body(request)
    services.result_take(address=address, header=header, body=body, now=timezone.now())
    return JsonResponse({"stored": True})


def _body(request: HttpRequest) -> bytes:
    """Return the body, read no further than the limit."""
    try:
        told = int(request.headers.get("Content-Length") or 0)
        if told <= services.RESULT_BYTES:
            read: Any = request.read(services.RESULT_BYTES + 1)
            return bytes(read)
    except ValueError:
        raise AppError(_("The Content-Length is no number."), code="malformed") from None
    except (UnreadablePostError, OSError):
        raise AppError(_("The result broke off; send it again."), code="broken_off") from None
    raise AppError(
        _("A result has at most %(result_bytes)s bytes; this one is larger.")
        % {"result_bytes": number_text(services.RESULT_BYTES)},
        code="body_too_large",
        status=413,
    )
