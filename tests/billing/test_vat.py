"""VAT by rule and by day."""

from datetime import date, datetime, timedelta

import pytest
from stdnum.eu.vat import MEMBER_STATES

from apps.billing.errors import PlaceDisputed
from apps.billing.models import InvoiceDue, PlaceProof, VatCheck
from apps.billing.services import place_proof_record, quote_create, topup_credit, vat_of
from apps.billing.vat import MEMBERS, RATES, Vat, rate_bp, vat_for
from tests.billing.money import NOW, quote, rate, topup
from tests.world import World

TODAY = date(2026, 11, 2)
DE_ID = "DE136695976"


def vat(buyer: str, **facts: object) -> Vat:
    return vat_for(**({"seller_country": "NL", "buyer_country": buyer, "on": TODAY} | facts))  # type: ignore[arg-type]


def confirmed(world: World, *, at: datetime = NOW, state: str = "valid", consultation: str = "WAPI1") -> VatCheck:
    """Make Acme a German business whose VAT id VIES told this about."""
    world.acme.country, world.acme.vat_id = "DE", DE_ID
    world.acme.save()
    return VatCheck.objects.create(
        organisation=world.acme,
        vat_id=DE_ID,
        state=state,
        asked_at=at,
        answered_at=at,
        next_at=at,
        consultation=consultation,
    )


def test_the_table_has_every_member_state_once_a_day_in_the_order_of_days() -> None:
    assert {country.lower() for country in MEMBERS} == set(MEMBER_STATES) - {"xi"}
    assert len({(country, since) for country, since, _ in RATES}) == len(RATES)
    assert all(1_500 <= bp <= 2_700 for _, _, bp in RATES)  # the directive's least, and the highest there is
    changes = [row for row in RATES if row[1] != date(2024, 1, 1)]
    assert changes == sorted(changes, key=lambda row: row[1])
    assert all(rate_bp(country, since - timedelta(days=1)) != bp for country, since, bp in changes)


@pytest.mark.parametrize(
    ("on", "bp"), [(date(2025, 6, 30), 2200), (date(2025, 7, 1), 2400), (date(2030, 1, 1), 2400)]
)
def test_a_rate_holds_from_its_day_on(on: date, bp: int) -> None:
    assert rate_bp("EE", on) == bp


def test_a_day_before_the_table_and_a_country_outside_have_no_rate() -> None:
    for country, on in (("NL", date(2023, 12, 31)), ("CH", TODAY)):
        with pytest.raises(KeyError):
            rate_bp(country, on)


@pytest.mark.parametrize(
    ("buyer", "facts", "rule", "bp"),
    [
        ("NL", {}, "domestic", 2100),
        ("NL", {"vat_id": "NL1", "vat_id_state": "valid"}, "domestic", 2100),
        ("DE", {"vat_id": DE_ID, "vat_id_state": "valid"}, "eu_reverse_charge", 0),
        ("GR", {"vat_id": "EL1", "vat_id_state": "valid"}, "eu_reverse_charge", 0),
        ("DE", {"vat_id": "FR1", "vat_id_state": "valid"}, "eu_consumer", 1900),
        ("DE", {"vat_id": DE_ID}, "eu_unconfirmed", 1900),
        ("DE", {"vat_id": DE_ID, "oss": False}, "eu_unconfirmed", 2100),
        ("DE", {"vat_id": DE_ID, "vat_id_state": "invalid"}, "eu_consumer", 1900),
        ("DE", {}, "eu_consumer", 1900),
        ("DE", {"oss": False}, "eu_seller_rate", 2100),
        ("MC", {}, "eu_consumer", 2000),
        ("FI", {"seller_country": "FI"}, "domestic", 2550),
        ("US", {}, "outside_eu", 0),
        ("GB", {"vat_id": "GB1", "vat_id_state": "valid"}, "outside_eu", 0),
    ],
)
def test_each_case_has_its_rule(buyer: str, facts: dict[str, object], rule: str, bp: int) -> None:
    found = vat(buyer, **facts)
    assert (found.rule, found.bp) == (rule, bp)
    assert bool(found.note) == (rule != "domestic")
    assert len(found.note) <= 200


