"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from apps.core.errors import NotFound
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.users.models import User


def membership_get(user: User | AnonymousUser, slug: str, permission: Permission) -> Membership:
    """Return the person's membership (with its organisation) if the role allows the act.

    Raises NotFound for outsiders and Denied, with a sentence, for members without the role.
    """
    membership = (
        Membership.objects.select_related("organisation")
        .filter(user_id=user.pk or 0, organisation__slug=slug)
        .first()
    )
    if membership is None:
        raise NotFound()
    membership.require(permission)
    return membership


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return the person's memberships with their organisations, by name."""
    return user.memberships.select_related("organisation").order_by("organisation__name")


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Return the organisation's memberships with their people, oldest first."""
    return organisation.memberships.select_related("user").order_by("created_at", "id")
