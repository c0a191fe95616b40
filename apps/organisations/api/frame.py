"""What every endpoint of every app begins with: who calls, and what that allows."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.rest import once_by_header
from apps.core.rest.problems import CHALLENGE
from apps.organisations.access import grant_of, key_of
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of
from apps.users.models import User


class KeyAuthentication(BaseAuthentication):
    """Knows a caller by the API key in the Authorization header."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiKey] | None:
        """Return the key's person, if it is a personal key, and the key. Raises Unauthenticated and Denied."""
        key = key_of(request._request)
        if key is None:
            return None
        return (key.member.user if key.member is not None else AnonymousUser()), key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return CHALLENGE


class SomebodyKnown(BasePermission):
    """Lets in keys and signed-in people; what they may is the endpoint's to ask, by `grant`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller is known at all."""
        return isinstance(request.auth, ApiKey) or bool(request.user.is_authenticated)


class Endpoint(APIView):
    """An address for programs. Its methods parse, make one call of a service or selector, and answer."""

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
