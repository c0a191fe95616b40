"""Acts on invitations: send, send again, revoke. Accepting is in acceptance.py.

A link holds a token: the invitation's id and 192 random bits, signed. The row keeps its SHA-256, the mail is sealed,
so no table gives the link away. A new link ends the old one.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.mail import mail_write
from apps.core.words import in_sentence
from apps.organisations.models import Invitation, Membership
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.organisations.selectors.invitations import invitation_get
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import hands_on, people_lock, role_read

LIFE = timedelta(days=7)
OPEN_MAXIMUM = 100  # open invitations of one organisation
MAILS_A_DAY = 200  # links that one organisation sends within 24 hours
EMAIL_MAXIMUM = 254
SENDS_MAXIMUM = 5  # links of one invitation
LIMITABLE = (Role.DEVELOPER, Role.VIEWER)  # roles that can be limited to projects
SIGNER = signing.Signer(salt="organisations.invitation", sep=".")


def invitation_send(
    *,
    membership: Membership,
    email: str,
    role: str,
    projects: Mapping[UUID, Role] | None = None,
    actor: Actor,
    now: datetime,
) -> Invitation:
    """Offer a place to an address and mail the link, which works once, for 7 days.

    `projects` limits a developer or viewer to these, in each with the role beside it. Raises Denied for a role above
    one's own, Conflict for members, for addresses that have an open invitation, and beyond the limits, NotFound for
    foreign projects, AppError for a role that cannot be had in a project.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        return invitation_write(acting, email=email, role=role, projects=projects, actor=actor, now=now)


def invitation_write(
    acting: Membership,
    *,
    email: str,
    role: str,
    projects: Mapping[UUID, Role] | None = None,
    actor: Actor,
    now: datetime,
) -> Invitation:
    """Write one invitation under the lock of the organisation's people; see invitation_send."""
    email, wanted = email_read(email), role_read(role)
    _role_check(acting, wanted)
    preset = None if projects is None else projects_check(acting, wanted, projects)
    if acting.organisation.memberships.filter(user__email=email).exists():
        raise Conflict(
            _("%(email)s is a member of %(organisation)s already.")
            % {"email": email, "organisation": acting.organisation.name},
            code="member_already",
        )
    invitations_end_expired(acting, email, now=now)
    if acting.organisation.invitations.filter(email=email, accepted_at=None, revoked_at=None).exists():
        raise Conflict(
            _("%(email)s has an open invitation; send that one again.") % {"email": email}, code="invitation_open"
        )
    _limits_check(acting, now=now)
    invitation = Invitation(
        organisation=acting.organisation,
        email=email,
        role=wanted,
        projects=preset,
        invited_by=acting.user,
        created_at=now,
    )
    _link_renew(invitation, now=now)
    _told(invitation, actor, "invitation.sent", after=_facts(invitation), now=now)
    return invitation


def invitation_resend(*, membership: Membership, invitation_id: UUID, actor: Actor, now: datetime) -> Invitation:
    """Mail a new link, for another 7 days; the old one ends. Whoever sends it stands for the invitation.

    Raises NotFound, Conflict for one that is over or was sent too often, Denied for a role above one's own.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        invitation = _find(acting, invitation_id)
        if invitation.state(now) not in (Invitation.State.OPEN, Invitation.State.EXPIRED):
            raise Conflict(
                _("This invitation is %(now)s; send a new one.") % {"now": invitation.state(now)},
                code="invitation_over",
            )
        _role_check(acting, Role(invitation.role))
        if invitation.sends >= SENDS_MAXIMUM:
            raise Conflict(
                _(
                    "This invitation was sent %(sends_maximum)s times; check the address, or revoke it and "
                    "invite anew."
                )
                % {"sends_maximum": SENDS_MAXIMUM},
                code="invitation_limit",
            )
        _limits_check(acting, now=now, resent=True)
        invitation.sends, invitation.invited_by = invitation.sends + 1, acting.user
        _link_renew(invitation, now=now)
        _told(invitation, actor, "invitation.resent", after={"sends": invitation.sends}, now=now)
        return invitation


def invitation_revoke(*, membership: Membership, invitation_id: UUID, actor: Actor, now: datetime) -> Invitation:
    """End an invitation: its link opens nothing any more. A repeat changes nothing.

    Raises NotFound, and Conflict when it was accepted already.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        invitation = _find(acting, invitation_id)
        if invitation.accepted_at is not None:
            raise Conflict(
                _("%(invitation)s has joined already; remove the member instead.")
                % {"invitation": invitation.email},
                code="invitation_over",
            )
        if invitation.revoked_at is None:
            _revoke(invitation, actor, now=now)
        return invitation


def invitations_of_member_revoke(
    *, member: Membership, kept: Collection[Role], actor: Actor, now: datetime
) -> None:
    """Revoke the open invitations a member sent, but for the roles in `kept`: nobody outlives their right to invite.

    Must run under the lock of the organisation's people.
    """
    sent = Invitation.objects.filter(
        organisation=member.organisation_id, invited_by=member.user_id, accepted_at=None, revoked_at=None
    )
    for invitation in sent.exclude(role__in=[role.value for role in kept]).order_by("id"):
        _revoke(invitation, actor, now=now)


