"""Creating an organisation, its details and its members."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.billing.models import Rate
from apps.core.errors import AppError
from apps.organisations.forms import vat_id_clean
from apps.organisations.models import Membership, Organisation
from apps.organisations.services import Actor, organisation_update, time_zone_of
from tests.world import World

NEW = {
    "name": "Boreal Labs",
    "country": "NL",
    "currency": "EUR",
    "vat_id": "",
    "finance_email": "pay@boreal.example",
    "address": "Havik 3\n3811 EX Amersfoort",
}
DETAILS = {
    "name": "Acme",
    "legal_name": "Acme B.V.",
    "address": "Kade 1\n3011 AB Rotterdam",
    "country": "NL",
    "vat_id": "NL 0000.99998 B57",
    "finance_email": "finance@acme.example",
    "currency": "GBP",
    "time_zone": "Europe/Amsterdam",
}


def test_a_person_creates_an_organisation_and_owns_it(world: World) -> None:
    response = world.client(world.victor).post("/organisations/new/", NEW)
    assert response.url == "/o/boreal-labs/"
    assert Membership.objects.get(organisation__slug="boreal-labs").role == "owner"
    made = Organisation.objects.get(slug="boreal-labs")
    assert (made.finance_email, made.address) == ("pay@boreal.example", "Havik 3\n3811 EX Amersfoort")


@pytest.mark.parametrize(
    ("country", "zone"), [("NL", "Europe/Amsterdam"), ("DE", "Europe/Berlin"), ("US", "UTC"), ("XX", "UTC")]
)
def test_an_organisation_begins_with_the_clock_of_its_country(country: str, zone: str) -> None:
    assert time_zone_of(country) == zone


def test_two_presses_create_one_organisation(world: World) -> None:
    victor = world.client(world.victor)
    assert victor.post("/organisations/new/", NEW).url == victor.post("/organisations/new/", NEW).url
    assert Organisation.objects.filter(name="Boreal Labs").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Give your organisation a name."),
        ("name", "!!!", "at least one letter or digit"),
        ("vat_id", "DE123456789", "starts with NL"),
        ("vat_id", "NL123456789B02", "not a valid VAT id"),
        ("country", "XX", "not one of the available choices"),
        ("finance_email", "nobody", "valid email"),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(world: World, field: str, value: str, sentence: str) -> None:
    response = world.client(world.victor).post("/organisations/new/", {**NEW, field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert 'value="pay@boreal.example"' in page or field == "finance_email"
    assert Organisation.objects.count() == 2


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/organisations/new/").url.startswith("/accounts/login/")


def test_an_admin_changes_the_details_and_the_vat_id_is_kept_compact(world: World) -> None:
    response = world.client(world.adam).post("/o/acme/settings/", DETAILS)
    assert response.status_code == 302
    acme = Organisation.objects.get(slug="acme")
    assert (acme.legal_name, acme.vat_id) == ("Acme B.V.", "NL000099998B57")
    assert (acme.currency, acme.time_zone) == ("GBP", "Europe/Amsterdam")


def test_a_repeat_of_the_same_details_changes_nothing(world: World) -> None:
    adam = world.client(world.adam)
    adam.post("/o/acme/settings/", DETAILS)
    before = Organisation.objects.filter(slug="acme").values().get()
    adam.post("/o/acme/settings/", DETAILS)
    assert Organisation.objects.filter(slug="acme").values().get() == before


def test_a_developer_reads_the_details_but_may_not_change_them(world: World) -> None:
    mia = world.client(world.mia)
    assert "Finance e-mail" in mia.get("/o/acme/settings/").content.decode()
    response = mia.post("/o/acme/settings/", DETAILS)
    assert response.status_code == 403
    assert "takes the role owner or admin" in response.content.decode()
    assert Organisation.objects.get(slug="acme").legal_name == "Acme"


def test_outsiders_find_no_settings(world: World) -> None:
    assert world.client(world.xena).get("/o/acme/settings/").status_code == 404
    assert world.client(world.xena).post("/o/acme/settings/", DETAILS).status_code == 404


def test_bad_details_are_told_and_nothing_typed_is_lost(world: World) -> None:
    response = world.client(world.olga).post("/o/acme/settings/", {**DETAILS, "vat_id": "NL1"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "not a valid VAT id" in page
    assert "3011 AB Rotterdam" in page
    assert Organisation.objects.get(slug="acme").address == ""


def test_members_are_listed_with_their_roles(world: World) -> None:
    page = world.client(world.victor).get("/o/acme/members/").content.decode()
    for name in ("Olga", "Adam", "Bea", "Mia", "Victor"):
        assert name in page
    assert "Xena" not in page


def test_settings_take_a_fixed_number_of_queries(world: World, django_assert_num_queries: object) -> None:
    olga = world.client(world.olga)
    with django_assert_num_queries(7):
        olga.get("/o/acme/settings/")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "!!!", "at least one letter"),
        ("currency", "XXX", "EUR, USD, GBP"),
        ("time_zone", "Mars/Olympus", "no such time zone"),
    ],
)
def test_bad_details_are_refused_by_the_service_too(world: World, field: str, value: str, sentence: str) -> None:
    with pytest.raises(AppError, match=sentence):
        organisation_update(
            membership=Membership.objects.get(user=world.olga),
            details={field: value},
            actor=Actor.person(world.olga),
            now=timezone.now(),
        )


@pytest.mark.parametrize(
    ("vat_id", "country", "compact"),
    [
        ("", "NL", ""),
        ("el 094259216", "GR", "EL094259216"),
        ("X-17", "PA", "X17"),
        ("GB 980 7806 84", "GB", "GB980780684"),
    ],
)
def test_vat_ids_are_checked_by_their_country(vat_id: str, country: str, compact: str) -> None:
    assert vat_id_clean(vat_id, country) == compact


def test_a_vat_id_of_another_country_is_refused() -> None:
    with pytest.raises(ValidationError, match="starts with EL"):
        vat_id_clean("GR094259216", "GR")


def test_a_page_of_billing_tells_the_time_by_the_organisations_clock(world: World) -> None:
    Organisation.objects.filter(pk=world.acme.pk).update(time_zone="Asia/Tokyo")
    Rate.objects.create(
        currency="EUR", price_micro=420_000, at=timezone.now(), source="test", read_at=timezone.now()
    )
    page = world.client(world.olga).get("/o/acme/billing/top-up/").content.decode()
    assert "+09:00" in page
    assert "UTC" not in page