@pytest.mark.parametrize(
    ("age", "state", "rule"),
    [
        (timedelta(days=30), "valid", "eu_reverse_charge"),
        (timedelta(days=30, seconds=1), "valid", "eu_unconfirmed"),
        (timedelta(days=1), "invalid", "eu_consumer"),
    ],
)
def test_a_positive_answer_counts_for_30_days(world: World, age: timedelta, state: str, rule: str) -> None:
    confirmed(world, at=NOW - age, state=state)
    assert vat_of(world.acme, now=NOW).rule == rule


def test_an_answer_about_another_vat_id_proves_nothing(world: World) -> None:
    confirmed(world)
    world.acme.vat_id = "DE811569869"
    assert vat_of(world.acme, now=NOW).rule == "eu_unconfirmed"


def test_an_invoice_with_reverse_charge_says_how_it_was_proven(world: World) -> None:
    confirmed(world)
    topup(world.acme)
    facts = InvoiceDue.objects.get().facts
    assert (facts["vat_minor"], facts["vat_rule"]) == (0, "eu_reverse_charge")
    assert facts["vat_check"] == {"consultation": "WAPI1", "at": NOW.isoformat()}


def test_a_consumers_invoice_keeps_the_proofs_of_place(world: World) -> None:
    world.acme.country = "DE"
    world.acme.save()
    place_proof_record(
        organisation_id=world.acme.id, kind=PlaceProof.Kind.CARD, country="de", now=NOW, reference="pi_1"
    )
    topup(world.acme)
    places = InvoiceDue.objects.get().facts["places"]
    assert [(place["kind"], place["country"]) for place in places] == [("billing", "DE"), ("card", "DE")]


def test_a_place_that_every_sign_speaks_against_is_disputed(world: World) -> None:
    rate()
    world.acme.country = "DE"
    for kind in (PlaceProof.Kind.CARD, PlaceProof.Kind.ADDRESS):
        place_proof_record(organisation_id=world.acme.id, kind=kind, country="FR", now=NOW)
    with pytest.raises(PlaceDisputed, match="billing details say DE, but the country of the IP address is FR and"):
        quote_create(organisation=world.acme, currency="EUR", net_minor=10_000, now=NOW)
    place_proof_record(organisation_id=world.acme.id, kind=PlaceProof.Kind.CARD, country="DE", now=NOW)
    assert vat_of(world.acme, now=NOW).bp == 1_900


@pytest.mark.parametrize("country", ["", "D", "XX", "T1", "DEU", "ß1", "D\0"])
def test_what_is_no_country_is_no_proof(world: World, country: str) -> None:
    place_proof_record(organisation_id=world.acme.id, kind=PlaceProof.Kind.CARD, country=country, now=NOW)
    assert not PlaceProof.objects.exists()


def test_the_vat_of_a_dollar_invoice_stands_in_euros_too(world: World) -> None:
    rate(420_000)
    rate(460_000, currency="USD")
    offer = quote_create(organisation=world.acme, currency="USD", net_minor=10_000, now=NOW)
    topup_credit(organisation_id=world.acme.id, topup_id="t1", quote=offer, payment_reference="pi", now=NOW)
    home = InvoiceDue.objects.get().facts["vat_home"]
    assert (home["currency"], home["vat_minor"], home["rate_micro"]) == ("EUR", 1917, 913_043)  # 21.00 × 0.913043


def test_the_invoice_names_the_country_its_vat_was_decided_by(world: World) -> None:
    offer = quote(world.acme)
    world.acme.country = "FR"
    world.acme.save()
    offer.refresh_from_db()
    topup_credit(organisation_id=world.acme.id, topup_id="t1", quote=offer, payment_reference="pi", now=NOW)
    facts = InvoiceDue.objects.get().facts
    assert (facts["buyer"]["country"], facts["vat_rule"]) == ("NL", "domestic")
