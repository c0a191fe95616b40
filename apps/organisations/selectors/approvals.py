"""Reading approvals: who may give one, what waits, one of them, and the link of a mail."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Approval, Grant, Membership
from apps.organisations.models.approvals import STAFF_KINDS
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.users.models import User

LINK_SALT = "organisations.approval"
STAFF_DECIDES = "organisations.change_approval"  # the right of staff who decide what colleagues ask for


def approvers_of(organisation_id: UUID, kind: str, *, but: User | None) -> list[User]:
    """Return everyone who may decide such a request: members, or staff, with the right to; never the requester."""
    if kind in STAFF_KINDS:
        people = ModelBackend().with_perm(STAFF_DECIDES).filter(is_staff=True)
    else:
        roles = [role for role in Role if Permission.APPROVALS_DECIDE in ROLE_PERMISSIONS[role]]
        people = User.objects.filter(
            is_active=True,
            memberships__organisation_id=organisation_id,
            memberships__role__in=roles,
            memberships__limited=False,
        )
    return list((people.exclude(pk=but.pk) if but else people).order_by("pk"))


def approvals_seen(grant: Grant) -> QuerySet[Approval]:
    """Return the requests the caller sees, newest first: all, or for whoever is limited to projects their own."""
    approvals = Approval.objects.filter(organisation=grant.organisation).exclude(kind__in=STAFF_KINDS)
    if grant.reach.projects is not None:
        own = Q(requester_id=grant.membership.user_id) if grant.membership else Q(pk=None)
        approvals = approvals.filter(own)
    return approvals.select_related("organisation", "requester", "decided_by").order_by("-id")


def approvals_open(grant: Grant) -> list[Approval]:
    """Return the requests that wait, the next deadline first; at most 100."""
    return list(approvals_seen(grant).filter(state=Approval.State.OPEN).order_by("deadline", "id")[:100])


def approvals_found(grant: Grant, *, kind: str, state: str) -> QuerySet[Approval]:
    """Return the requests that are over, of that kind and with that outcome; "" for any of both."""
    found = approvals_seen(grant).exclude(state=Approval.State.OPEN)
    if kind:
        found = found.filter(kind=kind)
    return found.filter(state=state) if state else found


def approval_get(grant: Grant, approval_id: UUID) -> Approval:
    """Return one request that the caller sees. Raises NotFound."""
    approval = approvals_seen(grant).filter(pk=approval_id).first()
    if approval is None:
        raise NotFound(_("There is no such request here; it may belong to another organisation."))
    return approval


def may_decide(membership: Membership, approval: Approval) -> bool:
    """Return whether the member may decide it now."""
    return (
        approval.state == Approval.State.OPEN
        and approval.requester_id != membership.user_id
        and membership.may(Permission.APPROVALS_DECIDE)
    )


@dataclass(frozen=True)
class ApprovalLink:
    """What the link of a mail says: which request, in which round, sent to whom."""

    approval_id: UUID
    round: int
    user_id: int


def approval_link_sign(approval: Approval, user: User) -> str:
    """Return the text that stands for one person's link to one round of a request."""
    return signing.dumps([str(approval.pk), approval.round, user.pk], salt=LINK_SALT)


def approval_link_read(token: str) -> ApprovalLink:
    """Return what the text says. Raises NotFound for one that we did not sign."""
    try:
        approval_id, round, user_id = signing.loads(token, salt=LINK_SALT)
        return ApprovalLink(UUID(approval_id), int(round), int(user_id))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound(_("This link is not complete; copy it whole from the e-mail.")) from error
