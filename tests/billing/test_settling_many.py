"""Hundreds of settlements at once are what they would be one by one."""

from typing import Any

import pytest

from apps.billing import chart
from apps.billing.errors import AmountInvalid, HoldEnded, HoldUnknown
from apps.billing.models import Hold, Lot, Settlement, UsageRecord
from apps.billing.selectors import wallet
from apps.billing.services import Bill, hold_release, hold_settle, hold_settle_many
from apps.core.errors import KeyReused
from apps.ledger.selectors import balances
from tests.billing.limits import cap, spend, used
from tests.billing.money import CREDIT, NOW, grant, hold
from tests.world import World


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    for key in "abc":
        grant(world.acme, 40, key=key)
    grant(world.other, 50, key="other")


def bills(*credits: int) -> list[Bill]:
    return [
        Bill(source=f"job:{n}:1", network_micro=amount * CREDIT, seconds=amount, platform_fee_micro=0)
        for n, amount in enumerate(credits)
    ]


def test_many_end_as_they_would_alone(world: World) -> None:
    limit = cap(world, 100)
    for n in range(4):
        spend(world, 25, source=f"job:{n}:1")
    hold(world.other, 30, source="job:4:1")
    done = hold_settle_many(bills(10, 0, 25, 30, 7), now=NOW)
    assert [one.cost_micro // CREDIT for one in done] == [10, 0, 25, 25, 7]
    assert [one.loss_micro // CREDIT for one in done] == [0, 0, 0, 5, 0]
    assert (wallet(world.acme.id).available_micro, wallet(world.other.id).available_micro) == (
        60 * CREDIT,
        43 * CREDIT,
    )
    assert balances([chart.NETWORK_SPEND])[chart.NETWORK_SPEND] == 72 * CREDIT
    assert used(limit) == 60
    assert UsageRecord.objects.count() == 5
    assert sorted(lot.remaining_micro // CREDIT for lot in Lot.objects.filter(organisation=world.acme)) == [
        10,
        20,
        30,
    ]


def test_those_settled_before_are_returned_as_they_were(world: World) -> None:
    for n in range(2):
        spend(world, 25, source=f"job:{n}:1")
    first = hold_settle(source="job:0:1", network_micro=10 * CREDIT, platform_fee_micro=0, seconds=10, now=NOW)
    assert hold_settle_many(bills(10, 5), now=NOW)[0] == first
    assert len(hold_settle_many(bills(10, 5), now=NOW)) == Settlement.objects.count() == 2
    with pytest.raises(KeyReused):
        hold_settle_many(bills(11, 5), now=NOW)


def test_one_that_cannot_be_settled_stops_all(world: World) -> None:
    for n in range(3):
        spend(world, 25, source=f"job:{n}:1")
    hold_release(source="job:2:1", reason="x", now=NOW)
    with pytest.raises(HoldEnded):
        hold_settle_many(bills(1, 1, 1), now=NOW)
    with pytest.raises(HoldUnknown):
        hold_settle_many([*bills(1, 1), Bill(source="job:9:1", network_micro=1, seconds=1)], now=NOW)
    with pytest.raises(AmountInvalid):
        hold_settle_many([*bills(1), Bill(source="job:1:1", network_micro=-1, seconds=1)], now=NOW)
    with pytest.raises(KeyReused):
        hold_settle_many([*bills(1), *bills(1)], now=NOW)
    assert Hold.objects.filter(state="open").count() == 2


def test_none_are_none(world: World) -> None:
    assert hold_settle_many([], now=NOW) == []


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries_does_not_grow(world: World, count: int, django_assert_num_queries: Any) -> None:
    for n in range(count):
        spend(world, 2, source=f"job:{n}:1")
    many = bills(*[1] * count)
    # savepoint, where, lock, holds, shares, (savepoint, lock, [known?], write, release), shares, lots, caps, holds,
    # settlements, usage, budgets, release
    with django_assert_num_queries(17 if count == 1 else 18):
        hold_settle_many(many, now=NOW)
