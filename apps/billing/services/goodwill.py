"""Goodwill: credits that staff give, and that a second person approves where they are many.

The limit counts what one person gave one organisation within 30 days, so that no row of small gifts leads around it.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid
from apps.billing.events import GOODWILL_GIVEN
from apps.billing.models import Goodwill, Lot, TrialExtension
from apps.billing.services.limits import wallet_lock
from apps.billing.services.lots import lot_grant
from apps.core.errors import AppError, Denied, KeyReused
from apps.core.languages import plainly
from apps.core.moments import moment_sent
from apps.core.money import MICRO, credits_text
from apps.ledger.services.transfers import LIMIT
from apps.notifications.services import event_emit
from apps.organisations.models import Approval, Organisation
from apps.organisations.services import (
    ActImpossible,
    Actor,
    approval_request,
    audit_record,
    organisation_keep_open,
)

COUNTED = timedelta(days=30)
DAYS_TO_DECIDE = 14
RIGHT = "billing.add_goodwill"


def goodwill_give(
    *,
    goodwill_id: uuid.UUID,
    organisation_id: uuid.UUID,
    micro: int,
    credit_days: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Goodwill:
    """Give an organisation credits, or ask for the approval above the platform's limit; the same id again does nothing.

    Raises Denied for who may not, AmountInvalid, AppError without a reason, Closed, KeyReused for the same id with
    other content, and what approval_request raises.
    """
    staff = actor.user
    if staff is None or not _allowed(staff):
        raise Denied(_("Goodwill is given by the platform's own people who have the right to."))
    reason = " ".join(reason.split())
    if type(micro) is not int or not 0 < micro <= LIMIT or (credit_days is not None and credit_days < 1):
        raise AmountInvalid(_("Goodwill is a positive amount of credits that last for a day at least."))
    if not reason:
        raise AppError(_("Say why; others will ask."), code="reason_missing", fields={"reason": [_("Say why.")]})
    facts = {
        "organisation_id": organisation_id,
        "micro": micro,
        "credit_days": credit_days,
        "reason": reason[:500],
    }
    with transaction.atomic():
        organisation_keep_open(organisation_id)
        wallet_lock(organisation_id)
        earlier = Goodwill.objects.filter(pk=goodwill_id).first()
        if earlier is not None:
            if {name: getattr(earlier, name) for name in facts} != facts:
                raise KeyReused(_("These credits were given before, with other content; look at the list."))
            return earlier
        needed = given_alone(organisation_id, staff.pk, now=now) + micro > settings.GOODWILL_LIMIT_CREDITS * MICRO
        goodwill = Goodwill.objects.create(pk=goodwill_id, given_by=staff, created_at=now, **facts)
        if needed:
            goodwill.approval = _ask(goodwill, actor, now=now)
            goodwill.save(update_fields=["approval"])
        else:
            _give(goodwill, actor, now=now)
    return goodwill


def goodwill_approved(*, approval: Approval, now: datetime) -> str:
    """Give the credits as they were approved and return "goodwill:<id>".

    Raises ActImpossible when who asked is no longer allowed to, or the organisation was closed.
    """
    found = (
        Goodwill.objects.select_related("given_by", "organisation").filter(pk=approval.facts["goodwill"]).first()
    )
    if found is None or not _allowed(found.given_by):
        raise ActImpossible(_("Who asked may not give goodwill any more."))
    if found.organisation.closed_at is not None:
        raise ActImpossible(_("%(organisation)s was closed meanwhile.") % {"organisation": found.organisation})
    organisation_keep_open(found.organisation_id)
    wallet_lock(found.organisation_id)
    if found.micro > (approval.amount_micro or 0):
        raise ActImpossible(_("It is more than was approved."))
    _give(found, Actor(kind="staff", user=found.given_by), now=now)
    return f"goodwill:{found.pk}"


def _give(goodwill: Goodwill, actor: Actor, *, now: datetime) -> None:
    """Give the credits as a lot of their own (available +, promotions −); the wallet is locked."""
    expires_at = now + timedelta(days=goodwill.credit_days) if goodwill.credit_days else None
    transfer = lot_grant(
        organisation_id=goodwill.organisation_id,
        kind=Lot.Kind.PROMOTIONAL,
        micro=goodwill.micro,
        key=f"goodwill:{goodwill.pk}",
        now=now,
        expires_at=expires_at,
    )
    goodwill.lot = Lot.objects.get(transfer=transfer)
    goodwill.save(update_fields=["lot"])
    audit_record(
        organisation_id=goodwill.organisation_id,
        actor=actor,
        act="goodwill.given",
        subject=f"goodwill:{goodwill.pk}",
        after={"micro": goodwill.micro, "expires_at": expires_at},
        now=now,
    )
    event_emit(
        organisation_id=goodwill.organisation_id,
        type=GOODWILL_GIVEN.name,
        subject=f"goodwill:{goodwill.pk}",
        key=f"goodwill:{goodwill.pk}",
        data={
            "goodwill": str(goodwill.pk),
            "credits_micro": goodwill.micro,
            "expires_at": expires_at and moment_sent(expires_at),
        },
        now=now,
    )


def given_alone(organisation_id: uuid.UUID, staff_id: int, *, now: datetime) -> int:
    """Return what the person gave the organisation lately without anybody's approval, trials too, in micro-NOS."""
    who = {"organisation_id": organisation_id, "given_by_id": staff_id, "approval": None}
    given: tuple[type[Goodwill] | type[TrialExtension], ...] = (Goodwill, TrialExtension)
    sums = (kind._default_manager.filter(**who, created_at__gt=now - COUNTED) for kind in given)
    return sum(int(rows.aggregate(micro=Sum("micro"))["micro"] or 0) for rows in sums)


def _ask(goodwill: Goodwill, actor: Actor, *, now: datetime) -> Approval:
    name = Organisation.objects.values_list("name", flat=True).get(pk=goodwill.organisation_id)
    with plainly():
        amount = said.CREDITS % {"credits": credits_text(goodwill.micro)}
    lasts = said.DAYS % {"days": goodwill.credit_days} if goodwill.credit_days else said.FOR_EVER
    lines = [[said.FOR, name], [said.AMOUNT, amount], [said.LASTS, lasts]]
    return approval_request(
        organisation_id=goodwill.organisation_id,
        kind="goodwill",
        subject=f"goodwill:{goodwill.pk}",
        amount_micro=goodwill.micro,
        worst_case=said.GOODWILL % {"name": name, "amount": amount},
        reason=goodwill.reason,
        requester=None,
        facts={"goodwill": str(goodwill.pk), "lines": lines},
        deadline=now + timedelta(days=DAYS_TO_DECIDE),
        actor=actor,
        now=now,
    )


def _allowed(staff: AbstractUser) -> bool:
    return staff.is_active and staff.is_staff and staff.has_perm(RIGHT)
