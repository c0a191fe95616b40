"""What every page about money begins with."""

from django.http import HttpRequest

from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get


def enter(request: HttpRequest, slug: str, permission: Permission = Permission.BILLING_VIEW) -> Membership:
    """Return the membership of the person who asks. Raises NotFound for outsiders, Denied without the role."""
    membership = membership_get(request.user, slug, permission)
    request.membership = membership  # type: ignore[attr-defined]
    return membership
