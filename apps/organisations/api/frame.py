"""What every endpoint of every app begins with: what its caller may do."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import AppError
from apps.core.rest import JSONBodyParser, once_by_header
from apps.core.rest.pages import fields_chosen
from apps.core.rest.repeats import key_of
from apps.organisations.access import grant_of
from apps.organisations.api.authentication import KeyAuthentication, SomebodyKnown
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of


class Endpoint(APIView):
    """An address for programs. Its methods parse, make one call of a service or selector, and answer."""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes = (SomebodyKnown,)
    parser_classes = (JSONBodyParser,)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Answer only the `fields` asked for, where any were."""
        if request.method == "GET" and response.status_code == HTTPStatus.OK and isinstance(response, Response):
            asked = request.query_params.get("fields") if isinstance(request, Request) else None
            if asked is not None:
                try:
                    response.data = fields_chosen(response.data, asked)
                except AppError as refusal:
                    response = self.handle_exception(refusal)
        return super().finalize_response(request, response, *args, **kwargs)

    def grant(self, permission: Permission) -> Grant:
        """Return what the caller may do in the organisation of the address. Raises NotFound and Denied."""
        return grant_of(self.request._request, self.kwargs["slug"], permission)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return actor_of(self.request._request)

    def once(self, grant: Grant, act: Callable[[], Any], *, status: int = 201) -> Response:
        """Answer the act's result; a repeat with the same Idempotency-Key by the same caller gets the first one.

        Raises KeyReused for the same key with another body.
        """
        return Response(once_by_header(self.request, scope=f"api:{_caller(grant)}", act=act), status=status)

    def once_key(self, grant: Grant) -> str | None:
        """Return a key of this caller's Idempotency-Key, for acts that are keyed themselves; None without one."""
        key = key_of(self.request)
        return key and f"api:{_caller(grant)}:{key}"


def _caller(grant: Grant) -> str:
    if grant.api_key is not None:
        return f"key:{grant.api_key.pk.hex}"
    assert grant.membership is not None
    return f"member:{grant.membership.pk}"
