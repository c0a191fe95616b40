"""Stripe's days against the ledger's: what matches, what does not, and a run that is repeated or dies."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.bridge.selectors import Position
from apps.ledger.models import Transfer
from apps.payments.models import TopUp
from apps.support.models import ReconciliationDay, ReconciliationItem
from apps.support.reconciliation import runs, sides
from apps.support.reconciliation.acts import ItemOver, item_reopen, item_resolve
from apps.support.reconciliation.runs import ReconciliationFailed, days_run
from tests.checkout import Checkout
from tests.payments.test_reversals import COMPLETED, news, refunded
from tests.payments.topups import TopUps, handled
from tests.world import World


@pytest.fixture(autouse=True)
def _chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A treasury that has what the books say."""
    monkeypatch.setattr(runs, "position", lambda: Position(0, 0, 0))


def run(*, days: int = 1) -> None:
    """Read all days up to today, as the hourly task does after midnight."""
    days_run(now=timezone.now() + timedelta(days=days))


def kinds(topup: TopUp, *, matched: bool) -> list[tuple[str, str, int]]:
    """Return kind, side and amount of the top-up's items that matched, or did not."""
    items = ReconciliationItem.objects.filter(topup_id=str(topup.id), matched_at__isnull=not matched)
    return sorted(items.values_list("kind", "side", "amount"))


def test_a_payment_that_the_books_lack_is_an_item_until_they_have_it(
    paid: TopUp, checkout: Checkout, topups: TopUps, world: World
) -> None:
    opener = topups.opened()  # the books have a first day only once something was posted
    checkout.pay(opener.checkout_url)
    handled(checkout.events(opener.id)[COMPLETED])
    intent = checkout.session(paid.stripe_session_id or "")["payment_intent"]
    TopUp.objects.filter(id=paid.id).update(payment_intent=intent)
    posted = Transfer.objects.count()
    run()
    assert kinds(paid, matched=False) == [("fee", "stripe", -207), ("payment", "stripe", 12_100)]
    assert kinds(opener, matched=False) == []
    assert (Transfer.objects.count(), {one for one, _, _ in kinds(opener, matched=True)}) == (
        posted,
        {"fee", "payment"},
    )
    handled(checkout.events(paid.id)[COMPLETED])
    item = ReconciliationItem.objects.get(topup_id=str(paid.id), kind="payment")
    item_resolve(item_id=item.pk, reason="Seen", act="x", user=world.olga, now=timezone.now())
    run()
    assert kinds(paid, matched=False) == []  # also what somebody resolved by hand
    with pytest.raises(ItemOver):
        item_reopen(item_id=item.pk, reason="Not so", user=world.olga, now=timezone.now())


def test_a_payment_that_stripe_lacks_is_an_item_of_the_ledger(
    credited: TopUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sides, "balance_movements", lambda **_: iter(()))
    run()
    assert kinds(credited, matched=False) == [("fee", "ledger", -207), ("payment", "ledger", 12_100)]
    assert {item.lacking for item in ReconciliationItem.objects.filter(matched_at=None)} == {"Stripe"}
    monkeypatch.undo()
    monkeypatch.setattr(runs, "position", lambda: Position(0, 0, 0))
    run()
    assert kinds(credited, matched=False) == []


def test_a_fee_that_differs_leaves_both_sides_open(credited: TopUp, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sides.balance_movements

    def dearer(**span: Any) -> Any:
        for one in real(**span):
            object.__setattr__(one, "fee_minor", one.fee_minor + 1)
            yield one

    monkeypatch.setattr(sides, "balance_movements", dearer)
    run()
    assert kinds(credited, matched=False) == [("fee", "ledger", -207), ("fee", "stripe", -208)]


def test_refunds_and_disputes_match_whoever_made_them(
    credited: TopUp, disputed: TopUp, checkout: Checkout
) -> None:
    for amount in (1_000, 2_000):
        last = refunded(credited, checkout, amount)
    handled(last)  # both are booked as one
    checkout.settle_refund(checkout.refunds(credited.payment_intent or "")[0]["id"], "failed")
    handled(news(disputed, checkout, "created"))
    handled(news(disputed, checkout, "funds_withdrawn"))
    run()
    assert kinds(disputed, matched=False) == []
    assert ("dispute", "ledger", -14_100) in kinds(disputed, matched=True)
    assert kinds(credited, matched=False) == [("return", "stripe", 1_000)]
    assert {("refund", "ledger", -3_000), ("refund", "stripe", -2_000)} <= set(kinds(credited, matched=True))


def test_a_run_twice_and_one_that_died_give_what_one_run_gives(
    credited: TopUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(runs, "chain_items", lambda day: (_ for _ in ()).throw(RuntimeError("cut")))
        with pytest.raises(ReconciliationFailed):
            run()
    day = ReconciliationDay.objects.order_by("-day")[0]
    assert (day.finished_at, "RuntimeError: cut" in day.error) == (None, True)
    run()
    before = list(ReconciliationItem.objects.order_by("id").values())
    run()
    assert list(ReconciliationItem.objects.order_by("id").values()) == before
    day.refresh_from_db()
    assert (day.finished_at is not None, day.error, kinds(credited, matched=False)) == (True, "", [])


def test_a_gap_nobody_can_name_is_told_and_goes_when_it_is_gone(
    credited: TopUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "position", lambda: Position(-5, 0, 0))
    run()
    run()
    gap = ReconciliationItem.objects.get(kind="gap")
    assert (gap.amount, gap.open) == (-5, True)
    monkeypatch.setattr(runs, "position", lambda: Position(0, 0, 0))
    run()
    gap.refresh_from_db()
    assert gap.matched_at is not None
