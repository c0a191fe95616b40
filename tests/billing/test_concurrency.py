"""Many at once: real threads, real commits."""

import pytest

from apps.billing.errors import CapReached, HoldEnded, InsufficientCredits
from apps.billing.models import AutoTopUp, Cap, Hold, InvoiceDue, Level, Lot, Settlement
from apps.billing.selectors import invoices_of, wallet
from apps.billing.services import (
    Bill,
    caps_check_topup,
    hold_extend,
    hold_release,
    hold_settle,
    hold_settle_many,
    invoice_issue,
    topup_credit,
)
from apps.billing.windows import Period
from apps.ledger.models import Transfer
from tests.billing.limits import cap, spend, used
from tests.billing.money import CREDIT, NOW, grant, hold, quote, topup
from tests.ledger.threads import at_once
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return World.build()


def lots_match(world: World) -> bool:
    """Tell whether the lots add up to the wallet."""
    found = wallet(world.acme.id)
    return sum(lot.remaining_micro for lot in Lot.objects.filter(organisation=world.acme)) == found.available_micro


def test_of_24_holds_of_30_from_100_credits_three_are_placed(world: World) -> None:
    grant(world.acme, 50, key="a")
    grant(world.acme, 50, key="b")
    results = at_once(24, lambda index: hold(world.acme, 30, source=f"job:{index}:1"))
    assert sum(isinstance(result, Hold) for result in results) == 3
    assert sum(isinstance(result, InsufficientCredits) for result in results) == 21
    assert wallet(world.acme.id).available_micro == 10 * CREDIT
    assert lots_match(world)


def test_16_holds_for_one_source_are_one_hold(world: World) -> None:
    grant(world.acme, 100)
    results = at_once(16, lambda index: hold(world.acme, 30))
    assert len({result.id for result in results}) == 1
    assert wallet(world.acme.id).held_micro == 30 * CREDIT


def test_16_credits_of_one_topup_are_one_transfer_one_lot_and_one_invoice(world: World) -> None:
    offer = quote(world.acme)

    def credit(index: int) -> Transfer:
        return topup_credit(
            organisation_id=world.acme.id, topup_id="t1", quote=offer, payment_reference="pi", now=NOW
        )

    results = at_once(16, credit)
    assert len({result.id for result in results}) == 1
    assert (Lot.objects.count(), InvoiceDue.objects.count()) == (1, 1)
    assert wallet(world.acme.id).available_micro == offer.credits_micro


def test_settlements_and_releases_at_once_end_the_hold_once(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)

    def end(index: int) -> Settlement | Hold:
        if index % 2:
            return hold_release(source="job:1:1", reason="x", now=NOW)
        return hold_settle(source="job:1:1", network_micro=10 * CREDIT, seconds=1, now=NOW)

    results = at_once(16, end)
    ways = {type(result) for result in results if not isinstance(result, Exception)}
    assert len(ways) == 1
    spent = 10_500_000 if ways == {Settlement} else 0
    assert wallet(world.acme.id).available_micro == 100 * CREDIT - spent
    assert wallet(world.acme.id).held_micro == 0
    assert lots_match(world)


def test_eight_settlements_at_once_are_one(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    results = at_once(
        8, lambda index: hold_settle(source="job:1:1", network_micro=10 * CREDIT, seconds=1, now=NOW)
    )
    assert len({result.id for result in results}) == 1
    assert wallet(world.acme.id).available_micro == 89_500_000


def test_invoices_issued_at_once_are_numbered_without_gap_or_twin(world: World) -> None:
    for number in range(4):
        topup(world.acme, f"t{number}")
    ids = list(InvoiceDue.objects.values_list("id", flat=True))
    results = at_once(8, lambda index: invoice_issue(invoice_due_id=ids[index % 4], now=NOW))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(invoices_of(world.acme).values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_of_100_threads_spending_the_last_credits_under_a_cap_none_passes_it(world: World) -> None:
    grant(world.acme, 1000)
    limits = [
        cap(world, 30),
        cap(world, 30, level=Level.PROJECT, subject=world.project.id, period=Period.DAY),
        cap(world, 25, level=Level.MEMBER, subject=world.mia.id, period=Period.LIFETIME),
    ]
    results = at_once(100, lambda index: spend(world, 1, source=f"job:{index}:1"))
    assert sum(isinstance(result, Hold) for result in results) == 25
    assert sum(isinstance(result, CapReached) for result in results) == 75
    assert [used(limit) for limit in limits] == [25, 25, 25]


def test_a_cap_that_is_raised_and_lowered_during_submits_is_never_passed_by_what_comes_after(world: World) -> None:
    grant(world.acme, 1000)
    limit = cap(world, 40)

    def act(index: int) -> Hold | Cap:
        if index % 5 == 0:
            return cap(world, 10 if index % 2 else 60)
        return spend(world, 2, source=f"job:{index}:1")

    results = at_once(60, act)
    placed = sum(isinstance(result, Hold) for result in results)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, CapReached)]
    assert used(limit) == placed * 2 <= 60


def test_a_cap_set_while_holds_are_placed_counts_each_of_them_once(world: World) -> None:
    grant(world.acme, 1000)
    results = at_once(30, lambda n: cap(world, 500) if n % 10 == 0 else spend(world, 2, source=f"job:{n}:1"))
    assert len({result.id for result in results if isinstance(result, Cap)}) == 1
    assert used(Cap.objects.get()) == sum(isinstance(result, Hold) for result in results) * 2 == 54


def test_holds_settlements_and_extensions_at_once_leave_the_counters_right(world: World) -> None:
    grant(world.acme, 1000)
    limit = cap(world, 900)
    for n in range(10):
        spend(world, 20, source=f"job:{n}:1")

    def act(index: int) -> object:
        source = f"job:{index % 10}:1"
        if index < 10:
            return hold_extend(source=source, key="1", network_micro=5 * CREDIT, platform_fee_micro=0, now=NOW)
        if index < 20:
            return hold_settle(source=source, network_micro=3 * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)
        return spend(world, 1, source=f"job:{index}:1")

    results = at_once(40, act)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, HoldEnded)]
    assert used(limit) == 10 * 3 + 20


def test_batches_and_single_settlements_at_once_settle_each_hold_once(world: World) -> None:
    grant(world.acme, 1000)
    for n in range(20):
        spend(world, 10, source=f"job:{n}:1")

    def bill(n: int) -> Bill:
        return Bill(source=f"job:{n}:1", network_micro=4 * CREDIT, seconds=1)

    def act(index: int) -> object:
        order = list(range(20)) if index % 2 else list(range(19, -1, -1))
        return hold_settle_many([bill(n) for n in (order if index % 4 < 2 else order[:3])], now=NOW)

    results = at_once(8, act)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Settlement.objects.count() == 20
    assert wallet(world.acme.id).available_micro == (1000 - 20 * 4) * CREDIT - 20 * 200_000


def test_automatic_top_ups_at_once_never_pass_their_cap(world: World) -> None:
    limit = cap(world, 50, level=Level.TOPUP)
    results = at_once(
        24,
        lambda n: caps_check_topup(organisation_id=world.acme.id, key=f"t{n % 12}", micro=10 * CREDIT, now=NOW),
    )
    assert used(limit) == 50
    assert len({result.key for result in results if isinstance(result, AutoTopUp)}) == 5
