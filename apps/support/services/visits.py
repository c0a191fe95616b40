"""Acts on visits: asked for, approved, begun, looked, ended. The organisation's own trail tells each of them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.mail import mail_write
from apps.core.sweeping import each_apart
from apps.organisations.models import Approval, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import approvers_of
from apps.organisations.services import Actor, approval_request, audit_record
from apps.support.models import MINUTES_MAXIMUM, Visit, VisitLook
from apps.users.models import User

PERMISSION = "support.visit_organisations"
WAITS = timedelta(days=3)  # for the organisation's approval
KEEPS = timedelta(hours=24)  # an approved visit begins within this, or not at all
KIND = "visit"


def visit_request(
    *,
    staff: User,
    organisation: Organisation,
    member_id: int,
    reason: str,
    minutes: int,
    actor: Actor,
    now: datetime,
) -> Visit:
    """Ask the organisation for a visit; its owner and admins are told by mail and decide on a page.

    Raises Denied for whoever may not visit, NotFound for somebody who is no member there, AppError for a missing reason
    or too many minutes.
    """
    member, reason = _checked(staff, organisation, member_id, reason, minutes)
    with transaction.atomic():
        visit = Visit.objects.create(
            organisation=organisation,
            staff=staff,
            member=member.user,
            reason=reason,
            minutes=minutes,
            created_at=now,
        )
        visit.approval = approval_request(
            organisation_id=organisation.pk,
            kind=KIND,
            subject=f"visit:{visit.pk}",
            amount_micro=None,
            worst_case=f"{staff} of {settings.PLATFORM_NAME} looks around as {member.user} for {minutes} minutes and "
            "changes nothing.",
            reason=reason,
            requester=None,
            facts={
                "visit": str(visit.pk),
                "lines": [
                    ["Who", f"{staff} ({staff.email})"],
                    ["As", f"{member.user}"],
                    ["For", f"{minutes} minutes from when it begins, within a day"],
                    ["Sees", f"what {member.user} sees; no secret, no key"],
                ],
            },
            deadline=now + WAITS,
            actor=actor,
            now=now,
        )
        visit.save(update_fields=["approval"])
    return visit


def visit_approved(*, approval: Approval, now: datetime) -> str:
    """Let an approved visit begin, in the approving transaction; return its name."""
    visit = Visit.objects.select_for_update().get(pk=approval.facts["visit"])
    if visit.approved_at is None:
        visit.approved_at = now
        visit.save(update_fields=["approved_at"])
    return f"visit:{visit.pk}"


def visit_break_glass(
    *,
    staff: User,
    organisation: Organisation,
    member_id: int,
    reason: str,
    minutes: int,
    actor: Actor,
    now: datetime,
) -> Visit:
    """Begin a visit that nobody approved, for an emergency: superusers only, and everybody concerned is told at once.

    Raises Denied for other staff, and as visit_request does.
    """
    if not staff.is_superuser:
        raise Denied(_("Only a superuser may look in without the organisation's approval."))
    member, reason = _checked(staff, organisation, member_id, reason, minutes)
    with transaction.atomic():
        visit = Visit.objects.create(
            organisation=organisation,
            staff=staff,
            member=member.user,
            reason=reason,
            minutes=minutes,
            glass_broken=True,
            created_at=now,
        )
        _record(visit, "visit.glass_broken", actor, now=now, after={"reason": reason, "minutes": minutes})
        for user in approvers_of(organisation.pk, KIND, but=staff):
            _mail(visit, user.email, language=user.language)
        _mail(visit, settings.STAFF_EMAIL)
        return _begin(visit, actor=actor, now=now)


def visit_begin(*, staff: User, visit_id: UUID, actor: Actor, now: datetime) -> Visit:
    """Begin an approved visit of the member of staff's own; one that runs already is returned.

    Raises NotFound for another's, Conflict for one that is not approved, too old, or over.
    """
    with transaction.atomic():
        rows = Visit.objects.select_for_update(of=("self",)).select_related("organisation", "member", "staff")
        found = rows.filter(pk=visit_id, staff=staff).first()
        if found is None:
            raise NotFound(_("There is no such visit of yours."))
        if not staff.has_perm(PERMISSION):
            raise Denied(_("You may not look into organisations."))
        if found.ended_at is not None:
            raise Conflict(_("This visit is over; ask for a new one."), code="visit_over")
        if found.began_at is not None:
            return found
        if found.approved_at is None:
            raise Conflict(
                _("%(name)s has not approved this visit yet.") % {"name": found.organisation}, code="visit_waits"
            )
        if found.approved_at + KEEPS < now:
            raise Conflict(_("This approval is older than a day; ask for a new visit."), code="visit_old")
        return _begin(found, actor=actor, now=now)


def visit_looked(*, visit: Visit, path: str, actor: Actor, now: datetime) -> None:
    """Note a page in the organisation's trail before it is shown; each page once a visit."""
    with transaction.atomic():
        look, made = VisitLook.objects.get_or_create(visit=visit, path=path[:300], defaults={"at": now})
        if made:
            _record(visit, "visit.looked", actor, now=now, after={"page": look.path})


