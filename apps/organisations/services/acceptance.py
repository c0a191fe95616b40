"""Following an invitation's link: finding it by its token, and taking the place it offers."""

import hmac
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, NotFound
from apps.core.wiring import announce
from apps.organisations.models import Invitation, Membership, Organisation, ProjectMembership
from apps.organisations.roles import Role
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.invitations import SIGNER, token_digest
from apps.users.models import User
from apps.users.selectors import user_has_address
from apps.users.services import user_make


class InvitationOver(Conflict):
    """The link no longer opens anything."""

    code = "invitation_over"
    status = 410


class WrongAddress(Conflict):
    """The invitation is for another address than those of the person who is signed in."""

    code = "wrong_address"


def invitation_find(*, token: str, now: datetime) -> Invitation:
    """Return the open invitation of a link's token, with its organisation and sender.

    Raises NotFound for a token that is not one of ours, InvitationOver with the reason for one that opens nothing.
    """
    try:
        invitation_id = UUID(hex=SIGNER.unsign(token).partition("-")[0])
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(
            _("This invitation link is not whole; open it from the mail again, or copy all of it.")
        ) from error
    rows = Invitation.objects.select_related("organisation", "invited_by")
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound(_("This invitation no longer exists; ask for a new one."))
    _open_check(invitation, token, now=now)
    return invitation


def invitation_accept(*, token: str, user: User, actor: Actor, now: datetime) -> Membership:
    """Give the person the place that the link offers, once.

    Raises WrongAddress unless one of the person's confirmed addresses was invited, InvitationOver, NotFound, Conflict
    for somebody who is a member already.
    """
    with transaction.atomic():
        invitation = _lock(token, now=now)
        if not user_has_address(user, invitation.email):
            raise WrongAddress(
                _(
                    "This invitation is for %(invitation)s, and you are signed in as %(user)s: sign out, and "
                    "open the link again."
                )
                % {"invitation": invitation.email, "user": user.email}
            )
        return _join(invitation, user, actor, now=now)


def invitation_sign_up(*, token: str, name: str, password: str, actor: Actor, now: datetime) -> Membership:
    """Make the invited person's account and give them the place: having the link proves that the address is theirs.

    Raises InvitationOver, NotFound, and Conflict when the address has an account, which must sign in instead.
    """
    with transaction.atomic():
        invitation = _lock(token, now=now)
        user = user_make(email=invitation.email, name=name, password=password)
        return _join(invitation, user, replace(actor, user=user), now=now)


def _lock(token: str, *, now: datetime) -> Invitation:
    """Find the invitation, lock the organisation's people, and look again: a twin may have been faster."""
    found = invitation_find(token=token, now=now)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=found.organisation_id)
    organisation.require_working()
    invitation = Invitation.objects.select_related("invited_by").get(pk=found.pk)
    invitation.organisation = organisation
    _open_check(invitation, token, now=now)
    return invitation


def _open_check(invitation: Invitation, token: str, *, now: datetime) -> None:
    name = invitation.organisation.name
    match invitation.state(now):
        case Invitation.State.ACCEPTED:
            raise InvitationOver(
                _("This invitation to %(name)s has been used; whoever used it signs in as usual.")
                % {"name": name},
                step=(_("Sign in"), reverse("account_login")),
            )
        case Invitation.State.REVOKED:
            raise InvitationOver(
                _("This invitation to %(name)s was taken back; ask there for a new one.") % {"name": name}
            )
        case Invitation.State.EXPIRED:
            raise InvitationOver(
                _("This invitation to %(name)s has expired; ask %(invited_by)s to send it again.")
                % {"name": name, "invited_by": invitation.invited_by}
            )
    if not hmac.compare_digest(invitation.digest, token_digest(token)):
        raise InvitationOver(_("A newer link to %(name)s was sent since; open that one.") % {"name": name})
    invitation.organisation.require_working()


def _join(invitation: Invitation, user: User, actor: Actor, *, now: datetime) -> Membership:
    organisation = invitation.organisation
    if organisation.memberships.filter(user=user).exists():
        raise Conflict(
            _("You are a member of %(organisation)s already; your role there stays as it is.")
            % {"organisation": organisation.name},
            code="member_already",
            step=(
                _("Go to %(organisation)s") % {"organisation": organisation.name},
                reverse("console:home", args=[organisation.slug]),
            ),
        )
    limited = invitation.projects is not None
    member = Membership.objects.create(
        organisation=organisation, user=user, role=invitation.role, limited=limited, visited_at=now
    )
    _projects_give(member, invitation)
    announce("organisations.invitation_accepted", invitation_id=str(invitation.pk))
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    audit_record(
        organisation_id=organisation.pk,
        actor=actor,
        act="member.joined",
        subject=f"member:{member.pk}",
        after={"role": member.role, "email": user.email, "invitation": str(invitation.pk), "limited": limited},
        now=now,
    )
    return member


def _projects_give(member: Membership, invitation: Invitation) -> None:
    """Give the projects of the invitation, as far as they still belong to the organisation."""
    roles = {UUID(pk): Role(role) for pk, role in (invitation.projects or {}).items()}
    found = member.organisation.projects.filter(pk__in=roles)
    ProjectMembership.objects.bulk_create(
        ProjectMembership(membership=member, project=project, role=roles[project.pk]) for project in found
    )
