"""Organisations that programs create: for the person who signed them in, by the rules of the page."""

from typing import Any

import pytest

from apps.organisations.models import AuditEvent, Membership, Organisation
from apps.organisations.services import organisations
from tests.organisations.keys import key_make
from tests.organisations.programs import Program, refused, signed_in
from tests.world import World

PLACE = "/api/v1/organisations"
NEW = {"name": "Boreal Labs", "country": "DE"}


@pytest.fixture
def victor(world: World) -> Program:
    """A program that Victor signed in; he only looks on at Acme."""
    return signed_in(world.victor, "organisation.view", "organisation.edit")


def test_a_person_creates_an_organisation_by_a_program_owns_it_and_goes_on_in_it(
    world: World, victor: Program
) -> None:
    answer = victor.post(PLACE, {**NEW, "currency": "USD", "address": " Ufer 1 ", "vat_id": "DE 136 695 976"})
    made = answer.json()
    assert (answer.status_code, made["slug"], made["vat_id"]) == (201, "boreal-labs", "DE136695976")
    assert (made["time_zone"], made["currency"], made["address"]) == ("Europe/Berlin", "USD", "Ufer 1")
    assert made["finance_email"] == world.victor.email
    assert Membership.objects.get(organisation__slug="boreal-labs").role == "owner"
    assert AuditEvent.objects.filter(organisation_id=made["id"], act="organisation.created").count() == 1
    assert victor.send("PATCH", f"{PLACE}/boreal-labs", {"name": "Boreal"}).status_code == 200


def test_the_same_name_again_is_the_same_organisation_and_the_same_key_the_same_answer(victor: Program) -> None:
    first, again, kept, other = (
        victor.post(PLACE, body, **headers)
        for body, headers in (
            (NEW, {"Idempotency-Key": "new"}),
            (NEW, {}),
            (NEW, {"Idempotency-Key": "new"}),
            ({**NEW, "country": "NL"}, {"Idempotency-Key": "new"}),
        )
    )
    assert first.json() == again.json() == kept.json()
    refused(other, 409, "key_reused")
    assert Organisation.objects.filter(name="Boreal Labs").count() == 1


def test_a_name_that_another_organisation_has_is_free_for_ones_own(world: World, victor: Program) -> None:
    assert victor.post(PLACE, {**NEW, "name": "Acme"}).json()["slug"] == "acme-2"
    Organisation.objects.filter(slug="acme-2").update(closed_at="2026-11-01T00:00Z")
    assert victor.post(PLACE, {**NEW, "name": "Acme"}).json()["slug"] == "acme-3"


def test_keys_and_sign_ins_without_the_scope_create_nothing(world: World) -> None:
    key = Program(key_make(world.olga, "organisation.view", "organisation.edit").token)
    refused(key.post(PLACE, NEW), 403, "person_needed", "nosana login")
    refused(signed_in(world.olga, "organisation.view").post(PLACE, NEW), 403, "denied", "scope organisation.edit")
    refused(Program("nos_sandbox_x").post(PLACE, NEW), 401, "key_malformed")
    assert Organisation.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"country": "XX"}, "country"),
        ({"country": None}, "country"),
        ({"currency": "XAU"}, "currency"),
        ({"vat_id": "NL1"}, "vat_id"),
        ({"finance_email": "nobody"}, "finance_email"),
        ({"slug": "mine"}, "slug"),
    ],
)
def test_bad_details_are_named_and_nothing_is_created(victor: Program, wrong: dict[str, Any], field: str) -> None:
    answer = victor.post(PLACE, NEW | wrong)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert Organisation.objects.count() == 2


def test_nobody_owns_more_than_the_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "OWNED_MOST", 2)
    olga = signed_in(world.olga)
    assert olga.post(PLACE, NEW).status_code == 201
    refused(
        olga.post(PLACE, {**NEW, "name": "One more"}), 409, "organisations_too_many", "You own 2 organisations"
    )
    page = world.client(world.olga).post("/organisations/new/", {**NEW, "name": "One more", "currency": "EUR"})
    assert "You own 2 organisations" in page.content.decode()
    assert olga.post(PLACE, NEW).status_code == 201  # there already


def test_creating_takes_a_known_number_of_statements(victor: Program, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(16):
        assert victor.post(PLACE, NEW).status_code == 201