def visit_end(*, visit_id: UUID, how: Visit.How, actor: Actor, now: datetime) -> Visit | None:
    """End a visit at once and write into the trail what was looked at. A repeat changes nothing."""
    with transaction.atomic():
        rows = Visit.objects.select_for_update(of=("self",)).select_related("organisation", "member", "staff")
        visit = rows.filter(pk=visit_id).first()
        if visit is None or visit.ended_at is not None:
            return visit
        began = visit.began_at is not None
        visit.ended_at, visit.ended_how = now, how
        visit.save(update_fields=["ended_at", "ended_how"])
        looks = list(visit.looks.order_by("id").values_list("path", flat=True)[:200]) if began else []
        _record(visit, "visit.ended", actor, now=now, after={"how": how, "began": began, "pages": looks})
    return visit


def visit_revoke(*, membership: Membership, visit_id: UUID, actor: Actor, now: datetime) -> Visit:
    """End a visit as the organisation: it holds from staff's next request on. A repeat changes nothing.

    Raises Denied for a role that may not decide, NotFound for another organisation's.
    """
    membership.require(Permission.APPROVALS_DECIDE)
    if not Visit.objects.filter(pk=visit_id, organisation=membership.organisation).exists():
        raise NotFound(_("There is no such visit in this organisation."))
    ended = visit_end(visit_id=visit_id, how=Visit.How.REVOKED, actor=actor, now=now)
    assert ended is not None
    return ended


def visits_end(*, now: datetime) -> int:
    """End every visit whose time is over; return how many."""
    over = list(Visit.objects.filter(ended_at=None, expires_at__lte=now).values_list("pk", flat=True))
    how, actor = Visit.How.EXPIRED, Actor.system()
    return len(each_apart(over, lambda one: visit_end(visit_id=one, how=how, actor=actor, now=now)))


def _begin(visit: Visit, *, actor: Actor, now: datetime) -> Visit:
    visit.began_at, visit.expires_at = now, now + timedelta(minutes=visit.minutes)
    try:
        with transaction.atomic():
            visit.save(update_fields=["began_at", "expires_at"])
    except IntegrityError as error:
        raise Conflict(_("You are on another visit; end that one first."), code="visit_other") from error
    _record(visit, "visit.began", actor, now=now, after={"reason": visit.reason, "until": visit.expires_at})
    return visit


def _checked(
    staff: User, organisation: Organisation, member_id: int, reason: str, minutes: int
) -> tuple[Membership, str]:
    if not staff.is_staff or not staff.has_perm(PERMISSION):
        raise Denied(_("You may not look into organisations."))
    reason = " ".join(reason.replace("\x00", "").split())
    if not 10 <= len(reason) <= 500:
        sentence = _("Say why in 10 to 500 characters: the organisation reads it.")
        raise AppError(sentence, code="reason_invalid", status=422, fields={"reason": [sentence]})
    if not 1 <= minutes <= MINUTES_MAXIMUM:
        sentence = _("A visit lasts 1 to %(most)s minutes.") % {"most": MINUTES_MAXIMUM}
        raise AppError(sentence, code="minutes_invalid", status=422, fields={"minutes": [sentence]})
    member = organisation.memberships.select_related("user").filter(pk=member_id).first()
    if member is None:
        raise NotFound(_("There is no such member in that organisation."))
    return member, reason


def _record(visit: Visit, act: str, actor: Actor, *, now: datetime, after: dict[str, object]) -> None:
    audit_record(
        organisation_id=visit.organisation_id,
        actor=actor,
        act=act,
        subject=f"visit:{visit.pk}",
        after=after,
        now=now,
    )


def _mail(visit: Visit, address: str, *, language: str = "") -> None:
    mail_write(
        key=f"visit:{visit.pk}:{address}",
        to=address,
        template="visit_begun",
        language=language,
        context={
            "visit": visit,
            "platform": settings.PLATFORM_NAME,
            "url": settings.BASE_URL + reverse("support:visits_of", args=[visit.organisation.slug]),
        },
    )
