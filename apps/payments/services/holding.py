"""A payment that Radar thinks risky is held; staff release it, and its credits come, or send it back.

Either way it is booked exactly once: released it becomes paid and is credited in the same transaction; sent back it is
credited and its refund takes the credits in one, so that nobody can spend them between.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.money import fiat_text
from apps.organisations.models import Approval
from apps.organisations.services import ActImpossible, Actor, approval_request, audit_record
from apps.payments.models import Refund, TopUp
from apps.payments.services.crediting import topup_credited
from apps.payments.services.refunding import refund_want
from apps.payments.services.topups import topup_lock
from apps.payments.states import State, topup_move

RIGHT = "payments.release_topup"
DAYS_TO_DECIDE = timedelta(days=7)


def topup_release(*, topup_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> TopUp | Approval:
    """Let a held payment's credits come, or ask a colleague where it is larger than one person may release.

    Raises Denied, NotFound, Conflict for one that is not held (any more), AppError without a reason,
    NobodyToApprove.
    """
    staff, reason = staff_of(actor), why(reason)
    with transaction.atomic():
        topup = _held(topup_id)
        if topup.quote.net_minor > settings.TOPUP_STAFF_ALONE_MINOR:
            return _ask(topup, staff, reason, actor=actor, now=now)
        _release(topup, staff, reason, actor=actor, now=now)
    return topup


def release_approved(*, approval: Approval, now: datetime) -> str:
    """Release the payment as a colleague approved; return "topup:<id>". Raises ActImpossible when it is decided."""
    try:
        topup = _held(uuid.UUID(approval.facts["topup"]))
    except (Conflict, NotFound) as over:
        raise ActImpossible(over.message) from over
    staff = topup.user.__class__.objects.get(pk=approval.facts["staff"])
    if not _may(staff):
        raise ActImpossible(_("Who asked may not release payments any more."))
    _release(topup, staff, approval.reason, actor=Actor(kind="staff", user=staff), now=now)
    return f"topup:{topup.pk}"


def topup_return(*, topup_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> Refund:
    """Send a held payment back whole; its credits never can be spent. Raises as `topup_release`."""
    staff, reason = staff_of(actor), why(reason)
    with transaction.atomic():
        topup = _held(topup_id)
        _decide(topup, staff, "topup.returned", reason, actor=actor, now=now)
        return refund_want(
            topup_id=topup.pk,
            gross_minor=topup.price.total_minor,
            reason=_("The payment could not be accepted"),
            actor=actor,
            now=now,
        )


def staff_of(actor: Actor) -> AbstractUser:
    """Return who acts, one of the platform's people with the right. Raises Denied."""
    if actor.user is None or not _may(actor.user):
        raise Denied(_("Limits of payments are set by the platform's own people who have the right to."))
    return actor.user


def why(reason: str) -> str:
    """Return the reason in one line. Raises AppError where there is none."""
    line = " ".join(reason.split())[:500]
    if not line:
        raise AppError(_("Say why; others will ask."), code="reason_missing", fields={"reason": [_("Say why.")]})
    return line


def _held(topup_id: uuid.UUID) -> TopUp:
    if not TopUp.objects.filter(pk=topup_id).exists():
        raise NotFound(_("There is no such top-up."))
    topup = topup_lock(topup_id)
    if topup.state != State.HELD:
        told = {"state": topup.get_state_display().lower()}
        raise Conflict(_("This top-up is %(state)s, not held; somebody decided before.") % told)
    return topup


def _release(topup: TopUp, staff: AbstractUser, reason: str, *, actor: Actor, now: datetime) -> None:
    _decide(topup, staff, "topup.released", reason, actor=actor, now=now)


def _decide(topup: TopUp, staff: AbstractUser, act: str, reason: str, *, actor: Actor, now: datetime) -> None:
    """Credit the locked top-up, and write in the organisation's trail who decided what, and why."""
    topup_move(topup, State.PAID)
    topup.released_by_id, topup.released_at = staff.pk, now
    topup.save()
    topup_credited(topup, now=now)
    audit_record(
        organisation_id=topup.organisation_id,
        actor=actor,
        act=act,
        subject=f"topup:{topup.pk}",
        before={"state": "held"},
        after={"state": "paid", "reason": reason, "total_minor": topup.price.total_minor},
        now=now,
    )


def _ask(topup: TopUp, staff: AbstractUser, reason: str, *, actor: Actor, now: datetime) -> Approval:
    total, name = fiat_text(topup.price.total_minor, topup.price.currency), topup.organisation.name
    return approval_request(
        organisation_id=topup.organisation_id,
        kind="release",
        subject=f"topup:{topup.pk}",
        amount_micro=None,
        worst_case=_("The held payment of %(total)s is released, and %(name)s gets its credits.")
        % {"total": total, "name": name},
        reason=reason,
        requester=None,
        facts={
            "topup": str(topup.pk),
            "staff": staff.pk,
            "lines": [["For", name], ["Payment", total], ["Held because", topup.held_reason]],
        },
        deadline=now + DAYS_TO_DECIDE,
        actor=actor,
        now=now,
    )


def _may(staff: AbstractUser) -> bool:
    return staff.is_active and staff.is_staff and staff.has_perm(RIGHT)
