"""How an endpoint knows its caller. What the caller may do is the endpoint's to ask, by `grant`."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.rest.problems import CHALLENGE
from apps.organisations.access import key_of
from apps.organisations.models import ApiKey
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
    """Lets in keys and signed-in people."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the caller is known at all."""
        return isinstance(request.auth, ApiKey) or bool(request.user.is_authenticated)
