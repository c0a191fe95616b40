"""Settlements: what holds came to. One for each hold, never more than was held, alone or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import HoldEnded
from apps.billing.models import Hold, Settlement, UsageRecord
from apps.billing.pricing import platform_fee
from apps.billing.services.budgets import budgets_count
from apps.billing.services.counters import Spending, subjects_of
from apps.billing.services.endings import Ending, holds_end, holds_lock
from apps.billing.services.holds import amounts_check
from apps.core.errors import KeyReused
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_open, transfer_post


@dataclass(frozen=True)
class Bill:
    """What a source came to: the node's earning, the network's and the platform's fee (micro-NOS), and the seconds.

    The platform's fee is computed on the node's whole earning unless it is given.
    """

    source: str
    network_micro: int
    seconds: int
    network_fee_micro: int = 0
    platform_fee_micro: int | None = None
    started_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """Who pays what of a bill, micro-NOS: the customer pays `covered` and `fee`, never more than was held."""

    network: int
    covered: int
    fee: int

    @property
    def cost(self) -> int:
        """Return what the customer pays."""
        return self.covered + self.fee


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
    bill = Bill(
        source=source,
        network_micro=network_micro,
        seconds=seconds,
        network_fee_micro=network_fee_micro,
        platform_fee_micro=platform_fee_micro,
        started_at=started_at,
        details=details or {},
    )
    return hold_settle_many([bill], now=now)[0]


def hold_settle_many(bills: Sequence[Bill], *, now: datetime) -> list[Settlement]:
    """Settle many holds as hold_settle does each, all or none, in a number of statements that does not grow.

    Each organisation's wallet is locked once. Raises as hold_settle, KeyReused also for two bills of one source.
    """
    for bill in bills:
        fee = bill.platform_fee_micro or 0
        amounts = (bill.network_micro, bill.network_fee_micro, fee, bill.seconds)
        amounts_check(bill.source, amounts, something=False)
    if len({bill.source for bill in bills}) < len(bills):
        raise KeyReused(_("Two of these bills are for one source; a hold is settled once."))
    if not bills:
        return []
    with transaction.atomic():
        holds = {source: hold for source, (hold, _unused) in holds_lock([bill.source for bill in bills]).items()}
        done = _settled_before(bills, holds)
        fresh = [bill for bill in bills if bill.source not in done]
        if fresh:
            done |= _settle(fresh, holds, now=now)
    return [done[bill.source] for bill in bills]


def loss_post(*, key: str, network_micro: int, reason: str, now: datetime) -> Transfer:
    """Post NOS that left for the network and that no customer pays (a fee of a job that never ran), once per key.

    Raises AmountInvalid for less than 1 micro-NOS, KeyReused for the same key with another amount.
    """
    amounts_check(key, (network_micro,))
    accounts_open(chart.platform_accounts())
    return transfer_post(
        key=f"loss:{key}",
        legs=[Leg(chart.NETWORK_SPEND, network_micro), Leg(chart.LOSSES, -network_micro)],
        reason="loss",
        at=now,
        details={"why": reason},
    )


def _settled_before(bills: Sequence[Bill], holds: Mapping[str, Hold]) -> dict[str, Settlement]:
    ended = [bill for bill in bills if holds[bill.source].state != Hold.State.OPEN]
    for bill in ended:
        if holds[bill.source].state == Hold.State.RELEASED:
            raise HoldEnded(
                _("The hold for %(source)s was released before; it cannot be settled any more.")
                % {"source": bill.source}
            )
    if not ended:
        return {}
    found = Settlement.objects.filter(hold__in=[holds[bill.source] for bill in ended]).select_related("hold")
    first = {settlement.hold.source: settlement for settlement in found}
    for bill in ended:
        settlement = first[bill.source]
        if (settlement.network_micro, settlement.network_fee_micro) != (
            bill.network_micro,
            bill.network_fee_micro,
        ):
            raise KeyReused(
                _("The hold for %(source)s was settled before, for another amount.") % {"source": bill.source}
            )
    return first


def _settle(bills: Sequence[Bill], holds: Mapping[str, Hold], *, now: datetime) -> dict[str, Settlement]:
    splits = [_split(bill, holds[bill.source]) for bill in bills]
    endings = [_ending(bill, holds[bill.source], split) for bill, split in zip(bills, splits, strict=True)]
    transfers = holds_end(endings, Hold.State.SETTLED, now=now)
    settlements = Settlement.objects.bulk_create(
        _settlement(bill, holds[bill.source], split, transfer, now=now)
        for bill, split, transfer in zip(bills, splits, transfers, strict=True)
    )
    UsageRecord.objects.bulk_create(
        _usage(bill, settlement) for bill, settlement in zip(bills, settlements, strict=True)
    )
    budgets_count(
        [Spending(subjects_of(settlement.hold), now, settlement.cost_micro) for settlement in settlements], now=now
    )
    return {bill.source: settlement for bill, settlement in zip(bills, settlements, strict=True)}


def _split(bill: Bill, hold: Hold) -> Split:
    fee = platform_fee(bill.network_micro) if bill.platform_fee_micro is None else bill.platform_fee_micro
    network = bill.network_micro + bill.network_fee_micro
    covered = min(network, hold.amount_micro)
    return Split(network=network, covered=covered, fee=min(fee, hold.amount_micro - covered))


def _ending(bill: Bill, hold: Hold, split: Split) -> Ending:
    return Ending(
        hold,
        cost_micro=split.cost,
        reason="settlement",
        legs=[
            Leg(chart.NETWORK_SPEND, split.network),
            Leg(chart.LOSSES, split.covered - split.network),
            Leg(chart.FEES, split.fee),
        ],
        details={
            "seconds": bill.seconds,
            "held_micro": hold.amount_micro,
            "cost_micro": split.cost,
            "released_micro": hold.amount_micro - split.cost,
        },
    )


def _settlement(bill: Bill, hold: Hold, split: Split, transfer: Transfer, *, now: datetime) -> Settlement:
    return Settlement(
        hold=hold,
        transfer=transfer,
        network_micro=bill.network_micro,
        network_fee_micro=bill.network_fee_micro,
        platform_fee_micro=split.fee,
        loss_micro=split.network - split.covered,
        cost_micro=split.cost,
        released_micro=hold.amount_micro - split.cost,
        seconds=bill.seconds,
        details=dict(bill.details),
        at=now,
    )


def _usage(bill: Bill, settlement: Settlement) -> UsageRecord:
    hold, length = settlement.hold, timedelta(seconds=settlement.seconds)
    starts_at = bill.started_at or settlement.at - length
    return UsageRecord(
        organisation_id=hold.organisation_id,
        source=hold.source,
        starts_at=starts_at,
        ends_at=starts_at + length,
        seconds=settlement.seconds,
        amount_micro=settlement.cost_micro,
        label=hold.label,
        project_id=hold.project_id,
        member_id=hold.member_id,
        api_key_id=hold.api_key_id,
        dimensions=hold.dimensions,
        settlement=settlement,
        settled_at=settlement.at,
    )
