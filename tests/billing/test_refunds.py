"""Refunds: what may go back, what it takes along, and what the books say."""

import uuid

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.billing import chart
from apps.billing.errors import AmountInvalid, ReversalEnded, ReversalRefused, TopUpUnknown
from apps.billing.models import CreditNoteDue, InvoiceDue, Lot, Reversal
from apps.billing.selectors import movements, wallet
from apps.billing.services import (
    Purse,
    credits_move,
    hold_settle,
    refund_bounced,
    refund_cancel,
    refund_offer,
    refund_repaid,
    refund_reserve,
    topup_refund,
)
from apps.core.errors import KeyReused
from apps.ledger.selectors import balance
from apps.organisations.models import Organisation
from apps.organisations.services import Actor
from tests.billing.money import CREDIT, NOW, grant, hold, member, topup
from tests.world import World, organisation_make

BOUGHT = 233_426_704  # micro-NOS for €100 and €21 VAT


def reserve(gross: int, key: str = "r1", *, exceed: bool = False) -> Reversal:
    return refund_reserve(topup_id="t1", gross_minor=gross, key=key, reason="asked for", now=NOW, exceed=exceed)


def spend(organisation: Organisation, credits: int, source: str = "job:1:1") -> None:
    """Let a job use whole credits."""
    hold(organisation, credits, source=source)
    hold_settle(source=source, network_micro=credits * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)


def books() -> dict[str, int]:
    return {code: balance(code) for code in ("stripe:EUR", "vat:EUR", "fx:EUR", "fx:NOS")}


def test_a_full_refund_undoes_the_whole_sale(world: World) -> None:
    topup(world.acme)
    assert refund_offer(topup_id="t1").gross_minor == 12_100
    reserve(12_100)
    assert (wallet(world.acme.id).available_micro, wallet(world.acme.id).frozen_micro) == (0, BOUGHT)
    (refund,) = topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    assert (refund.key, refund.state, refund.net_minor, refund.vat_minor) == ("r1", "done", 10_000, 2_100)
    assert set(books().values()) == {0}
    assert wallet(world.acme.id).frozen_micro == 0


