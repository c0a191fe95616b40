"""A longer trial: what is left of it lasts longer, and more credits may come; a second person approves much of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid
from apps.billing.models import Lot, TrialExtension, TrialGrant
from apps.billing.services.goodwill import given_alone
from apps.billing.services.limits import wallet_lock
from apps.billing.services.lots import lot_grant
from apps.billing.services.staff_changes import staff_changed_tell
from apps.core.errors import AppError, KeyReused
from apps.core.languages import plainly
from apps.core.moments import day_text
from apps.core.money import MICRO, credits_text
from apps.ledger.services.transfers import LIMIT
from apps.organisations.models import Approval, Organisation
from apps.organisations.services import (
    ActImpossible,
    Actor,
    approval_request,
    audit_record,
    organisation_keep_open,
    reason_read,
    staff_may,
    staff_require,
)

RIGHT = "billing.add_trialextension"
LONGEST_DAYS = 366
DAYS_TO_DECIDE = timedelta(days=14)


def trial_extend(
    *,
    extension_id: uuid.UUID,
    organisation_id: uuid.UUID,
    days: int,
    micro: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> TrialExtension:
    """Let what is left of a trial last `days` from now, and give `micro` more credits (may be 0) that last as long.

    Credits that expired do not come back: give them anew. More than one person may give, or longer, is asked for.
    The same id again does nothing. Raises Denied, NotFound, Closed, AmountInvalid, AppError where nothing would come
    of it or without a reason, KeyReused for the same id with other content, and what approval_request raises.
    """
    staff = staff_require(actor, RIGHT)
    if type(days) is not int or not 0 < days <= LONGEST_DAYS:
        raise AmountInvalid(_("A trial is made longer by 1 to %(days)s days.") % {"days": LONGEST_DAYS})
    if type(micro) is not int or not 0 <= micro <= LIMIT:
        raise AmountInvalid(_("Give a positive amount of credits, or none."))
    facts = {"organisation_id": organisation_id, "days": days, "micro": micro, "reason": reason_read(reason)}
    with transaction.atomic():
        organisation_keep_open(organisation_id)
        wallet_lock(organisation_id)
        earlier = TrialExtension.objects.filter(pk=extension_id).first()
        if earlier is not None:
            if {name: getattr(earlier, name) for name in facts} != facts:
                raise KeyReused(_("This was done before, with other content; look at the organisation's page."))
            return earlier
        if not micro and not _shorter(organisation_id, now + timedelta(days=days), now=now):
            raise AppError(
                _("Nothing is left of a trial that would end before then; give credits, too."), code="trial_over"
            )
        needed = (
            given_alone(organisation_id, staff.pk, now=now) + micro > settings.GOODWILL_LIMIT_CREDITS * MICRO
            or days > settings.TRIAL_STAFF_ALONE_DAYS
        )
        extension = TrialExtension.objects.create(pk=extension_id, given_by=staff, created_at=now, **facts)
        if needed:
            extension.approval = _ask(extension, actor, now=now)
            extension.save(update_fields=["approval"])
        else:
            _grant(extension, actor, now=now)
    return extension


def trial_approved(*, approval: Approval, now: datetime) -> str:
    """Make the trial longer as a colleague approved, from now on; return "trial:<id>".

    Raises ActImpossible when who asked may not any more, Closed.
    """
    extension = TrialExtension.objects.select_related("given_by").get(pk=approval.facts["extension"])
    if not staff_may(extension.given_by, RIGHT):
        raise ActImpossible(_("Who asked may not make trials longer any more."))
    organisation_keep_open(extension.organisation_id)
    wallet_lock(extension.organisation_id)
    if extension.granted_at is None:
        _grant(extension, Actor(kind="staff", user=extension.given_by), now=now)
    return f"trial:{extension.pk}"


def trial_left(organisation_id: uuid.UUID, *, now: datetime) -> list[Lot]:
    """Return the live lots of an organisation's trial, also those of its extensions and the parts in pots."""
    first = TrialGrant.objects.filter(organisation_id=organisation_id).values_list("lot_id", flat=True)
    later = TrialExtension.objects.filter(organisation_id=organisation_id, lot__isnull=False)
    found: list[Lot] = []
    ids: set[uuid.UUID] = {*first, *later.values_list("lot_id", flat=True)}
    while ids:  # a part may itself have been parted
        lots = list(Lot.objects.filter(pk__in=ids, organisation_id=organisation_id).order_by("created_at", "id"))
        found += lots
        ids = set(Lot.objects.filter(origin__in=ids).values_list("pk", flat=True))
    return [lot for lot in found if lot.expires_at is not None and lot.expires_at > now]


