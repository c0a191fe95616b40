"""Money that came in is credited once and stands on the right accounts."""

import pytest
from django.utils import timezone

from apps.billing import chart
from apps.billing.errors import AmountInvalid
from apps.billing.models import InvoiceDue, Lot
from apps.billing.selectors import wallet
from apps.billing.services import stripe_fee_post, topup_credit, treasury_fund
from apps.core.errors import KeyReused
from apps.core.models import Message
from apps.ledger.selectors import balances
from tests.billing.money import NOW, quote, topup
from tests.world import World

CREDITS = 233_426_704


def test_a_topup_credits_as_quoted_and_books_total_vat_and_net(world: World) -> None:
    topup(world.acme)
    assert wallet(world.acme.id).available_micro == CREDITS
    codes = [chart.FX_NOS, chart.stripe("EUR"), chart.vat("EUR"), chart.fx("EUR")]
    assert [balances(codes)[code] for code in codes] == [-CREDITS, 12_100, -2_100, -10_000]
    lot = Lot.objects.get()
    assert (lot.kind, lot.granted_micro, lot.remaining_micro) == ("paid", CREDITS, CREDITS)
    assert (lot.currency, lot.net_minor, lot.topup_id) == ("EUR", 10_000, "t1")


def test_the_same_topup_again_changes_nothing(world: World) -> None:
    assert topup(world.acme) == topup(world.acme)
    assert wallet(world.acme.id).available_micro == CREDITS
    assert (Lot.objects.count(), InvoiceDue.objects.count()) == (1, 1)
    assert Message.objects.filter(name="billing.invoice_issue").count() == 1


def test_the_same_topup_with_another_quote_is_refused(world: World) -> None:
    topup(world.acme)
    with pytest.raises(KeyReused):
        topup(world.acme, net_minor=20_000)


def test_the_quote_of_another_organisation_is_refused(world: World) -> None:
    with pytest.raises(KeyReused, match="another organisation"):
        topup_credit(
            organisation_id=world.other.id,
            topup_id="t1",
            quote=quote(world.acme),
            payment_reference="pi_1",
            now=NOW,
        )
    assert wallet(world.other.id).available_micro == 0


def test_a_topup_without_vat_books_no_vat(world: World) -> None:
    world.acme.country = "US"
    world.acme.save()
    topup(world.acme)
    assert balances([chart.vat("EUR"), chart.stripe("EUR")]) == {chart.vat("EUR"): 0, chart.stripe("EUR"): 10_000}


def test_stripes_fee_leaves_stripe_once(world: World) -> None:
    topup(world.acme)
    stripe_fee_post(topup_id="t1", currency="EUR", fee_minor=212, now=NOW)
    stripe_fee_post(topup_id="t1", currency="EUR", fee_minor=212, now=NOW)
    assert stripe_fee_post(topup_id="t2", currency="EUR", fee_minor=0, now=NOW) is None
    assert balances([chart.stripe("EUR"), chart.stripe_fees("EUR")]) == {
        chart.stripe("EUR"): 11_888,
        chart.stripe_fees("EUR"): 212,
    }


def test_the_treasury_is_funded_once_per_reference(world: World) -> None:
    treasury_fund(micro=5_000, reference="sig", now=NOW)
    treasury_fund(micro=5_000, reference="sig", now=NOW)
    assert balances([chart.TREASURY, chart.FUNDING]) == {chart.TREASURY: 5_000, chart.FUNDING: -5_000}
    with pytest.raises(AmountInvalid):
        treasury_fund(micro=0, reference="sig2", now=timezone.now())
