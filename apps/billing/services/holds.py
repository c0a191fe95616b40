"""Holds: credits reserved for a job's try, and how each ends exactly once, settled or released.

Every act locks the organisation's wallet first and checks second, so that two of them never both pass.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.billing import chart
from apps.billing.errors import AmountInvalid, HoldEnded, HoldUnknown, InsufficientCredits
from apps.billing.models import Hold, Settlement, UsageRecord
from apps.billing.pricing import platform_fee
from apps.billing.services.lots import (
    lots_choose,
    lots_legs,
    lots_release,
    lots_spendable,
    lots_take,
    lots_unspent,
)
from apps.core.errors import KeyReused
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_lock, accounts_open, transfer_post
from apps.organisations.models import Organisation


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
) -> Hold:
    """Reserve credits (micro-NOS) for one source; the same source and amounts again return the first hold.

    Raises InsufficientCredits with the missing amount, KeyReused for the same source with other amounts,
    AmountInvalid for negative parts or nothing at all.
    """
    parts = (network_micro, network_fee_micro, platform_fee_micro)
    _check_amounts(source, parts)
    amount = sum(parts)
    purses, held = chart.purses(organisation_id, project_id), chart.held(organisation_id)
    with transaction.atomic():
        accounts = accounts_lock([*purses, held])
        earlier = Hold.objects.filter(source=source).first()
        if earlier is not None:
            return _same_hold(earlier, organisation_id, parts)
        lots = lots_spendable(organisation_id, now=now, project_id=project_id)
        balance = sum(accounts[code].balance or 0 for code in purses if code in accounts)
        usable = min(balance, sum(lot.remaining_micro for lot in lots))
        if amount > usable:
            raise _insufficient(organisation_id, needed=amount, usable=usable)
        taken = lots_choose(lots, amount)
        transfer_post(
            key=f"hold:{source}:place",
            legs=[*lots_legs(taken, -1), Leg(held, amount)],
            reason="hold",
            at=now,
            details={"source": source, "label": label},
        )
        hold = Hold.objects.create(
            organisation_id=organisation_id,
            source=source,
            label=label[:200],
            project_id=project_id,
            member_id=member_id,
            network_micro=network_micro,
            network_fee_micro=network_fee_micro,
            platform_fee_micro=platform_fee_micro,
            amount_micro=amount,
            placed_at=now,
        )
        lots_take(hold, taken, left_micro=usable - amount)
    return hold


def hold_settle(
    *,
    source: str,
    network_micro: int,
    seconds: int,
    now: datetime,
    network_fee_micro: int = 0,
    platform_fee_micro: int | None = None,
    started_at: datetime | None = None,
    details: Mapping[str, Any] | None = None,
) -> Settlement:
    """Charge what a source came to, record its usage and give the rest back; a repeat changes nothing.

    `network_micro` is what the node earned, `network_fee_micro` what the network kept; the platform's fee is
    computed unless it is given. Nobody pays more than was held: what is above is the platform's loss.
    Raises HoldUnknown, HoldEnded if it was released, KeyReused for a repeat with other amounts, AmountInvalid.
    """
    fee = platform_fee(network_micro) if platform_fee_micro is None else platform_fee_micro
    _check_amounts(source, (network_micro, network_fee_micro, fee, seconds), something=False)
    with transaction.atomic():
        hold = _hold_locked(source)
        if hold.state == Hold.State.SETTLED:
            return _same_settlement(hold, network_micro, network_fee_micro)
        if hold.state == Hold.State.RELEASED:
            raise HoldEnded(f"The hold for {source} was released before; it cannot be settled any more.")
        network = network_micro + network_fee_micro
        covered = min(network, hold.amount_micro)
        fee = min(fee, hold.amount_micro - covered)
        cost = covered + fee
        back = lots_unspent(hold, spent_micro=cost)
        returns = lots_legs([(share.lot, amount) for share, amount in back], 1)
        transfer = _settlement_post(
            hold, returns, network=network, covered=covered, fee=fee, seconds=seconds, now=now
        )
        lots_release(back, now=now)
        _hold_end(hold, Hold.State.SETTLED, now=now)
        settlement = Settlement.objects.create(
            hold=hold,
            transfer=transfer,
            network_micro=network_micro,
            network_fee_micro=network_fee_micro,
            platform_fee_micro=fee,
            loss_micro=network - covered,
            cost_micro=cost,
            released_micro=hold.amount_micro - cost,
            seconds=seconds,
            details=dict(details or {}),
            at=now,
        )
        _usage_record(hold, settlement, starts_at=started_at or now - timedelta(seconds=seconds))
    return settlement


def hold_release(*, source: str, reason: str, now: datetime) -> Hold:
    """Give all that was held back to the lots it came from; a repeat changes nothing.

    Raises HoldUnknown, HoldEnded if it was settled.
    """
    with transaction.atomic():
        hold = _hold_locked(source)
        if hold.state == Hold.State.RELEASED:
            return hold
        if hold.state == Hold.State.SETTLED:
            raise HoldEnded(f"The hold for {source} was settled before; it cannot be released any more.")
        back = lots_unspent(hold, spent_micro=0)
        transfer_post(
            key=f"hold:{source}:release",
            legs=[
                Leg(chart.held(hold.organisation_id), -hold.amount_micro),
                *lots_legs([(share.lot, amount) for share, amount in back], 1),
            ],
            reason="release",
            at=now,
            details={"source": source, "label": hold.label, "why": reason},
        )
        lots_release(back, now=now)
        _hold_end(hold, Hold.State.RELEASED, now=now, reason=reason)
    return hold


def loss_post(*, key: str, network_micro: int, reason: str, now: datetime) -> Transfer:
    """Post NOS that left for the network and that no customer pays (a fee of a job that never ran), once per key.

    Raises AmountInvalid for less than 1 micro-NOS, KeyReused for the same key with another amount.
    """
    _check_amounts(key, (network_micro,))
    accounts_open(chart.platform_accounts())
    return transfer_post(
        key=f"loss:{key}",
        legs=[Leg(chart.NETWORK_SPEND, network_micro), Leg(chart.LOSSES, -network_micro)],
        reason="loss",
        at=now,
        details={"why": reason},
    )


def _check_amounts(source: str, amounts: tuple[int, ...], *, something: bool = True) -> None:
    if any(type(amount) is not int or amount < 0 for amount in amounts) or (something and not sum(amounts)):
        raise AmountInvalid(f"The amounts for {source} are {amounts}; they must be whole numbers, none below 0.")


def _same_hold(hold: Hold, organisation_id: uuid.UUID, parts: tuple[int, int, int]) -> Hold:
    same = (hold.network_micro, hold.network_fee_micro, hold.platform_fee_micro) == parts
    if hold.organisation_id != organisation_id or not same:
        raise KeyReused(f"There is a hold for {hold.source} with other amounts; use a new source for a new hold.")
    return hold


def _same_settlement(hold: Hold, network_micro: int, network_fee_micro: int) -> Settlement:
    first = Settlement.objects.get(hold=hold)
    if (first.network_micro, first.network_fee_micro) != (network_micro, network_fee_micro):
        raise KeyReused(f"The hold for {hold.source} was settled before, for another amount.")
    return first


def _insufficient(organisation_id: uuid.UUID, *, needed: int, usable: int) -> InsufficientCredits:
    organisation = Organisation.objects.get(id=organisation_id)
    return InsufficientCredits(
        needed_micro=needed, usable_micro=usable, organisation=organisation.name, slug=organisation.slug
    )


def _hold_locked(source: str) -> Hold:
    hold = Hold.objects.filter(source=source).first()
    if hold is None:
        raise HoldUnknown(f"There is no hold for {source}; check the source.")
    accounts_lock([*chart.purses(hold.organisation_id, hold.project_id), chart.held(hold.organisation_id)])
    hold.refresh_from_db(fields=["state", "ended_at"])
    return hold


def _settlement_post(
    hold: Hold, returns: Sequence[Leg], *, network: int, covered: int, fee: int, seconds: int, now: datetime
) -> Transfer:
    legs = [
        Leg(chart.held(hold.organisation_id), -hold.amount_micro),
        Leg(chart.NETWORK_SPEND, network),
        Leg(chart.LOSSES, covered - network),
        Leg(chart.FEES, fee),
        *returns,
    ]
    available = chart.available(hold.organisation_id)
    return transfer_post(
        key=f"hold:{hold.source}:settle",
        legs=[leg for leg in legs if leg.amount],
        reason="settlement",
        at=now,
        details={
            "source": hold.source,
            "label": hold.label,
            "seconds": seconds,
            "held_micro": hold.amount_micro,
            "cost_micro": covered + fee,
            "released_micro": hold.amount_micro - covered - fee,
            "available_micro": sum(leg.amount for leg in returns if leg.code == available),
        },
    )


def _hold_end(hold: Hold, state: Hold.State, *, now: datetime, reason: str = "") -> None:
    hold.state, hold.ended_at, hold.reason = state, now, reason[:200]
    hold.save(update_fields=["state", "ended_at", "reason"])


def _usage_record(hold: Hold, settlement: Settlement, *, starts_at: datetime) -> None:
    UsageRecord.objects.create(
        organisation_id=hold.organisation_id,
        source=hold.source,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=settlement.seconds),
        seconds=settlement.seconds,
        amount_micro=settlement.cost_micro,
        label=hold.label,
        project_id=hold.project_id,
        member_id=hold.member_id,
        settlement=settlement,
        settled_at=settlement.at,
    )