def _shorter(organisation_id: uuid.UUID, until: datetime, *, now: datetime) -> list[Lot]:
    """Return those that end before then and have credits left, or out at jobs."""
    lots = [lot for lot in trial_left(organisation_id, now=now) if lot.expires_at and lot.expires_at < until]
    return [lot for lot in lots if lot.remaining_micro or _out(lot)]


def _out(lot: Lot) -> bool:
    return lot.holds.filter(hold__state="open").exists()


def _grant(extension: TrialExtension, actor: Actor, *, now: datetime) -> None:
    """Move the ends and give the credits; the wallet is locked."""
    until = now + timedelta(days=extension.days)
    moved = _shorter(extension.organisation_id, until, now=now)
    ends = sorted({f"{lot.expires_at:%Y-%m-%d}" for lot in moved})
    Lot.objects.filter(pk__in=[lot.pk for lot in moved]).update(expires_at=until, expiry_moved_at=now)
    if extension.micro:
        transfer = lot_grant(
            organisation_id=extension.organisation_id,
            kind=Lot.Kind.PROMOTIONAL,
            micro=extension.micro,
            key=f"trial:{extension.pk}",
            now=now,
            expires_at=until,
        )
        extension.lot = Lot.objects.get(transfer=transfer)
    extension.granted_at, extension.until = now, until
    extension.save(update_fields=["lot", "granted_at", "until"])
    audit_record(
        organisation_id=extension.organisation_id,
        actor=actor,
        act="trial.extended",
        subject=f"trial:{extension.pk}",
        before={"ends": ends},
        after={"ends": [f"{until:%Y-%m-%d}"], "micro": extension.micro, "reason": extension.reason},
        now=now,
    )
    staff_changed_tell(
        organisation_id=extension.organisation_id,
        subject=f"trial:{extension.pk}",
        key=f"trial:{extension.pk}",
        sentence=_sentence(extension, moved, until),
        reason=extension.reason,
        now=now,
    )


def _sentence(extension: TrialExtension, moved: Sequence[Lot], until: datetime) -> str:
    left = sum(lot.remaining_micro for lot in moved)
    with plainly():
        words = {
            "left": credits_text(left),
            "more": credits_text(extension.micro),
            "day": day_text(until, "long"),
        }
    if not extension.micro:
        return said.TRIAL_LONGER % words
    return (said.TRIAL_BOTH if moved else said.TRIAL_MORE) % words


def _ask(extension: TrialExtension, actor: Actor, *, now: datetime) -> Approval:
    name = Organisation.objects.values_list("name", flat=True).get(pk=extension.organisation_id)
    with plainly():
        amount = said.CREDITS % {"credits": credits_text(extension.micro)}
    lasts = said.DAYS % {"days": extension.days}
    return approval_request(
        organisation_id=extension.organisation_id,
        kind="trial",
        subject=f"trial:{extension.pk}",
        amount_micro=extension.micro,
        worst_case=said.TRIAL % {"name": name, "amount": amount, "days": extension.days},
        reason=extension.reason,
        requester=None,
        facts={
            "extension": str(extension.pk),
            "lines": [[said.FOR, name], [said.AMOUNT, amount], [said.LASTS, lasts]],
        },
        deadline=now + DAYS_TO_DECIDE,
        actor=actor,
        now=now,
    )
