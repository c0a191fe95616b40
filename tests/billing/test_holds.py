"""Holds: never more than there is, and each ends once."""

from datetime import timedelta
from typing import Any

import pytest

from apps.billing import chart
from apps.billing.errors import AmountInvalid, HoldEnded, HoldUnknown, InsufficientCredits
from apps.billing.models import Hold, Settlement, UsageRecord
from apps.billing.selectors import Wallet, holds_open, movements, wallet
from apps.billing.services import hold_place, hold_release, hold_settle, loss_post
from apps.core.errors import KeyReused
from apps.ledger.models import Transfer
from apps.ledger.selectors import balances
from tests.billing.money import CREDIT, NOW, grant, hold
from tests.world import World


def credits(world: World) -> Wallet:
    found = wallet(world.acme.id)
    return Wallet(found.available_micro // CREDIT, found.held_micro // CREDIT, found.frozen_micro // CREDIT)


def settle(network_micro: int, source: str = "job:1:1", **more: int) -> Settlement:
    return hold_settle(source=source, network_micro=network_micro, seconds=60, now=NOW, **more)


def test_an_organisation_without_credits_has_an_empty_wallet(world: World) -> None:
    assert wallet(world.acme.id) == Wallet(0, 0, 0)


def test_a_hold_reserves_its_three_parts(world: World) -> None:
    grant(world.acme, 100)
    placed = hold_place(
        organisation_id=world.acme.id,
        source="job:1:1",
        network_micro=20 * CREDIT,
        network_fee_micro=2 * CREDIT,
        platform_fee_micro=1 * CREDIT,
        label="Train",
        project_id=world.project.id,
        member_id=world.mia.id,
        now=NOW,
    )
    assert placed.amount_micro == 23 * CREDIT
    assert credits(world) == Wallet(77, 23, 0)
    assert list(holds_open(world.acme)) == [placed]


def test_too_few_credits_name_the_missing_ones_and_the_next_step(world: World) -> None:
    grant(world.acme, 10)
    with pytest.raises(InsufficientCredits) as refusal:
        hold(world.acme, 30)
    assert (refusal.value.status, refusal.value.missing_micro) == (402, 20 * CREDIT)
    assert "needs 30.00 credits and Acme has 10.00: 20.00 are missing" in refusal.value.message
    assert refusal.value.step == ("Top up", "/o/acme/billing/top-up/")
    assert credits(world) == Wallet(10, 0, 0)
    assert not Hold.objects.exists()


def test_an_organisation_that_never_topped_up_is_refused_the_same_way(world: World) -> None:
    with pytest.raises(InsufficientCredits):
        hold(world.acme, 1)


def test_the_same_source_holds_once_and_other_amounts_are_refused(world: World) -> None:
    grant(world.acme, 100)
    first = hold(world.acme, 30)
    assert hold(world.acme, 30) == first
    with pytest.raises(KeyReused):
        hold(world.acme, 31)
    with pytest.raises(KeyReused):
        hold(world.other, 30)
    assert credits(world) == Wallet(70, 30, 0)


@pytest.mark.parametrize("parts", [(0, 0, 0), (-1, 0, 5), (1.5, 0, 0)])
def test_amounts_that_are_none_are_refused(world: World, parts: tuple[int, int, int]) -> None:
    grant(world.acme, 100)
    with pytest.raises(AmountInvalid):
        hold_place(
            organisation_id=world.acme.id,
            source="s",
            network_micro=parts[0],
            network_fee_micro=parts[1],
            platform_fee_micro=parts[2],
            label="",
            now=NOW,
        )


def test_a_settlement_pays_node_network_and_platform_and_gives_back_the_rest(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 40, fee=2 * CREDIT)
    done = settle(20 * CREDIT, network_fee_micro=3 * CREDIT)
    assert done.platform_fee_micro == 1 * CREDIT  # 5 % of what the node earned
    assert (done.cost_micro, done.released_micro, done.loss_micro) == (24 * CREDIT, 18 * CREDIT, 0)
    assert credits(world) == Wallet(76, 0, 0)
    assert balances([chart.NETWORK_SPEND, chart.FEES, chart.LOSSES]) == {
        chart.NETWORK_SPEND: 23 * CREDIT,
        chart.FEES: 1 * CREDIT,
        chart.LOSSES: 0,
    }
    assert not holds_open(world.acme).exists()


def test_settling_twice_is_settling_once(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 40)
    first = settle(20 * CREDIT)
    assert settle(20 * CREDIT) == first
    assert UsageRecord.objects.count() == 1
    with pytest.raises(KeyReused):
        settle(21 * CREDIT)
    assert credits(world) == Wallet(79, 0, 0)


def test_nobody_pays_more_than_was_held_and_the_platform_bears_the_rest(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 20, fee=CREDIT // 2)
    done = settle(30 * CREDIT)
    assert (done.cost_micro, done.loss_micro, done.platform_fee_micro) == (20_500_000, 9_500_000, 0)
    assert wallet(world.acme.id) == Wallet(79_500_000, 0, 0)
    assert balances([chart.NETWORK_SPEND, chart.LOSSES]) == {
        chart.NETWORK_SPEND: 30 * CREDIT,
        chart.LOSSES: -9_500_000,
    }


def test_a_job_that_cost_nothing_gets_all_of_it_back(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 20)
    assert settle(0).released_micro == 20 * CREDIT
    assert credits(world) == Wallet(100, 0, 0)


def test_usage_is_recorded_with_what_was_true_then(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 20)
    started = NOW - timedelta(minutes=5)
    usage = hold_settle(source="job:1:1", network_micro=CREDIT, seconds=60, started_at=started, now=NOW).usage
    assert (usage.starts_at, usage.ends_at) == (started, started + timedelta(seconds=60))
    assert (usage.amount_micro, usage.label, usage.settled_at) == (1_050_000, "Train", NOW)


def test_a_release_gives_all_back_and_a_repeat_changes_nothing(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    first = hold_release(source="job:1:1", reason="never listed", now=NOW)
    assert hold_release(source="job:1:1", reason="never listed", now=NOW) == first
    assert (first.state, first.reason) == ("released", "never listed")
    assert credits(world) == Wallet(100, 0, 0)


def test_a_hold_ends_in_one_way_only(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    hold(world.acme, 30, source="job:2:1")
    settle(CREDIT)
    hold_release(source="job:2:1", reason="x", now=NOW)
    with pytest.raises(HoldEnded):
        hold_release(source="job:1:1", reason="x", now=NOW)
    with pytest.raises(HoldEnded):
        settle(CREDIT, source="job:2:1")
    with pytest.raises(HoldUnknown):
        settle(CREDIT, source="job:3:1")


def test_what_no_customer_pays_is_the_platforms_loss(world: World) -> None:
    loss_post(key="job:1:1:fee", network_micro=5, reason="never ran", now=NOW)
    loss_post(key="job:1:1:fee", network_micro=5, reason="never ran", now=NOW)
    assert balances([chart.NETWORK_SPEND, chart.LOSSES]) == {chart.NETWORK_SPEND: 5, chart.LOSSES: -5}


def test_placing_a_hold_takes_a_known_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    for number in range(3):
        grant(world.acme, 100, key=f"g{number}")
    hold(world.acme, 1, source="warm")
    # savepoint, lock, earlier?, caps, lots, (savepoint, lock, write, release), hold, lots, watched?, shares,
    # release
    with django_assert_num_queries(11):
        hold(world.acme, 250)
    with django_assert_num_queries(1):
        wallet(world.acme.id)


def test_the_movements_tell_the_story_of_the_wallet_newest_first(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    settle(10 * CREDIT)
    hold(world.acme, 20, source="job:2:1")
    hold_release(source="job:2:1", reason="the market closed", now=NOW)
    lines = movements(world.acme)
    assert [(line.sentence, line.amount_micro) for line in lines] == [
        ("Released from Train: the market closed", 20_000_000),
        ("Reserved for Train", -20_000_000),
        ("Train cost 10.50 credits; the rest of its hold came back", 19_500_000),
        ("Reserved for Train", -30_000_000),
        ("Promotional credits", 100_000_000),
    ]
    assert sum(line.amount_micro for line in lines) == wallet(world.acme.id).available_micro
    assert movements(world.acme, limit=3) == lines[:3]
    assert movements(world.other) == []
    assert Transfer.objects.count() == 5
