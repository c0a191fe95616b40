"""Credits that programs move to another organisation: as the person who signed them in, never by a key."""

from typing import Any

import pytest

from apps.billing.models import Lot
from apps.billing.selectors import wallet
from apps.ledger.models import Transfer
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Role
from tests.billing.money import CREDIT, grant, topup
from tests.organisations.keys import grant as may
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program, refused, signed_in
from tests.world import World, organisation_make

MOVES = f"{ACME}/credit-moves"
LABS: dict[str, Any] = {"organisation": "acme-labs", "micro": 100 * CREDIT}


@pytest.fixture
def labs(world: World) -> Organisation:
    """Another organisation of Olga's; Acme has 233 paid credits."""
    topup(world.acme)
    return organisation_make(world.olga, "Acme Labs")


@pytest.fixture
def olga(world: World) -> Program:
    """A program that Olga signed in."""
    return signed_in(world.olga, "billing.manage", "balance.view")


def test_paid_credits_move_to_another_organisation_of_the_person_and_into_a_pot_there(
    labs: Organisation, olga: Program
) -> None:
    assert olga.post(MOVES, LABS).json()["available_micro"] == 133_426_704
    assert olga.post(MOVES, {**LABS, "micro": CREDIT, "target": "default"}).status_code == 200
    parts = Lot.objects.filter(organisation=labs).order_by("id")
    assert [(one.granted_micro, one.project and one.project.slug) for one in parts] == [
        (100 * CREDIT, None),
        (CREDIT, "default"),
    ]


def test_a_repeat_with_the_same_key_moves_nothing_again(labs: Organisation, olga: Program) -> None:
    first, again = (olga.post(MOVES, LABS, **{"Idempotency-Key": "march"}) for _ in range(2))
    assert (first.json(), wallet(labs.id).available_micro) == (again.json(), 100 * CREDIT)
    other = olga.post(MOVES, {**LABS, "micro": 1}, **{"Idempotency-Key": "march"})
    refused(other, 409, "key_reused")


def test_a_key_moves_nothing_to_another_organisation(world: World, labs: Organisation) -> None:
    key = Program(key_make(world.olga, "billing.manage", grant=may(world.olga, world.acme)).token)
    refused(key.post(MOVES, LABS), 403, "person_needed", "nosana login")
    refused(key.post(MOVES, {**LABS, "organisation": "xenon"}), 403, "person_needed")
    assert not Lot.objects.filter(organisation=labs).exists()


def test_who_may_not_in_both_or_is_outside_moves_nothing(world: World, labs: Organisation) -> None:
    bea = signed_in(world.bea)
    refused(bea.post(MOVES, LABS), 404, "not_found", "in no organisation “acme-labs”")
    place = Membership.objects.create(organisation=labs, user=world.bea, role=Role.VIEWER)
    refused(bea.post(MOVES, LABS), 403, "denied", "Your role here is viewer")
    refused(signed_in(world.olga, "balance.view").post(MOVES, LABS), 403, "denied", "scope billing.manage")
    refused(signed_in(world.xena).post(MOVES, LABS), 404, "not_found")
    assert wallet(world.acme.id).available_micro == 233_426_704
    place.role = Role.BILLING
    place.save()
    assert bea.post(MOVES, LABS).status_code == 200


def test_the_same_refusals_as_on_the_page(world: World, labs: Organisation, olga: Program) -> None:
    Membership.objects.create(organisation=world.other, user=world.olga, role=Role.BILLING)
    refused(olga.post(MOVES, {**LABS, "organisation": "xenon"}), 409, "move_refused", "of one owner")
    grant(world.acme, 500)
    refused(olga.post(MOVES, {**LABS, "micro": 400 * CREDIT}), 409, "move_refused", "Given credits stay")
    refused(olga.post(MOVES, {**LABS, "target": "nowhere"}), 404, "not_found", "no project “nowhere” in Acme Labs")
    for wrong in ({"micro": 0}, {"micro": 1.5}, {"organisation": 7}, {"organisation": "\0"}, {"to": "acme-labs"}):
        assert olga.post(MOVES, LABS | wrong).status_code == 400, wrong
    assert Transfer.objects.filter(reason="move").count() == 0


def test_a_move_takes_a_known_number_of_statements(
    labs: Organisation, olga: Program, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25):
        assert olga.post(MOVES, LABS).status_code == 200
