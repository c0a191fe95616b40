"""What stands against erasing a person, and what of them in organisations ends with it."""

from datetime import datetime

from django.utils.translation import gettext as _

from apps.organisations.models import ApiKey, Invitation, Membership
from apps.organisations.roles import Role
from apps.organisations.services import Actor, audit_erase, member_leave
from apps.users.models import User


def erase_obstacles(*, user_id: int) -> list[str]:
    """Return a sentence for each open organisation that the person owns."""
    owned = Membership.objects.filter(user=user_id, role=Role.OWNER, organisation__closed_at=None)
    names = owned.order_by("organisation__name").values_list("organisation__name", flat=True)
    return [_("You own %(name)s: hand it over or close it first.") % {"name": name} for name in names]


def member_erase(*, user_id: int, now: datetime) -> None:
    """End the person's memberships, keys and invitations, and erase who they were from every trail."""
    user = User.objects.get(pk=user_id)
    open_ones = Membership.objects.filter(user=user, organisation__closed_at=None)
    for membership in open_ones.select_related("organisation", "user").order_by("organisation_id"):
        member_leave(membership=membership, actor=Actor.person(user), now=now)
    ApiKey.objects.filter(member__user=user, revoked_at=None).update(revoked_at=now)  # of closed organisations
    offered = Invitation.objects.filter(email__iexact=user.email)
    offered.filter(accepted_at=None, revoked_at=None).update(revoked_at=now)
    offered.update(email=f"erased-{user.pk}@erased.invalid")
    audit_erase(email=user.email, actor=Actor.system(), now=now)