def test_the_offer_is_the_unspent_share_at_the_lots_own_price(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    offer = refund_offer(topup_id="t1")
    assert (offer.gross_minor, offer.net_minor, offer.vat_minor) == (6_916, 5_716, 1_200)  # 133.43 of 233.43
    with pytest.raises(ReversalRefused, match=r"At most €69\.16"):
        reserve(6_917)
    assert not Reversal.objects.exists()
    reserve(6_916)
    assert wallet(world.acme.id).available_micro < 20_000  # less than what a cent buys


def test_what_jobs_hold_is_not_offered_until_it_comes_back(world: World) -> None:
    topup(world.acme)
    hold(world.acme, 100)
    assert refund_offer(topup_id="t1").gross_minor == 6_916


def test_partial_refunds_add_up_to_the_cent_and_the_last_takes_the_remainder(world: World) -> None:
    topup(world.acme)
    for cumulative in (3_333, 6_666, 9_999, 12_100):
        topup_refund(topup_id="t1", refunded_minor=cumulative, now=NOW)
    assert [row.vat_minor for row in Reversal.objects.order_by("id")] == [578, 579, 578, 365]
    assert set(books().values()) == {0}
    assert wallet(world.acme.id).available_micro == 0
    assert refund_offer(topup_id="t1").gross_minor == 0


def test_what_stripe_tells_again_or_late_changes_nothing(world: World) -> None:
    topup(world.acme)
    assert len(topup_refund(topup_id="t1", refunded_minor=5_000, now=NOW)) == 1
    for told in (5_000, 3_000):
        assert topup_refund(topup_id="t1", refunded_minor=told, now=NOW) == []
    assert Reversal.objects.count() == 1


def test_the_customer_reads_of_it_in_the_movements(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=5_000, now=NOW)
    assert movements(world.acme)[0].sentence == "Taken for a refund of €50.00"


def test_reserved_refunds_are_booked_before_others(world: World) -> None:
    topup(world.acme)
    reserve(1_000, "r1")
    reserve(2_000, "r2")
    (first,) = topup_refund(topup_id="t1", refunded_minor=1_000, now=NOW)
    rest = topup_refund(topup_id="t1", refunded_minor=3_500, now=NOW)
    assert [first.key, *(row.key for row in rest)] == ["r1", "r2", "topup:t1:refunded:3500"]
    assert balance("stripe:EUR") == 12_100 - 3_500


def test_a_refund_stripe_did_not_make_frees_the_credits(world: World) -> None:
    topup(world.acme)
    reserve(12_100)
    assert [refund_cancel(key="r1", now=NOW).state for _ in range(2)] == ["undone", "undone"]
    assert wallet(world.acme.id).available_micro == BOUGHT
    assert refund_offer(topup_id="t1").gross_minor == 12_100
    reserve(12_100, "r2")
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    with pytest.raises(ReversalEnded, match="booked before"):
        refund_cancel(key="r2", now=NOW)


def test_more_than_the_unspent_share_is_goodwill_and_the_credits_stay_sold(world: World) -> None:
    topup(world.acme)
    spend(world.acme, 100)
    refund = reserve(12_100, exceed=True)
    assert (refund.taken_micro, refund.spent_micro) == (BOUGHT - 100 * CREDIT, 100 * CREDIT)
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    assert books() == {"stripe:EUR": 0, "vat:EUR": 0, "fx:EUR": 0, "fx:NOS": -100 * CREDIT}


def test_given_credits_and_other_topups_are_not_touched(world: World) -> None:
    topup(world.acme)
    topup(world.acme, "t2")
    grant(world.acme, 50)
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    assert wallet(world.acme.id).available_micro == BOUGHT + 50 * CREDIT
    assert Lot.objects.get(topup_id="t2").remaining_micro == BOUGHT


def test_credits_set_aside_for_a_project_go_back_too(world: World) -> None:
    topup(world.acme)
    credits_move(
        source=Purse(world.acme),
        target=Purse(world.acme, world.project),
        membership=member(world.acme, world.olga),
        micro=200 * CREDIT,
        key="m",
        actor=Actor.system(),
        now=NOW,
    )
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    assert balance(chart.pot(world.acme.id, world.project.id)) == 0
    assert balance("fx:NOS") == 0


def test_a_key_stands_for_one_refund(world: World) -> None:
    topup(world.acme)
    assert reserve(1_000) == reserve(1_000)
    with pytest.raises(KeyReused):
        reserve(1_001)
    assert wallet(world.acme.id).frozen_micro == Reversal.objects.get().taken_micro


def test_each_refund_brings_its_credit_note(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=5_000, now=NOW)
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    notes = CreditNoteDue.objects.order_by("id")
    assert [(note.net_minor, note.vat_minor, note.reason) for note in notes] == [
        (4_132, 868, "Refund"),
        (5_868, 1_232, "Refund"),
    ]


def test_vat_that_a_confirmed_vat_id_returned_is_not_refunded_again(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=4_000, now=NOW)  # 3306 and 694 VAT
    first = InvoiceDue.objects.get()
    InvoiceDue.objects.create(
        organisation=world.acme,
        topup_id="t1",
        replaces=first,
        facts={**first.facts, "net_minor": 6_694, "vat_minor": 0},
        created_at=NOW,
    )
    assert (refund_offer(topup_id="t1").gross_minor, refund_offer(topup_id="t1").vat_minor) == (6_694, 0)
    topup_refund(topup_id="t1", refunded_minor=4_000 + 6_694, now=NOW)
    assert wallet(world.acme.id).available_micro == 0
    assert balance("fx:EUR") == 0


@pytest.mark.parametrize("gross", [0, -1, 1.5, None])
def test_amounts_that_are_none_are_refused(world: World, gross: int) -> None:
    topup(world.acme)
    with pytest.raises(AmountInvalid):
        reserve(gross)


def test_no_more_goes_back_than_came(world: World) -> None:
    topup(world.acme)
    with pytest.raises(ReversalRefused, match=r"€121\.00 is left"):
        topup_refund(topup_id="t1", refunded_minor=12_101, now=NOW)
    with pytest.raises(TopUpUnknown):
        topup_refund(topup_id=uuid.uuid4(), refunded_minor=1, now=NOW)
    assert not Reversal.objects.exists()


@given(steps=st.lists(st.integers(1, 4_000), min_size=1, max_size=8), spent=st.integers(0, 232))
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_cut_the_parts_never_exceed_the_whole(world: World, steps: list[int], spent: int) -> None:
    name = str(uuid.uuid4())
    organisation = organisation_make(world.xena, f"Many {name}")
    topup(organisation, name)
    if spent:
        spend(organisation, spent, name)
    done = 0
    for step in steps:
        done = min(12_100, done + step)
        topup_refund(topup_id=name, refunded_minor=done, now=NOW)
    rows = Reversal.objects.filter(topup_id=name)
    vat, credits = sum(row.vat_minor for row in rows), sum(row.credits_micro for row in rows)
    assert sum(row.gross_minor for row in rows) == done
    assert abs(vat - 2_100 * done / 12_100) <= 0.5
    assert 0 <= credits - BOUGHT * done / 12_100 < 1
    assert Lot.objects.get(topup_id=name).remaining_micro == max(0, BOUGHT - spent * CREDIT - credits)


def test_a_refund_that_bounced_is_owed_and_may_be_paid_another_way(world: World) -> None:
    topup(world.acme)
    topup_refund(topup_id="t1", refunded_minor=12_100, now=NOW)
    for _ in range(2):
        refund_bounced(topup_id="t1", currency="EUR", minor=12_100, reference="re_1", now=NOW)
    assert (balance("stripe:EUR"), balance("refunds-due:EUR")) == (12_100, -12_100)
    for _ in range(2):
        refund_repaid(topup_id="t1", currency="EUR", minor=12_100, key="r1", reference="SEPA 1", now=NOW)
    assert (balance("bank:EUR"), balance("refunds-due:EUR")) == (-12_100, 0)
    assert CreditNoteDue.objects.count() == 1


def test_a_reservation_that_stripe_does_not_know_is_left_alone(world: World) -> None:
    topup(world.acme)
    reserve(5_000, key="r1")
    topup_refund(topup_id="t1", refunded_minor=5_000, now=NOW, known=[])
    assert {row.key: row.state for row in Reversal.objects.all()} == {
        "r1": "open",
        "topup:t1:refunded:5000": "done",
    }
    topup_refund(topup_id="t1", refunded_minor=10_000, now=NOW, known=["r1"])
    assert Reversal.objects.get(key="r1").state == "done"
