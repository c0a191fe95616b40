"""Acts on members: their role, their leaving, and who owns the organisation."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied
from apps.core.mail import mail_write
from apps.core.words import in_sentence
from apps.organisations.models import Membership
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors.memberships import member_get
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.invitations import invitations_of_member_revoke
from apps.organisations.services.keys import keys_of_member_revoke
from apps.organisations.services.people import hands_on, people_lock, role_read, roles_to_give


def member_role_change(
    *, membership: Membership, member_id: int, role: str, actor: Actor, now: datetime
) -> Membership:
    """Give a member another role; it holds from their next request on. The role they have already changes nothing.

    Raises Denied for a role above one's own, Conflict for the owner's, NotFound for somebody who is no member.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        wanted, member = role_read(role), member_get(acting.organisation, member_id)
        _may_handle(acting, member)
        if not hands_on(Role(acting.role), wanted):
            raise Denied(
                _("You cannot give the role %(wanted)s: it may more than your own.")
                % {"wanted": in_sentence(wanted.label)}
            )
        before = member.role
        if before != wanted:
            member.role = wanted
            member.save(update_fields=["role"])
            kept = roles_to_give(wanted) if member.may(Permission.MEMBERS_MANAGE) else []
            invitations_of_member_revoke(member=member, kept=kept, actor=actor, now=now)
            _told(member, actor, "member.role_changed", before={"role": before}, after={"role": wanted}, now=now)
        return member


def member_remove(*, membership: Membership, member_id: int, actor: Actor, now: datetime) -> Membership:
    """End somebody's membership, and with it their personal keys and the invitations they sent. A repeat is NotFound.

    What they launched goes on and stays in the records. Raises Denied for a role above one's own, Conflict for the
    owner, NotFound for somebody who is no member.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        member = member_get(acting.organisation, member_id)
        _may_handle(acting, member)
        _end(member, actor, "member.removed", now=now)
        return member


def member_leave(*, membership: Membership, actor: Actor, now: datetime) -> Membership:
    """End one's own membership. Raises Conflict for the owner, and NotFound when it has ended already."""
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_VIEW)
        if acting.role == Role.OWNER:
            raise Conflict(
                _("You own %(organisation)s, and an organisation needs an owner: hand it over first.")
                % {"organisation": acting.organisation.name},
                code="owner_stays",
                step=(_("Hand it over"), reverse("organisations:ownership", args=[acting.organisation.slug])),
            )
        _end(acting, actor, "member.left", now=now)
        return acting


def ownership_transfer(
    *, membership: Membership, member_id: int, confirmation: str, actor: Actor, now: datetime
) -> Membership:
    """Make another member the owner; the owner of before becomes an admin. Both are told by mail.

    `confirmation` must be the organisation's name, typed. Raises Denied for whoever is not the owner (any more),
    AppError for another name, Conflict for oneself, NotFound for somebody who is no member.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.ORGANISATION_CLOSE)
        name_confirm(acting, confirmation)
        heir = member_get(acting.organisation, member_id)
        if heir.pk == acting.pk:
            raise Conflict(
                _("You own %(organisation)s already; choose another member.")
                % {"organisation": acting.organisation.name},
                code="owner_already",
            )
        before = {"owner": acting.pk, "role": heir.role}
        acting.role = Role.ADMIN  # first: the database allows one owner at a time
        acting.save(update_fields=["role"])
        heir.role, heir.limited = Role.OWNER, False  # an owner answers for the whole organisation
        heir.save(update_fields=["role", "limited"])
        heir.project_memberships.all().delete()
        _told(
            heir,
            actor,
            "ownership.transferred",
            before=before,
            after={"owner": heir.pk, "role": heir.role},
            now=now,
        )
        _transfer_mail(acting, heir, now=now)
        return heir


def membership_visit(*, membership: Membership, now: datetime) -> None:
    """Remember that the person switched to this organisation: signing in leads here again."""
    Membership.objects.filter(pk=membership.pk).update(visited_at=now)


def name_confirm(acting: Membership, typed: str) -> None:
    """Pass if the organisation's name was typed. Raises AppError with a sentence beside the field."""
    if " ".join(typed.split()) != acting.organisation.name:
        sentence = _("Type the name exactly as it is: %(organisation)s") % {
            "organisation": acting.organisation.name
        }
        raise AppError(sentence, code="not_confirmed", status=422, fields={"confirmation": [sentence]})


def _may_handle(acting: Membership, member: Membership) -> None:
    if member.role == Role.OWNER:
        raise Conflict(
            _("%(member)s owns %(organisation)s; only the owner can hand it over.")
            % {"member": member.user, "organisation": acting.organisation.name},
            code="one_owner",
        )
    if not hands_on(Role(acting.role), Role(member.role)):
        raise Denied(
            _("%(member)s may more than you here; an owner or admin can change that.") % {"member": member.user}
        )


def _end(member: Membership, actor: Actor, act: str, *, now: datetime) -> None:
    invitations_of_member_revoke(member=member, kept=[], actor=actor, now=now)
    keys_of_member_revoke(membership=member, actor=actor, now=now)
    _told(member, actor, act, before={"role": member.role, "email": member.user.email}, now=now)
    Membership.objects.filter(pk=member.pk).delete()  # `member` keeps its id: callers name whom they removed


def _told(
    member: Membership,
    actor: Actor,
    act: str,
    *,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    audit_record(
        organisation_id=member.organisation_id,
        actor=actor,
        act=act,
        subject=f"member:{member.pk}",
        before=before,
        after=after,
        now=now,
    )


def _transfer_mail(former: Membership, heir: Membership, *, now: datetime) -> None:
    for member in (former, heir):
        mail_write(
            key=f"ownership:{heir.pk}:{now.isoformat()}:{member.pk}",
            to=member.user.email,
            template="ownership",
            language=member.user.language,
            context={
                "organisation": former.organisation,
                "former": former.user,
                "heir": heir.user,
                "to_heir": member.pk == heir.pk,
                "platform": settings.PLATFORM_NAME,
                "url": settings.BASE_URL + reverse("organisations:members", args=[former.organisation.slug]),
            },
        )
