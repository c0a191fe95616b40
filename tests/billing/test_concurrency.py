"""Many at once: real threads, real commits."""

import pytest

from apps.billing.errors import InsufficientCredits
from apps.billing.models import Hold, InvoiceDue, Lot, Settlement
from apps.billing.selectors import invoices_of, wallet
from apps.billing.services import hold_release, hold_settle, invoice_issue, topup_credit
from apps.ledger.models import Transfer
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
