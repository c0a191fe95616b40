"""What every page of payments begins with."""

from django.http import HttpRequest

from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get


def membership_of(request: HttpRequest, slug: str) -> Membership:
    """Return who asks, as one who may manage billing here. Raises NotFound or Denied."""
    membership = membership_get(request.user, slug, Permission.BILLING_MANAGE)
    request.membership = membership  # type: ignore[attr-defined]
    return membership
