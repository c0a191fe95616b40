"""Stripe's payouts to the bank and its own fees: booked as it tells them, once, and matched with its days."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.billing.errors import AmountInvalid
from apps.billing.services import payout_post, service_fee_post
from apps.bridge.selectors import Position
from apps.core.errors import KeyReused
from apps.ledger.models import Entry, Transfer
from apps.payments import gateway
from apps.payments.models import TopUp
from apps.payments.services import payouts, payouts_sweep
from apps.support.models import ReconciliationItem
from apps.support.reconciliation import runs
from tests.checkout import Checkout
from tests.payments.test_reversals import COMPLETED
from tests.payments.topups import TopUps, handled

AT_ONCE = "4000000000000077"


@pytest.fixture
def available(topups: TopUps, checkout: Checkout) -> TopUp:
    """A payment of 121.00 euros that can be paid out at once."""
    topup = topups.opened()
    checkout.pay(topup.checkout_url, AT_ONCE)
    handled(checkout.events(topup.id)[COMPLETED])
    return topup


def booked(movement: str) -> dict[str, int]:
    """Return what was booked of one of Stripe's movements, by account."""
    rows = Entry.objects.filter(transfer__key=f"stripe:{movement}")
    return dict(rows.values_list("account__code", "amount"))


@pytest.mark.usefixtures("available")
def test_a_payout_one_that_comes_back_and_a_fee_are_booked_once(checkout: Checkout) -> None:
    payout, fee = checkout.payout(5_000), checkout.charge_fee(250)
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert booked(payout["balance_transaction"]) == {"stripe:EUR": -5_000, "bank:EUR": 5_000}
    assert booked(fee["id"]) == {"stripe:EUR": -250, "stripe-fees:EUR": 250}
    posted = Transfer.objects.count()
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert Transfer.objects.count() == posted
    checkout.settle_payout(payout["id"], "failed")
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    back = Transfer.objects.filter(reason="payout").latest("id")
    assert booked(back.details["reference"]) == {"stripe:EUR": 5_000, "bank:EUR": -5_000}


def test_what_was_booked_matches_what_stripe_tells(
    available: TopUp, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "position", lambda: Position(0, 0, 0))
    theirs = {checkout.payout(5_000)["balance_transaction"], checkout.charge_fee(250)["id"]}
    items = ReconciliationItem.objects.filter(match__in=[f"movement:{one}" for one in theirs])
    runs.days_run(now=timezone.now() + timedelta(days=1))
    assert {item.side for item in items.filter(matched_at=None)} == {"stripe"}
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    runs.days_run(now=timezone.now() + timedelta(days=1))
    assert (items.filter(matched_at=None).count(), items.count()) == (0, 4)


@pytest.mark.usefixtures("available")
def test_a_sweep_that_breaks_books_nothing_and_the_next_one_all(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout, fee = checkout.payout(5_000), checkout.charge_fee(250)

    def broken(**facts: object) -> None:
        raise RuntimeError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(payouts, "service_fee_post", broken)
        with pytest.raises(RuntimeError):
            payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert booked(payout["balance_transaction"]) == {}
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert (booked(payout["balance_transaction"])["bank:EUR"], booked(fee["id"])["stripe:EUR"]) == (5_000, -250)


def test_a_currency_without_books_is_left_to_people(
    available: TopUp, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = checkout.payout(5_000)
    monkeypatch.setattr(payouts, "CURRENCIES", ["USD", "GBP"])
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert booked(payout["balance_transaction"]) == {}


def test_a_payout_with_a_price_pays_it_and_nothing_is_no_booking(available: TopUp) -> None:
    now = timezone.now()
    payout_post(movement="txn_instant", currency="EUR", amount_minor=-5_000, fee_minor=50, now=now)
    assert booked("txn_instant") == {"stripe:EUR": -5_050, "bank:EUR": 5_000, "stripe-fees:EUR": 50}
    with pytest.raises(KeyReused):
        payout_post(movement="txn_instant", currency="EUR", amount_minor=-5_000, fee_minor=51, now=now)
    with pytest.raises(AmountInvalid, match="moved nothing"):
        service_fee_post(movement="txn_nothing", currency="EUR", amount_minor=0, now=now)


@pytest.mark.usefixtures("available")
def test_a_stripe_that_does_not_answer_is_asked_again(checkout: Checkout) -> None:
    payout = checkout.payout(5_000)
    checkout.faults(fail_api=50)
    try:
        with pytest.raises(gateway.StripeUnavailable):
            payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    finally:
        checkout.faults()
    payouts_sweep(now=timezone.now() + timedelta(seconds=2))
    assert booked(payout["balance_transaction"])["bank:EUR"] == 5_000
