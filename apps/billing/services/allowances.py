"""What caps allow: checked and counted with every hold, in the same transaction, under the wallet's lock.

A cap of an organisation, project, member or key bounds what is held and spent in each window; a cap per job bounds
one hold with its extensions; a cap on automatic top-ups bounds the credits they bring. What is released, or not
spent, goes back to the window in which it was placed.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid, CapReached
from apps.billing.models import AutoTopUp, Cap, Hold, Level
from apps.billing.selectors.subjects import subject_names
from apps.billing.services.counters import (
    Counter,
    Spending,
    Subject,
    counters_add,
    counters_find,
    subjects_of,
)
from apps.billing.services.limits import wallet_lock
from apps.billing.windows import Period, zone_of
from apps.core.errors import KeyReused
from apps.core.moments import day_text
from apps.core.money import credits_text
from apps.ledger.services.transfers import LIMIT
from apps.organisations.models import Organisation

BROADEST = {level: place for place, level in enumerate(Level)}
LONGEST = {period: place for place, period in enumerate(Period)}
WHOSE = {
    Level.ORGANISATION: said.CAP_OF_ALL,
    Level.PROJECT: said.CAP_OF_PROJECT,
    Level.MEMBER: said.CAP_OF_MEMBER,
    Level.KEY: said.CAP_OF_KEY,
    Level.TOPUP: said.CAP_OF_TOPUPS,
}


def caps_take(*, hold: Hold, micro: int, now: datetime) -> None:
    """Count `micro` more, which are part of `hold.amount_micro`, in every cap that binds the hold.

    The wallet must be locked. Raises CapReached for the broadest cap that leaves less; then the caller's
    transaction must not commit.
    """
    subjects, job_micro = subjects_of(hold), hold.amount_micro
    counters = counters_find(Cap, subjects, at=now)
    hit = [c for c in counters if (job_micro if c.period == Period.JOB else c.used_micro + micro) > c.limit_micro]
    if hit:
        raise _reached(hold.organisation_id, hit, micro=micro, job_micro=job_micro)
    if any(counter.span is not None for counter in counters):
        counters_add(Cap, [Spending(subjects, now, micro)])


def caps_give_back(spendings: Sequence[Spending]) -> None:
    """Give amounts (positive) back to the windows of their placement; the wallets must be locked."""
    counters_add(Cap, [Spending(one.subjects, one.at, -one.micro) for one in spendings])


def caps_check_topup(*, organisation_id: uuid.UUID, key: str, micro: int, now: datetime) -> AutoTopUp:
    """Let an automatic top-up of `micro` credits pass and count it; the same key and amount again counts once.

    To be asked before a card is charged. Raises CapReached when a cap on automatic top-ups leaves less,
    KeyReused for the same key with another amount, AmountInvalid for less than 1 micro-NOS.
    """
    if type(micro) is not int or not 0 < micro <= LIMIT:
        raise AmountInvalid(
            _("An automatic top-up of %(micro)s micro-NOS is none; give a positive whole number.")
            % {"micro": micro}
        )
    with transaction.atomic():
        wallet_lock(organisation_id)
        earlier = AutoTopUp.objects.filter(key=key).first()
        if earlier is not None:
            if (earlier.organisation_id, earlier.amount_micro) != (organisation_id, micro):
                raise KeyReused(
                    _("The automatic top-up %(key)s was asked for before, with another amount.") % {"key": key}
                )
            return earlier
        reached = caps_refuse_topup(organisation_id=organisation_id, micro=micro, now=now)
        if reached is not None:
            raise reached
        topup = AutoTopUp.objects.create(
            organisation_id=organisation_id, key=key, amount_micro=micro, counted_micro=micro, placed_at=now
        )
        _topups_count(topup, micro)
    return topup


def caps_refuse_topup(*, organisation_id: uuid.UUID, micro: int, now: datetime) -> CapReached | None:
    """Return the cap that leaves less than `micro` credits for an automatic top-up, or None; counts nothing."""
    counters = counters_find(Cap, _topups_of(organisation_id), at=now)
    hit = [counter for counter in counters if counter.used_micro + micro > counter.limit_micro]
    return _reached(organisation_id, hit, micro=micro, job_micro=micro) if hit else None


def caps_release_topup(*, key: str) -> None:
    """Give back what an automatic top-up counted that came to nothing (the card was declined); once per key."""
    topup = AutoTopUp.objects.filter(key=key).first()
    if topup is None:
        return
    with transaction.atomic():
        wallet_lock(topup.organisation_id)
        if AutoTopUp.objects.filter(key=key, counted_micro__gt=0).update(counted_micro=0):
            _topups_count(topup, -topup.amount_micro)


def caps_recount_topup(*, key: str) -> None:
    """Count an automatic top-up again that had been given back and was paid after all; a repeat changes nothing.

    No cap refuses it: the money is here. It only leaves less for others.
    """
    topup = AutoTopUp.objects.filter(key=key, counted_micro=0).first()
    if topup is None:
        return
    with transaction.atomic():
        wallet_lock(topup.organisation_id)
        if AutoTopUp.objects.filter(key=key, counted_micro=0).update(counted_micro=topup.amount_micro):
            _topups_count(topup, topup.amount_micro)


def _topups_of(organisation_id: uuid.UUID) -> list[Subject]:
    return [(organisation_id, Level.TOPUP, "")]


def _topups_count(topup: AutoTopUp, micro: int) -> None:
    counters_add(Cap, [Spending(_topups_of(topup.organisation_id), topup.placed_at, micro)])


def _reached(organisation_id: uuid.UUID, hit: Sequence[Counter], *, micro: int, job_micro: int) -> CapReached:
    cap = min(hit, key=lambda counter: (BROADEST[counter.level], LONGEST[counter.period]))
    organisation = Organisation.objects.get(id=organisation_id)
    name = subject_names(organisation, [(cap.level, cap.subject_id)])[cap.level, cap.subject_id]
    whose = organisation.name if cap.level == Level.TOPUP else name
    facts = {
        "cap": _(WHOSE[Level(cap.level)]) % {"name": whose},
        "limit": _(said.LIMITS[Period(cap.period)]) % {"credits": credits_text(cap.limit_micro)},
        "needed": credits_text(job_micro if cap.period == Period.JOB else micro),
        "left": credits_text(cap.left_micro),
    }
    resets_at = None
    if cap.period == Period.JOB:
        sentence = _(said.CAP_OF_JOB)
    elif cap.period == Period.LIFETIME or cap.span is None:
        sentence = _(said.CAP_FOR_EVER)
    else:
        resets_at = cap.span.ends_at
        local = resets_at.astimezone(zone_of(cap.time_zone)).replace(tzinfo=None)
        facts |= {"day": day_text(local, "long"), "time": f"{local:%H:%M}", "zone": cap.time_zone}
        sentence = _(said.CAP_UNTIL)
    left = cap.limit_micro if cap.period == Period.JOB else cap.left_micro
    return CapReached(
        sentence % facts,
        level=cap.level,
        period=cap.period,
        limit_micro=cap.limit_micro,
        left_micro=left,
        resets_at=resets_at,
        step=(_("See the caps"), f"/o/{organisation.slug}/billing/caps/"),
        cap=str(cap.limit_id),
        name=name or organisation.name,
    )
