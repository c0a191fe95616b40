"""What every endpoint of every app begins with: what its caller may do."""

from collections.abc import Callable
from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.rest import JSONBodyParser, once_by_header
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
        if grant.api_key is not None:
            caller = f"key:{grant.api_key.pk.hex}"
        else:
            assert grant.membership is not None
            caller = f"member:{grant.membership.pk}"
        return Response(once_by_header(self.request, scope=f"api:{caller}", act=act), status=status)
