"""Lots: which credits go first, and back to where."""

from datetime import timedelta

import pytest

from apps.billing.errors import AmountInvalid, InsufficientCredits
from apps.billing.models import Lot
from apps.billing.selectors import wallet
from apps.billing.services import hold_release, hold_settle, lot_grant
from apps.core.errors import KeyReused
from tests.billing.money import CREDIT, NOW, grant, hold, left, topup
from tests.world import World


def test_what_expires_first_goes_first_and_given_credits_go_before_paid_ones(world: World) -> None:
    topup(world.acme)  # 233 credits
    paid = Lot.objects.get(kind="paid")
    never = grant(world.acme, 10, key="never")
    late = grant(world.acme, 10, key="late", expires_at=NOW + timedelta(days=9))
    soon = grant(world.acme, 10, key="soon", expires_at=NOW + timedelta(days=1))
    assert left(paid, never, late, soon) == [233, 10, 10, 10]
    hold(world.acme, 15)
    assert left(paid, never, late, soon) == [233, 10, 5, 0]
    hold(world.acme, 20, source="job:2:1")
    assert left(paid, never, late, soon) == [228, 0, 0, 0]


def test_a_release_gives_back_to_the_same_lots(world: World) -> None:
    first, second = grant(world.acme, 10, key="a"), grant(world.acme, 10, key="b")
    hold(world.acme, 15)
    assert left(first, second) == [0, 5]
    hold_release(source="job:1:1", reason="x", now=NOW)
    assert left(first, second) == [10, 10]


def test_a_settlement_spends_the_first_lot_first(world: World) -> None:
    first, second = grant(world.acme, 10, key="a"), grant(world.acme, 10, key="b")
    hold(world.acme, 15)
    hold_settle(source="job:1:1", network_micro=8 * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)
    assert left(first, second) == [2, 10]
    assert wallet(world.acme.id).available_micro == 12 * CREDIT


def test_expired_credits_are_not_spent(world: World) -> None:
    grant(world.acme, 10, key="old", expires_at=NOW)
    grant(world.acme, 10, key="new")
    with pytest.raises(InsufficientCredits, match=r"Acme has 10\.00"):
        hold(world.acme, 15)


def test_a_grant_is_given_once(world: World) -> None:
    assert grant(world.acme, 10) == grant(world.acme, 10)
    with pytest.raises(KeyReused):
        grant(world.acme, 11)
    with pytest.raises(AmountInvalid):
        grant(world.acme, 0, key="nothing")
    with pytest.raises(AmountInvalid):
        lot_grant(organisation_id=world.acme.id, kind=Lot.Kind.PAID, micro=1, key="paid", now=NOW, expires_at=None)
    assert wallet(world.acme.id).available_micro == 10 * CREDIT
