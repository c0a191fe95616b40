"""Who a request comes from, and what it may do: the same for pages, endpoints and streams."""

from django.http import HttpRequest
from django.utils import timezone

from apps.core.addresses import client_address
from apps.core.errors import NotFound
from apps.organisations.errors import Unauthenticated
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_key_check, membership_get
from apps.organisations.services.keys import api_key_used

SCHEME = "bearer"


def key_of(request: HttpRequest) -> ApiKey | None:
    """Return the live key of the request's Authorization header and note its use; None for a request without one.

    It is looked up once per request. Raises Unauthenticated and Denied as api_key_check does.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    known = getattr(request, "auth", None)
    if not isinstance(known, ApiKey):
        scheme, _, token = header.partition(" ")
        if scheme.lower() != SCHEME:
            raise Unauthenticated("Send the key as “Authorization: Bearer nos_…”.", code="key_malformed")
        known = key_at_work(token.strip(), request)
        request.auth = known  # type: ignore[attr-defined]
    return known


def key_at_work(token: str, request: HttpRequest) -> ApiKey:
    """Return the live key and note its use. Raises Unauthenticated and Denied as api_key_check does."""
    now = timezone.now()
    key = api_key_check(token=token, address=client_address(request), now=now)
    api_key_used(key=key, now=now)
    return key


def grant_of(request: HttpRequest, slug: str, permission: Permission) -> Grant:
    """Return what the request may do in the organisation, if that includes the permission anywhere in it.

    A key speaks before a session. Raises Unauthenticated for nobody, NotFound for outsiders and for keys of another
    organisation, Denied, with a sentence, for roles and keys without the permission. A session adds one query.
    """
    key = key_of(request)
    if key is not None:
        if key.organisation.slug != slug:
            raise NotFound("There is no such organisation, or this key is not one of its keys.")
        grant = Grant.of_key(key)
        grant.require(permission)
        return grant
    if not request.user.is_authenticated:
        raise Unauthenticated("Sign in, or send an API key as “Authorization: Bearer nos_…”.", code="key_missing")
    membership = membership_get(request.user, slug, permission)
    request.membership = membership  # type: ignore[attr-defined]
    return Grant.of_member(membership)