def invitations_end_expired(acting: Membership, email: str, *, now: datetime) -> None:
    """Let an expired invitation of the address make room for a new one."""
    acting.organisation.invitations.filter(
        email=email, accepted_at=None, revoked_at=None, expires_at__lte=now
    ).update(revoked_at=now)


def projects_check(acting: Membership, role: Role, projects: Mapping[UUID, Role]) -> dict[str, str]:
    """Return project id to role, as an invitation keeps it. Raises Conflict, NotFound and AppError."""
    if role not in LIMITABLE:
        raise Conflict(
            _("Only developers and viewers can be limited to projects; %(role)s is a role for all of them.")
            % {"role": in_sentence(role.label)},
            code="role_not_limitable",
        )
    for inside in projects.values():
        project_role_check(role, inside)
    found = acting.organisation.projects.filter(pk__in=list(projects), archived_at=None).order_by("id")
    preset = {str(pk): projects[pk].value for pk in found.values_list("pk", flat=True)}
    if not preset or len(preset) < len(projects):
        raise NotFound(
            _("One of these projects is not a live project of this organisation; choose from the list.")
        )
    return preset


def project_role_check(role: Role, inside: Role) -> None:
    """Pass if somebody invited as `role` can be `inside` in a project: it narrows. Raises AppError with a sentence."""
    if inside not in LIMITABLE:
        sentence = _("In a project somebody is developer or viewer, not %(inside)s.") % {
            "inside": in_sentence(inside.label)
        }
    elif not ROLE_PERMISSIONS[inside] <= ROLE_PERMISSIONS[role]:
        more = in_sentence(inside.label)
        sentence = _("A %(role)s cannot be %(more)s in a project; invite them as %(more)s.") % {
            "role": in_sentence(role.label),
            "more": more,
        }
    else:
        return
    raise AppError(sentence, code="project_role_invalid", status=422, fields={"projects": [sentence]})


def email_read(text: str) -> str:
    """Return the address, lower-case. Raises AppError with a sentence for what is none."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        shown = email[:60].replace("\x00", "") or "nothing"
        sentence = _("“%(shown)s” is not an e-mail address; write it like name@company.com.") % {"shown": shown}
        raise AppError(sentence, code="email_invalid", status=422, fields={"email": [sentence]}) from error
    if len(email) > EMAIL_MAXIMUM:
        sentence = _("An e-mail address has %(email_maximum)s characters at most.") % {
            "email_maximum": EMAIL_MAXIMUM
        }
        raise AppError(sentence, code="email_invalid", status=422, fields={"email": [sentence]})
    return email


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _revoke(invitation: Invitation, actor: Actor, *, now: datetime) -> None:
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    _told(invitation, actor, "invitation.revoked", before=_facts(invitation), now=now)


def _find(acting: Membership, invitation_id: UUID) -> Invitation:
    found = invitation_get(acting.organisation, invitation_id)
    found.organisation = acting.organisation
    return found


def _role_check(acting: Membership, role: Role) -> None:
    if not hands_on(Role(acting.role), role):
        raise Denied(
            _("You cannot invite somebody as %(role)s: that role may more than your own.")
            % {"role": in_sentence(role.label)}
        )


def _limits_check(acting: Membership, *, now: datetime, resent: bool = False) -> None:
    rows = acting.organisation.invitations
    if not resent and rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=now).count() >= OPEN_MAXIMUM:
        raise Conflict(
            _(
                "%(organisation)s has %(open_maximum)s open invitations; wait until some are accepted, or "
                "revoke those that are not needed."
            )
            % {"organisation": acting.organisation.name, "open_maximum": OPEN_MAXIMUM},
            code="invitation_limit",
        )
    sent: int = rows.filter(sent_at__gt=now - timedelta(days=1)).aggregate(n=Sum("sends"))["n"] or 0
    if sent >= MAILS_A_DAY:
        raise AppError(
            _("%(organisation)s has sent %(mails_a_day)s invitations within a day; send the next ones tomorrow.")
            % {"organisation": acting.organisation.name, "mails_a_day": MAILS_A_DAY},
            code="invitation_limit",
            status=429,
        )


def _link_renew(invitation: Invitation, *, now: datetime) -> None:
    token = SIGNER.sign(f"{invitation.pk.hex}-{secrets.token_urlsafe(24)}")
    invitation.digest, invitation.sent_at, invitation.expires_at = token_digest(token), now, now + LIFE
    invitation.save()
    mail_write(
        key=f"invitation:{invitation.pk}:{invitation.sends}",
        to=invitation.email,
        template="invitation",
        language=invitation.invited_by.language,
        context={
            "invitation": invitation,
            "organisation": invitation.organisation,
            "by": invitation.invited_by,
            "platform": settings.PLATFORM_NAME,
            "url": settings.BASE_URL + reverse("organisations:invitation", args=[token]),
        },
        sealed=True,
    )


def _facts(invitation: Invitation) -> dict[str, Any]:
    return {"email": invitation.email, "role": invitation.role, "projects": invitation.projects}


def _told(invitation: Invitation, actor: Actor, act: str, *, now: datetime, **sides: Any) -> None:
    audit_record(
        organisation_id=invitation.organisation_id,
        actor=actor,
        act=act,
        subject=f"invitation:{invitation.pk}",
        now=now,
        **sides,
    )
