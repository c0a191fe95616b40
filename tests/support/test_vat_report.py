"""The VAT report in other currencies than the seller's: every amount in both, also when rates are forgotten."""

import csv
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO

import pytest
from pytest_django import Settings

from apps.billing import chart
from apps.billing.models import CreditNoteDue, InvoiceDue, Rate
from apps.billing.services import credit_note_issue, invoice_facts, invoice_issue, topup_refund, treasury_fund
from apps.ledger.selectors import balance
from apps.support.closing.exports import vat_csv
from tests.billing.money import NOW, rate, topup
from tests.world import World

PRICES = {"EUR": 420_000, "USD": 460_000, "GBP": 360_000}


def sold(world: World) -> None:
    """Acme pays in dollars with Dutch VAT, Boreal in pounds from outside the EU, both in euros too."""
    treasury_fund(micro=5, reference="f", now=NOW)
    for currency, price in PRICES.items():
        rate(price, currency=currency)
    world.other.country = "GB"
    world.other.save()
    topup(world.acme, "t1", 10_000, currency="USD")
    topup(world.other, "t2", 5_001, currency="GBP")
    topup(world.acme, "t3", 2_003)


def issued() -> None:
    for due in InvoiceDue.objects.order_by("created_at", "id"):
        invoice_issue(invoice_due_id=due.id, now=NOW + timedelta(minutes=5))
    for note in CreditNoteDue.objects.order_by("created_at", "id"):
        credit_note_issue(credit_note_due_id=note.id, now=NOW + timedelta(days=2))


def report() -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(StringIO("".join(vat_csv(date(2026, 11, 1)))))
    return {(row["country"], row["currency"]): row for row in rows}


def at_home(amount: str, currency: str, home: str) -> str:
    """Return the amount in the seller's currency: by both prices of NOS, the rate cut at six places, half a cent up."""
    rate_micro = PRICES[home] * 1_000_000 // PRICES[currency]
    return str((Decimal(amount) * rate_micro / 1_000_000).quantize(Decimal("0.01"), ROUND_HALF_UP))


@pytest.mark.parametrize("home", PRICES)
def test_every_currency_stands_in_the_sellers_too_and_ties_to_the_books(
    world: World, settings: Settings, home: str
) -> None:
    settings.SELLER = {**settings.SELLER, "currency": home}
    sold(world)
    issued()
    Rate.objects.all().delete()  # as after a month
    found = report()
    assert {place: (row["net"], row["vat"], row["rate_percent"], row["rule"]) for place, row in found.items()} == {
        ("NL", "USD"): ("100.00", "21.00", "21.00", "domestic"),
        ("GB", "GBP"): ("50.01", "0.00", "0.00", "outside_eu"),
        ("NL", "EUR"): ("20.03", "4.21", "21.00", "domestic"),
    }
    for (_country, currency), row in found.items():
        assert row["seller_currency"] == home
        told = (row["net_in_seller_currency"], row["vat_in_seller_currency"])
        assert told == (at_home(row["net"], currency, home), at_home(row["vat"], currency, home))
        assert -balance(chart.vat(currency)) == Decimal(row["vat"]).scaleb(2)


def test_what_is_credited_piece_by_piece_comes_to_no_vat_in_either_currency(world: World) -> None:
    sold(world)
    for part, minor in enumerate((29, 58, 87, 12_100)):
        topup_refund(topup_id="t1", refunded_minor=minor, now=NOW + timedelta(hours=1 + part))
    issued()
    row = report()["NL", "USD"]
    assert (row["documents"], row["net"], row["vat"]) == ("5", "0.00", "0.00")
    assert row["vat_in_seller_currency"] == "0.00"
    assert abs(Decimal(row["net_in_seller_currency"])) <= Decimal("0.02")  # half a cent for each of four


def test_a_seller_who_changes_its_currency_reads_the_new_one(world: World, settings: Settings) -> None:
    sold(world)
    issued()
    settings.SELLER = {**settings.SELLER, "currency": "GBP"}
    row = report()["NL", "USD"]
    assert row["vat_in_seller_currency"] == at_home("21.00", "USD", "GBP")


def test_what_nobody_can_convert_any_more_is_left_empty_and_not_said_to_be_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoice_facts, "home_rate", lambda currency, now: None)
    sold(world)
    issued()
    Rate.objects.all().delete()
    row = report()["GB", "GBP"]
    assert (row["net"], row["net_in_seller_currency"], row["vat_in_seller_currency"]) == ("50.01", "", "")


def test_monaco_stands_with_france_by_whose_vat_it_is_taxed(world: World) -> None:
    world.acme.country = "MC"
    world.acme.save()
    topup(world.acme)
    issued()
    assert report()["FR", "EUR"]["rate_percent"] == "20.00"
