"""More credits for an open hold: an extension is a hold, and is given back as one."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from apps.billing.errors import AmountInvalid, CapReached, HoldEnded, HoldUnknown, InsufficientCredits
from apps.billing.models import Hold, HoldExtension, Level
from apps.billing.pricing import platform_fee
from apps.billing.selectors import wallet
from apps.billing.services import hold_extend, hold_place, hold_release, hold_settle
from apps.billing.windows import Period
from apps.core.errors import KeyReused
from tests.billing.limits import cap, spend, used
from tests.billing.money import CREDIT, NOW, grant
from tests.world import World

NEXT_MONTH = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    grant(world.acme, 60, key="a")
    grant(world.acme, 60, key="b")


def extend(credits: int, key: str = "1", **more: Any) -> HoldExtension:
    more = {"now": NOW, "platform_fee_micro": 0} | more
    return hold_extend(source="job:1:1", key=key, network_micro=credits * CREDIT, **more)


def test_an_extension_reserves_more(world: World) -> None:
    spend(world, 30)
    extend(50, expires_at=NEXT_MONTH)
    hold = Hold.objects.get()
    assert (hold.amount_micro, hold.expires_at) == (80 * CREDIT, NEXT_MONTH)
    assert wallet(world.acme.id).available_micro == 40 * CREDIT


def test_the_same_key_extends_once_also_after_the_end(world: World) -> None:
    spend(world, 30)
    first = extend(50)
    assert extend(50) == first
    with pytest.raises(KeyReused):
        extend(51)
    hold_release(source="job:1:1", reason="x", now=NOW)
    assert extend(50) == first
    assert wallet(world.acme.id).available_micro == 120 * CREDIT


def test_placing_again_after_an_extension_is_still_the_first_hold(world: World) -> None:
    first = spend(world, 30)
    extend(50)
    assert spend(world, 30) == first
    with pytest.raises(KeyReused):
        spend(world, 80)


def test_a_hold_that_ended_cannot_be_extended(world: World) -> None:
    with pytest.raises(HoldUnknown):
        extend(1)
    spend(world, 30)
    hold_settle(source="job:1:1", network_micro=0, seconds=0, now=NOW)
    with pytest.raises(HoldEnded):
        extend(1)


@pytest.mark.parametrize("bad", [-1, 0, 10**30])
def test_amounts_that_cannot_be_are_refused(world: World, bad: int) -> None:
    spend(world, 30)
    with pytest.raises((AmountInvalid, InsufficientCredits)):
        extend(bad)
    assert not HoldExtension.objects.exists()


def test_it_is_checked_against_balance_and_caps_and_a_refusal_changes_nothing(world: World) -> None:
    limit = cap(world, 100)
    cap(world, 90, period=Period.JOB, level=Level.MEMBER, subject=world.mia.id)
    spend(world, 30)
    with pytest.raises(CapReached) as refusal:
        extend(61)
    assert (refusal.value.period, used(limit), Hold.objects.get().amount_micro) == (Period.JOB, 30, 30 * CREDIT)
    with pytest.raises(CapReached, match="This needs 71.00 credits, but Acme’s cap is 100.00"):
        extend(71)
    cap(world, 900)
    cap(world, 900, period=Period.JOB, level=Level.MEMBER, subject=world.mia.id)
    with pytest.raises(InsufficientCredits):
        extend(91)
    assert wallet(world.acme.id).held_micro == 30 * CREDIT


def test_it_counts_in_the_window_it_is_made_in_and_the_placement_is_spent_first(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 30)
    extend(50, now=NEXT_MONTH)
    assert (used(limit), used(limit, NEXT_MONTH)) == (30, 50)
    hold_settle(source="job:1:1", network_micro=40 * CREDIT, platform_fee_micro=0, seconds=1, now=NEXT_MONTH)
    assert (used(limit), used(limit, NEXT_MONTH)) == (30, 10)


def test_a_cap_set_after_an_extension_counts_it(world: World) -> None:
    spend(world, 30)
    extend(50, now=NEXT_MONTH)
    assert used(cap(world, 100, now=NEXT_MONTH), NEXT_MONTH) == 50


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.integers(1, 9_999))
def test_fees_never_drift_however_a_job_is_extended(amounts: list[int], basis_points: int) -> None:
    with override_settings(PLATFORM_FEE_BP=basis_points):
        fees = [platform_fee(sum(amounts[: n + 1])) - platform_fee(sum(amounts[:n])) for n in range(len(amounts))]
        assert all(fee >= 0 for fee in fees)
        assert sum(fees) == platform_fee(sum(amounts))


def test_what_is_held_for_the_platform_is_its_fee_on_the_whole(world: World) -> None:
    """Three thirds of a fee of 5 % on 41 micro-NOS would be 0 each; the whole has 2."""
    hold_place(
        organisation_id=world.acme.id,
        source="job:1:1",
        network_micro=13,
        network_fee_micro=0,
        platform_fee_micro=platform_fee(13),
        label="x",
        now=NOW,
    )
    for key, micro in (("1", 14), ("2", 14)):
        hold_extend(source="job:1:1", key=key, network_micro=micro, now=NOW)
    assert Hold.objects.get().platform_fee_micro == platform_fee(41) == 2
    done = hold_settle(source="job:1:1", network_micro=41, seconds=1, now=NOW)
    assert (done.platform_fee_micro, done.loss_micro, done.released_micro) == (2, 0, 0)


def test_an_extension_takes_a_known_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    spend(world, 30)
    # savepoint, place, lock, hold, earlier?, caps, lots, (savepoint, lock, write, release), shares so far, hold,
    # lots, watched?, shares, extension, release
    with django_assert_num_queries(18):
        extend(50)
