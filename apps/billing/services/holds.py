"""Holds: credits reserved for a job's try, more of them, and what becomes of a hold that nobody ended.

Every act locks the organisation's wallet first and checks second, so that two of them never both pass. A hold ends
once: settled (services/settlements.py) or released.
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid, HoldEnded, InsufficientCredits
from apps.billing.models import Hold, HoldExtension
from apps.billing.pricing import platform_fee
from apps.billing.services.allowances import caps_give_back, caps_take
from apps.billing.services.counters import Spending, subjects_of
from apps.billing.services.endings import Ending, holds_end, holds_lock, shares_return
from apps.billing.services.lots import lots_choose, lots_legs, lots_spendable, lots_take
from apps.core.errors import KeyReused
from apps.core.sweeping import each_apart
from apps.core.wiring import ask
from apps.ledger.models import Account
from apps.ledger.services import Leg, accounts_lock, transfer_post
from apps.ledger.services.transfers import LIMIT
from apps.organisations.models import Organisation

logger = logging.getLogger(__name__)

BATCH = 200  # holds in one round
ASK_AGAIN = timedelta(hours=1)  # after a hold that was due to be forgotten turned out to be needed

Parts = tuple[int, int, int]  # for the node, for the network, for the platform


def hold_place(
    *,
    organisation_id: uuid.UUID,
    source: str,
    network_micro: int,
    network_fee_micro: int,
    platform_fee_micro: int,
    label: str,
    now: datetime,
    project_id: uuid.UUID | None = None,
    member_id: int | None = None,
    api_key_id: uuid.UUID | None = None,
    dimensions: Mapping[str, Any] | None = None,
    expires_at: datetime | None = None,
    apart: bool = True,
) -> Hold:
    """Reserve credits (micro-NOS) for one source; the same source and amounts again return the first hold.

    Project, member and API key say whose caps bind it; `dimensions` (market, template, labels) are kept for
    reports; at `expires_at` somebody asks whether it was forgotten. Raises CapReached with what the cap leaves,
    InsufficientCredits with the missing amount, KeyReused for the same source with other amounts, AmountInvalid
    for negative parts or nothing at all. Inside the caller's transaction a refusal takes back only what was done here;
    unless `apart`: then the caller's ends with it.
    """
    parts = (network_micro, network_fee_micro, platform_fee_micro)
    amounts_check(source, parts)
    with transaction.atomic(savepoint=apart):
        accounts = accounts_lock([*chart.purses(organisation_id, project_id), chart.held(organisation_id)])
        earlier = Hold.objects.filter(source=source).first()
        if earlier is not None:
            return _same_hold(earlier, organisation_id, parts)
        hold = Hold(
            organisation_id=organisation_id,
            source=source,
            label=label[:200],
            project_id=project_id,
            member_id=member_id,
            api_key_id=api_key_id,
            dimensions=dict(dimensions or {}),
            network_micro=network_micro,
            network_fee_micro=network_fee_micro,
            platform_fee_micro=platform_fee_micro,
            amount_micro=sum(parts),
            counted_micro=sum(parts),
            placed_at=now,
            expires_at=expires_at,
        )
        _reserve(hold, sum(parts), accounts, key=f"hold:{source}:place", now=now)
    return hold


def hold_extend(
    *,
    source: str,
    key: str,
    network_micro: int,
    now: datetime,
    network_fee_micro: int = 0,
    platform_fee_micro: int | None = None,
    expires_at: datetime | None = None,
) -> HoldExtension:
    """Reserve more credits (micro-NOS) for an open hold; the same key and amounts again change nothing.

    It is checked against balance and caps like a new hold and counts in the windows of now. The platform's fee,
    unless given, is that on the whole network amount less what is held for it already, so that it never drifts by
    rounding. Raises as hold_place, HoldUnknown, and HoldEnded for a hold that is not open any more.
    """
    amounts_check(source, (network_micro, network_fee_micro, platform_fee_micro or 0))
    with transaction.atomic():
        hold, accounts = holds_lock([source])[source]
        earlier = HoldExtension.objects.filter(hold=hold, key=key).first()
        if earlier is not None:
            return _same_extension(earlier, source, network_micro, network_fee_micro)
        if hold.state != Hold.State.OPEN:
            raise HoldEnded(
                _("The hold for %(source)s was %(state)s before; it cannot be extended any more.")
                % {"source": source, "state": hold.state}
            )
        if platform_fee_micro is None:
            whole = platform_fee(hold.network_micro + network_micro)
            platform_fee_micro = max(whole - hold.platform_fee_micro, 0)
        amount = network_micro + network_fee_micro + platform_fee_micro
        hold.network_micro += network_micro
        hold.network_fee_micro += network_fee_micro
        hold.platform_fee_micro += platform_fee_micro
        hold.amount_micro += amount
        hold.expires_at = expires_at or hold.expires_at
        _reserve(hold, amount, accounts, key=f"hold:{source}:extend:{key}", now=now)
        return HoldExtension.objects.create(
            hold=hold,
            key=key,
            network_micro=network_micro,
            network_fee_micro=network_fee_micro,
            platform_fee_micro=platform_fee_micro,
            amount_micro=amount,
            counted_micro=amount,
            placed_at=now,
        )


def hold_shorten(*, source: str, key: str, reason: str, now: datetime) -> bool:
    """Give one extension of an open hold back to its lots; return whether there was anything to give back.

    A repeat changes nothing, nor does a hold that has ended: its end gave back what was left. Raises HoldUnknown.
    """
    with transaction.atomic():
        hold, _unused = holds_lock([source])[source]
        extension = HoldExtension.objects.filter(hold=hold, key=key, released_at=None).first()
        if extension is None or hold.state != Hold.State.OPEN:
            return False
        counted = Spending(subjects_of(hold), extension.placed_at, extension.counted_micro)
        shares_return(hold, extension.amount_micro, key=key, reason=reason, now=now)
        hold.network_micro -= extension.network_micro
        hold.network_fee_micro -= extension.network_fee_micro
        hold.platform_fee_micro -= extension.platform_fee_micro
        hold.amount_micro -= extension.amount_micro
        hold.save(update_fields=["network_micro", "network_fee_micro", "platform_fee_micro", "amount_micro"])
        extension.counted_micro, extension.released_at = 0, now
        extension.save(update_fields=["counted_micro", "released_at"])
        caps_give_back([counted])
    return True


def hold_release(*, source: str, reason: str, now: datetime) -> Hold:
    """Give all that was held back to the lots it came from; a repeat changes nothing.

    Raises HoldUnknown, HoldEnded if it was settled.
    """
    with transaction.atomic():
        hold, _unused = holds_lock([source])[source]
        if hold.state == Hold.State.RELEASED:
            return hold
        if hold.state == Hold.State.SETTLED:
            raise HoldEnded(
                _("The hold for %(source)s was settled before; it cannot be released any more.")
                % {"source": source}
            )
        ending = Ending(hold, cost_micro=0, reason="release", details={"why": reason})
        holds_end([ending], Hold.State.RELEASED, now=now, reason=reason)
    return hold


def hold_expire(*, source: str, now: datetime) -> bool:
    """Release a hold whose time is over if whoever placed it says that it was forgotten; return whether it was.

    Time alone ends no hold: a running job's stays, and is asked about again in an hour, as does one that nobody
    knows. Raises HoldUnknown.
    """
    with transaction.atomic():
        hold, _unused = holds_lock([source])[source]
        if hold.state != Hold.State.OPEN or hold.expires_at is None or hold.expires_at > now:
            return False
        answers = ask("billing.hold_needed", source=source)
        if True in answers or False not in answers:
            Hold.objects.filter(id=hold.id).update(expires_at=now + ASK_AGAIN)
            if True not in answers:
                logger.warning("hold %s is past its time and nobody knows its source", source)
            return False
        hold_release(source=source, reason=said.FORGOTTEN, now=now)
    return True


def holds_sweep(*, now: datetime) -> int:
    """Ask about the open holds whose time is over, oldest first; return how many were released. One failing stops no
    other.
    """
    due = Hold.objects.filter(state=Hold.State.OPEN, expires_at__lte=now).order_by("expires_at")
    sources = list(due.values_list("source", flat=True)[:BATCH])
    return sum(each_apart(sources, lambda source: hold_expire(source=source, now=now)))


def amounts_check(source: str, amounts: tuple[int, ...], *, something: bool = True) -> None:
    """Pass if all are whole numbers that the books can hold, none below 0, and not all 0. Raises AmountInvalid."""
    whole = all(type(amount) is int and 0 <= amount <= LIMIT for amount in amounts)
    if not whole or (something and not sum(amounts)):
        raise AmountInvalid(
            _(
                "The amounts for %(source)s are %(amounts)s; they must be whole numbers from 0 to "
                "%(limit)s, and not all 0."
            )
            % {"source": source, "amounts": amounts, "limit": LIMIT}
        )


def _reserve(hold: Hold, micro: int, accounts: Mapping[str, Account], *, key: str, now: datetime) -> None:
    """Check caps and balance for `micro` more of a hold, book them and save the hold; the wallet is locked."""
    caps_take(hold=hold, micro=micro, now=now)
    lots = lots_spendable(hold.organisation_id, now=now, project_id=hold.project_id)
    purses = chart.purses(hold.organisation_id, hold.project_id)
    balance = sum(accounts[code].balance or 0 for code in purses if code in accounts)
    usable = min(balance, sum(lot.remaining_micro for lot in lots))
    if micro > usable:
        organisation = Organisation.objects.get(id=hold.organisation_id)
        raise InsufficientCredits(
            needed_micro=micro, usable_micro=usable, organisation=organisation.name, slug=organisation.slug
        )
    taken = lots_choose(lots, micro)
    transfer_post(
        key=key,
        legs=[*lots_legs(taken, -1), Leg(chart.held(hold.organisation_id), micro)],
        reason="hold",
        at=now,
        details={"source": hold.source, "label": hold.label},
    )
    position = 0 if hold._state.adding else hold.lots.count()
    hold.save()
    lots_take(hold, taken, left_micro=usable - micro, position=position)


def _same_hold(hold: Hold, organisation_id: uuid.UUID, parts: Parts) -> Hold:
    first = [hold.network_micro, hold.network_fee_micro, hold.platform_fee_micro]
    if hold.counted_micro != hold.amount_micro:
        for more in hold.extensions.filter(released_at=None):
            first[0] -= more.network_micro
            first[1] -= more.network_fee_micro
            first[2] -= more.platform_fee_micro
    if hold.organisation_id != organisation_id or tuple(first) != parts:
        raise KeyReused(
            _("There is a hold for %(source)s with other amounts; use a new source for a new hold.")
            % {"source": hold.source}
        )
    return hold


def _same_extension(
    first: HoldExtension, source: str, network_micro: int, network_fee_micro: int
) -> HoldExtension:
    if (first.network_micro, first.network_fee_micro) != (network_micro, network_fee_micro):
        raise KeyReused(
            _("The hold for %(source)s was extended under %(key)s before, by another amount.")
            % {"source": source, "key": first.key}
        )
    return first
