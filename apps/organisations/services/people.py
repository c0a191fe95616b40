"""What acts on an organisation's people begin with: lock first, check second."""

from django.utils.translation import gettext as _

from apps.core.errors import Conflict, NotFound
from apps.organisations.models import Grant, Membership, Organisation
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role


def people_lock(*, membership: Membership, permission: Permission, whole: bool = False) -> Membership:
    """Return the acting membership as it is now; the organisation's people stay as they are until the end.

    Every act on members and invitations takes this one lock, so that two of them never see each other's half. With
    `whole`, rows that point to the organisation can neither be added meanwhile. Must run in the caller's transaction.
    Raises NotFound when the membership has ended, Denied and Closed as `Membership.require` does.
    """
    rows = Organisation.objects.select_for_update(no_key=not whole)
    organisation = rows.get(pk=membership.organisation_id)
    acting = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if acting is None:
        raise NotFound()
    acting.organisation = organisation
    acting.require(permission)
    return acting


def acting_lock(*, acting: Membership | Grant, permission: Permission) -> Organisation:
    """Return the organisation as it is now, locked until the end, if a member or key may still act on it.

    Raises as `people_lock`.
    """
    member = acting if isinstance(acting, Membership) else acting.membership
    if member is not None:
        return people_lock(membership=member, permission=permission).organisation
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=acting.organisation_id)
    organisation.require_lets(permission)
    return organisation


def hands_on(own: Role, role: Role) -> bool:
    """Return whether somebody with the role `own` may give or take the role: never more than they have themselves.

    The owner's role is never given or taken, only handed over.
    """
    return role is not Role.OWNER and ROLE_PERMISSIONS[role] <= ROLE_PERMISSIONS[own]


def roles_to_give(own: Role) -> list[Role]:
    """Return the roles that somebody with the role `own` may give."""
    return [role for role in Role if hands_on(own, role)]


def role_read(text: str) -> Role:
    """Return the role of that name. Raises Conflict with a sentence for the owner's and for unknown ones."""
    if text not in Role.values:
        known = ", ".join(role.value for role in Role if role is not Role.OWNER)
        raise Conflict(
            _("There is no role “%(text)s”; choose one of %(known)s.") % {"text": text[:40], "known": known},
            code="role_unknown",
        )
    if text == Role.OWNER:
        raise Conflict(
            _("An organisation has one owner; its owner hands it over on the page of members."), code="one_owner"
        )
    return Role(text)
