"""How an endpoint knows its caller. What the caller may do is the endpoint's to ask, by `grant`."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.rest.problems import CHALLENGE
from apps.organisations.access import key_of, sign_in_of
from apps.organisations.models import ApiKey
from apps.organisations.sign_ins import SignIn
from apps.users.models import User


class KeyAuthentication(BaseAuthentication):
    """Knows a caller by the API key, or the token of a program's sign-in, in the Authorization header."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiKey | SignIn] | None:
        """Return the person, if there is one, and the key or sign-in. Raises Unauthenticated and Denied."""
        sign_in = sign_in_of(request._request)
        if sign_in is not None:
            return sign_in.user, sign_in
        key = key_of(request._request)
        if key is None:
            return None
        return (key.member.user if key.member is not None else AnonymousUser()), key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return CHALLENGE


class SomebodyKnown(BasePermission):
    """Lets in keys and signed-in people."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the caller is known at all."""
        return isinstance(request.auth, ApiKey) or bool(request.user.is_authenticated)


class KeyScheme(OpenApiAuthenticationExtension):
    """How the reference names it; which scopes an address needs is added for each (apps.console.openapi)."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}
