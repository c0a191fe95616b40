"""Disputes: frozen at once, then won or lost, and the debt of what was spent."""

from datetime import timedelta

import pytest

from apps.billing import chart
from apps.billing.errors import AmountInvalid, ReversalEnded, TopUpUnknown
from apps.billing.models import Lot, Reversal
from apps.billing.selectors import wallet
from apps.billing.services import (
    dispute_funds_post,
    dispute_lost,
    dispute_open,
    dispute_won,
    hold_release,
    lots_expire,
    refund_cancel,
    topup_refund,
)
from apps.core.errors import KeyReused
from apps.ledger.selectors import balance
from tests.billing.money import CREDIT, NOW, grant, hold, topup
from tests.billing.test_refunds import BOUGHT, books, spend
from tests.world import World


def opened(gross: int = 12_100, key: str = "dp_1") -> Reversal:
    return dispute_open(topup_id="t1", gross_minor=gross, key=key, reason="fraudulent", now=NOW)


def lost() -> Reversal:
    return dispute_lost(key="dp_1", now=NOW)


def funds(amount: int, fee: int = 0, transaction: str = "txn_1") -> None:
    dispute_funds_post(key="dp_1", balance_transaction=transaction, amount_minor=amount, fee_minor=fee, now=NOW)


def standing(world: World) -> tuple[int, int, int]:
    """Return what is available, frozen and owed, in micro-NOS."""
    found = wallet(world.acme.id)
    return found.available_micro, found.frozen_micro, -balance(chart.owed(world.acme.id))


def test_what_was_bought_freezes_at_once(world: World) -> None:
    topup(world.acme)
    assert opened() == opened()
    assert standing(world) == (0, BOUGHT, 0)


def test_what_was_spent_is_a_debt_after_other_paid_credits_are_frozen_too(world: World) -> None:
    topup(world.acme)
    topup(world.acme, "t2", net_minor=1_000)  # 23.3 credits
    grant(world.acme, 5)
    spend(world.acme, 105)  # the given ones first, then 100 of t1
    dispute = opened()
    assert dispute.taken_micro == BOUGHT - 100 * CREDIT + 23_342_670
    assert standing(world) == (0, BOUGHT, 100 * CREDIT - 23_342_670)


def test_given_credits_are_never_frozen(world: World) -> None:
    topup(world.acme)
    grant(world.acme, 5)
    opened()
    assert standing(world)[0] == 5 * CREDIT


def test_a_dispute_that_is_won_leaves_everything_as_it_was(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    opened()
    assert [dispute_won(key="dp_1", now=NOW).state for _ in range(2)] == ["undone", "undone"]
    assert standing(world) == (BOUGHT - 100 * CREDIT, 0, 0)
    with pytest.raises(ReversalEnded, match="won before"):
        lost()


def test_a_dispute_that_is_lost_undoes_the_sale_and_leaves_the_debt(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    opened()
    funds(-12_100, 2_000)
    assert [lost().state for _ in range(2)] == ["done", "done"]
    assert standing(world) == (0, 0, 100 * CREDIT)
    assert books() == {"stripe:EUR": -2_000, "vat:EUR": 0, "fx:EUR": 0, "fx:NOS": 0}
    assert (balance("disputed:EUR"), balance("stripe-fees:EUR")) == (0, 2_000)
    with pytest.raises(ReversalEnded, match="lost before"):
        dispute_won(key="dp_1", now=NOW)


def test_what_stripe_withdraws_and_returns_stands_in_dispute_meanwhile(world: World) -> None:
    topup(world.acme)
    opened()
    funds(-12_100, 2_000)
    funds(-12_100, 2_000)
    assert (balance("stripe:EUR"), balance("disputed:EUR")) == (-2_000, 12_100)
    funds(12_100, 0, "txn_2")
    assert (balance("stripe:EUR"), balance("disputed:EUR")) == (10_100, 0)
    with pytest.raises(KeyReused):
        funds(-1, 0)
    with pytest.raises(AmountInvalid):
        funds(0, 0, "txn_3")


def test_credits_that_come_back_later_pay_the_debt_when_the_dispute_is_lost(world: World) -> None:
    topup(world.acme)
    hold(world.acme, 100)
    opened()
    hold_release(source="job:1:1", reason="x", now=NOW)
    assert standing(world) == (100 * CREDIT, BOUGHT, 100 * CREDIT)
    lost()
    assert standing(world) == (0, 0, 0)
    assert Reversal.objects.get().repaid_micro == 100 * CREDIT


def test_the_next_topup_pays_what_is_owed_first(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    opened()
    lost()
    topup(world.acme, "t2", net_minor=2_000)  # 46.685340 credits
    assert standing(world) == (0, 0, 100 * CREDIT - 46_685_340)
    topup(world.acme, "t3", net_minor=10_000)
    assert standing(world) == (BOUGHT - (100 * CREDIT - 46_685_340), 0, 0)


def test_nobody_collects_while_the_dispute_is_open_and_gifts_pay_no_debts(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    opened()
    topup(world.acme, "t2")
    assert standing(world) == (BOUGHT, BOUGHT, 100 * CREDIT)
    hold(world.acme, 233, source="job:2:1")
    grant(world.acme, 50)
    lost()
    assert standing(world)[2] == 100 * CREDIT - 426_704


def test_a_partial_dispute_and_a_refund_share_the_topup(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=4_000, now=NOW)
    opened(8_100)
    funds(-8_100)
    lost()
    assert set(books().values()) == {0}


def test_what_a_bank_takes_beyond_what_refunds_left_is_a_loss_if_the_dispute_is_lost(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=4_000, now=NOW)
    dispute = opened()
    assert (dispute.gross_minor, dispute.excess_minor) == (8_100, 4_000)
    assert standing(world) == (0, dispute.credits_micro, 0)
    funds(-12_100)
    lost()
    assert set((books() | {"stripe:EUR": 0}).values()) == {0}
    assert [balance(code) for code in ("disputed:EUR", "losses:EUR", "stripe:EUR")] == [0, 4_000, -4_000]


def test_a_dispute_of_a_topup_that_went_back_whole_freezes_nothing(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    topup(world.acme, "t2")
    dispute = opened()
    assert (dispute.gross_minor, dispute.excess_minor, standing(world)) == (0, 12_100, (BOUGHT, 0, 0))
    funds(-12_100)
    dispute_won(key="dp_1", now=NOW)
    funds(12_100, 0, "txn_2")
    assert [balance(code) for code in ("disputed:EUR", "losses:EUR", "stripe:EUR")] == [0, 0, 12_100]


def test_credits_that_expired_while_they_were_frozen_expire_when_they_are_freed(world: World) -> None:
    topup(world.acme)
    Lot.objects.update(expires_at=NOW + timedelta(days=1))
    opened()
    assert lots_expire(now=NOW + timedelta(days=2)) == 0
    dispute_won(key="dp_1", now=NOW + timedelta(days=2))
    assert standing(world) == (0, 0, 0)
    assert balance(chart.EXPIRED) == BOUGHT


def test_unknown_topups_and_keys_of_others_are_refused(world: World) -> None:
    with pytest.raises(TopUpUnknown):
        opened()
    topup(world.acme)
    opened()
    with pytest.raises(KeyReused):
        opened(1_000)
    with pytest.raises(KeyReused, match="is a dispute"):
        refund_cancel(key="dp_1", now=NOW)
