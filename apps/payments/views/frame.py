"""What every page of payments begins with."""

from django.http import HttpRequest

from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.views.frame import enter


def membership_of(request: HttpRequest, slug: str) -> Membership:
    """Return who asks, as one who may manage billing here. Raises NotFound or Denied."""
    return enter(request, slug, Permission.BILLING_MANAGE)
