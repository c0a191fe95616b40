"""Who a request comes from, and what it may do: the same for pages, endpoints and streams."""

from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.addresses import client_address
from apps.core.errors import NotFound
from apps.core.logs import bind
from apps.core.moments import zone_named
from apps.organisations.errors import Unauthenticated
from apps.organisations.models import ApiKey, Grant, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_key_check, membership_get
from apps.organisations.services.keys import api_key_used
from apps.organisations.sign_in_rules import on_visit, program_require, sign_in_require
from apps.organisations.sign_ins import SignIn, sign_in_check, sign_in_looks

SCHEME = "bearer"


def sign_in_of(request: HttpRequest) -> SignIn | None:
    """Return the program's sign-in that the request's Authorization header has; None for a key, or for neither.

    It is looked up once per request. Raises Unauthenticated for one that has ended.
    """
    known = getattr(request, "auth", None)
    if isinstance(known, SignIn):
        return known
    scheme, _unused, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != SCHEME or not sign_in_looks(token.strip()):
        return None
    found = sign_in_check(token.strip())
    request.auth, request.user = found, found.user  # type: ignore[attr-defined]
    return found


def key_of(request: HttpRequest) -> ApiKey | None:
    """Return the live key of the request's Authorization header and note its use; None for a request without one.

    It is looked up once per request. Raises Unauthenticated and Denied as api_key_check does.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    known = getattr(request, "auth", None)
    if not isinstance(known, ApiKey):
        scheme, _unused, token = header.partition(" ")
        if scheme.lower() != SCHEME:
            raise Unauthenticated(_("Send the key as “Authorization: Bearer nos_…”."), code="key_malformed")
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

    For endpoints and streams: a key speaks before a session. Raises Unauthenticated for nobody, NotFound for outsiders
    and for keys of another organisation, Denied, with a sentence, for roles and keys without the permission.
    """
    sign_in = sign_in_of(request)
    if sign_in is not None:
        member = membership_get(sign_in.user, slug, permission)
        program_require(member)
        return Grant.of_sign_in(member, sign_in.scopes).checked(permission)
    key = key_of(request)
    if key is None:
        if not request.user.is_authenticated:
            raise Unauthenticated(
                _("Sign in, or send an API key as “Authorization: Bearer nos_…”."), code="key_missing"
            )
        return Grant.of_member(_membership(request, slug, permission))
    if key.organisation.slug != slug:
        raise NotFound(_("There is no such organisation, or this key is not one of its keys."))
    bind(organisation_id=key.organisation_id)
    return Grant.of_key(key).checked(permission)


def page_grant(request: HttpRequest, slug: str, permission: Permission) -> Grant:
    """Return what the signed-in person may do there, for a page, in one query; the frame shows the membership.

    The page tells the time by the organisation's clock. Raises NotFound for outsiders and Denied, with a sentence, for
    members without the permission, SignInNeeded for a session that the organisation does not take.
    """
    membership = _membership(request, slug, permission)
    timezone.activate(zone_named(membership.organisation.time_zone))
    return Grant.of_member(membership)


def _membership(request: HttpRequest, slug: str, permission: Permission) -> Membership:
    membership = membership_get(request.user, slug, permission, visit=on_visit(request))
    sign_in_require(request, membership)
    request.membership = membership  # type: ignore[attr-defined]
    return membership


def grant_again(request: HttpRequest, slug: str, permission: Permission) -> Grant:
    """Return what the caller may do there by now, as a new request with the same key or session would find.

    Answers that go on for long ask it again and again. Raises as grant_of does, also once the session has ended.
    """
    fresh = HttpRequest()
    fresh.META, fresh.COOKIES, fresh.session = request.META, request.COOKIES, _session_again(request)
    fresh.user = get_user(fresh)
    return grant_of(fresh, slug, permission)


def _session_again(request: HttpRequest) -> SessionBase:
    return type(request.session)(request.session.session_key)
