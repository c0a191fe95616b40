"""Staff set an organisation's ceilings for top-ups, and let what it tried before count no more."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.services import staff_changed_tell
from apps.core.errors import AppError, KeyReused
from apps.core.languages import plainly
from apps.core.money import CURRENCIES, fiat_text
from apps.organisations.models import Approval, Organisation
from apps.organisations.services import ActImpossible, Actor, approval_request, audit_record
from apps.payments import sentences as said
from apps.payments.models import Allowance
from apps.payments.services.holding import RIGHT, staff_of, why

MOST_MINOR = 10**12
DAYS_TO_DECIDE = timedelta(days=7)


class AllowanceInvalid(AppError):
    """These are no ceilings."""

    code = "allowance_invalid"


def allowance_give(
    *,
    allowance_id: uuid.UUID,
    organisation_id: uuid.UUID,
    currency: str,
    once_minor: int,
    day_minor: int,
    week_minor: int,
    until: datetime | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Allowance:
    """Set the ceilings, or ask a colleague where a day's is above the platform's limit; the same id does nothing again.

    Raises Denied, AllowanceInvalid, AppError without a reason, KeyReused, NobodyToApprove.
    """
    staff = staff_of(actor)
    if currency not in CURRENCIES or not 0 < once_minor <= day_minor <= week_minor <= MOST_MINOR:
        raise AllowanceInvalid(
            _("Each ceiling is an amount above 0, and no smaller than the one of a shorter time.")
        )
    if until is not None and until <= now:
        raise AllowanceInvalid(
            _("It must end later than now, or never."), fields={"until": [_("Name a later moment.")]}
        )
    facts = {
        "organisation_id": organisation_id,
        "currency": currency,
        "once_minor": once_minor,
        "day_minor": day_minor,
        "week_minor": week_minor,
        "until": until,
        "reason": why(reason),
    }
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
        earlier = Allowance.objects.filter(pk=allowance_id).first()
        if earlier is not None:
            if {name: getattr(earlier, name) for name in facts} != facts:
                raise KeyReused(_("This was given before, with other content; look at the list."))
            return earlier
        allowance = Allowance.objects.create(pk=allowance_id, given_by_id=staff.pk, created_at=now, **facts)
        if day_minor > settings.TOPUP_STAFF_ALONE_MINOR:
            allowance.approval = _ask(allowance, actor, now=now)
            allowance.save(update_fields=["approval"])
        else:
            _grant(allowance, actor, now=now)
    return allowance


def allowance_approved(*, approval: Approval, now: datetime) -> str:
    """Let the ceilings count as a colleague approved; return "allowance:<id>".

    Raises ActImpossible when who asked may not any more, or it has ended meanwhile.
    """
    allowance = (
        Allowance.objects.select_for_update(of=("self",))
        .select_related("given_by")
        .get(pk=approval.facts["allowance"])
    )
    staff = allowance.given_by
    if not (staff.is_active and staff.is_staff and staff.has_perm(RIGHT)):
        raise ActImpossible(_("Who asked may not set limits any more."))
    if allowance.until is not None and allowance.until <= now:
        raise ActImpossible(_("It would have ended by now."))
    _grant(allowance, Actor(kind="staff", user=staff), now=now)
    return f"allowance:{allowance.pk}"


def allowance_words(allowance: Allowance) -> str:
    """Return the ceilings as one phrase."""
    once, day, week = (
        fiat_text(minor, allowance.currency)
        for minor in (allowance.once_minor, allowance.day_minor, allowance.week_minor)
    )
    return f"{once} at once, {day} within 24 hours, {week} within seven days"


def _grant(allowance: Allowance, actor: Actor, *, now: datetime) -> None:
    allowance.granted_at = now
    allowance.save(update_fields=["granted_at"])
    audit_record(
        organisation_id=allowance.organisation_id,
        actor=actor,
        act="allowance.given",
        subject=f"allowance:{allowance.pk}",
        after={
            "currency": allowance.currency,
            "once_minor": allowance.once_minor,
            "day_minor": allowance.day_minor,
            "week_minor": allowance.week_minor,
            "until": allowance.until,
            "reason": allowance.reason,
        },
        now=now,
    )
    with plainly():
        amounts = {
            name: fiat_text(minor, allowance.currency)
            for name, minor in (
                ("once", allowance.once_minor),
                ("day", allowance.day_minor),
                ("week", allowance.week_minor),
            )
        }
    staff_changed_tell(
        organisation_id=allowance.organisation_id,
        subject=f"allowance:{allowance.pk}",
        key=f"allowance:{allowance.pk}",
        sentence=said.ALLOWED % amounts,
        reason=allowance.reason,
        now=now,
    )


def _ask(allowance: Allowance, actor: Actor, *, now: datetime) -> Approval:
    name: str = Organisation.objects.values_list("name", flat=True).get(pk=allowance.organisation_id)
    return approval_request(
        organisation_id=allowance.organisation_id,
        kind="allowance",
        subject=f"allowance:{allowance.pk}",
        amount_micro=None,
        worst_case=f"{name} may top up {allowance_words(allowance)}.",
        reason=allowance.reason,
        requester=None,
        facts={
            "allowance": str(allowance.pk),
            "lines": [["For", name], [_("May top up"), allowance_words(allowance)]],
        },
        deadline=now + DAYS_TO_DECIDE,
        actor=actor,
        now=now,
    )
