"""What the pages and endpoints of every app share: whose page it is, and who acts in a request."""

from django.http import HttpRequest
from django.utils import timezone

from apps.core.addresses import client_address
from apps.core.moments import zone_named
from apps.organisations.models import ApiKey, AuditEvent, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from apps.organisations.services import Actor
from apps.organisations.sign_in_rules import on_visit, sign_in_require
from apps.users.models import User


def enter(request: HttpRequest, slug: str, permission: Permission, *, rescue: bool = False) -> Membership:
    """Return the membership of the person who asks, and let the frame around the page know of it.

    The page tells the time by the organisation's clock.

    Raises NotFound for outsiders, Denied without the role, Closed where a closed organisation would change,
    SignInNeeded for a session that the organisation does not take (`rescue`: see sign_in_require).
    """
    membership = membership_get(request.user, slug, permission, visit=on_visit(request))
    sign_in_require(request, membership, rescue=rescue)
    request.membership = membership  # type: ignore[attr-defined]
    timezone.activate(zone_named(membership.organisation.time_zone))
    return membership


def actor_of(request: HttpRequest, *, staff: bool = False) -> Actor:
    """Return who acts: the API key of the request if it came with one, else the signed-in person, and from where.

    Pages of the admin site pass `staff=True`: there a person acts for the platform.
    """
    api_key = getattr(request, "auth", None)
    user = request.user if isinstance(request.user, User) else None
    kind = AuditEvent.Kind.STAFF if staff else AuditEvent.Kind.PERSON
    if isinstance(api_key, ApiKey):
        kind = AuditEvent.Kind.KEY
    return Actor(
        kind=kind,
        user=user,
        api_key=api_key if isinstance(api_key, ApiKey) else None,
        address=client_address(request),
        agent=request.headers.get("User-Agent", ""),
    )
