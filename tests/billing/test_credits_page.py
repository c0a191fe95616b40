"""The page of credits: what it shows, what it changes, and for whom."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.models import BalanceAlert, Lot
from apps.billing.services import voucher_make
from tests.billing.money import CREDIT, grant, hold, topup
from tests.world import World, organisation_make

PAGE = "/o/acme/billing/credits/"
POSTS = ("voucher/", "move/", "alerts/")


@pytest.fixture
def bea(world: World) -> Client:
    return world.client(world.bea)


def code(world: World) -> str:
    now = timezone.now()
    return voucher_make(
        staff_id=world.olga.pk,
        micro=25 * CREDIT,
        limit=1,
        expires_at=now + timedelta(1),
        credit_days=30,
        reason="x",
        now=now,
    )[1]


def moved(world: World, **more: Any) -> dict[str, Any]:
    target = f"project:{world.project.id}"
    return {"source": "here", "target": target, "amount": "12.5", "key": uuid.uuid4(), **more}


def shown(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_lots_are_shown_in_the_order_they_go(world: World, bea: Client) -> None:
    topup(world.acme)
    grant(world.acme, 10, expires_at=timezone.now() + timedelta(days=9))
    answer = bea.get(PAGE)
    assert [lot.kind for lot in answer.context["lots"]] == ["promotional", "paid"]
    page = shown(answer)
    assert "€100.00 without VAT" in page
    assert "243.426704" in page
    assert "nothing was used in the last day" in page


def test_the_page_says_how_long_the_credits_last(world: World, bea: Client) -> None:
    grant(world.acme, 100)
    hold(world.acme, 10, now=timezone.now())
    assert "9 hours <small>at 10.00 an hour" in shown(bea.get(PAGE))


def test_a_voucher_is_redeemed(world: World, bea: Client) -> None:
    answer = bea.post(PAGE + "voucher/", {"code": code(world)}, follow=True)
    assert "The voucher brought 25.00 credits; use them by" in shown(answer)
    assert Lot.objects.get().kind == "voucher"


def test_a_refused_voucher_says_why_beside_its_field(bea: Client) -> None:
    answer = bea.post(PAGE + "voucher/", {"code": "WRONG-CODE-1"})
    assert answer.status_code == 409
    assert "No voucher has this code." in shown(answer)


def test_credits_move_to_a_pot_once_however_often_the_form_is_sent(world: World, bea: Client) -> None:
    grant(world.acme, 100)
    body = moved(world)
    for _ in range(2):
        answer = bea.post(PAGE + "move/", body, follow=True)
    assert "Moved 12.50 credits: Pot of Default." in shown(answer)
    assert answer.context["pots"][0].micro == 12_500_000
    assert answer.context["wallet"].available_micro == 87_500_000


def test_only_organisations_of_the_same_owner_are_offered(world: World) -> None:
    organisation_make(world.olga, "Acme Labs")
    olgas = world.client(world.olga).get(PAGE).context["move_form"].fields["target"].choices
    beas = world.client(world.bea).get(PAGE).context["move_form"].fields["target"].choices
    assert [label for _, label in olgas] == ["Pot of Default", "Acme, for all projects", "Acme Labs"]
    assert [label for _, label in beas] == ["Pot of Default", "Acme, for all projects"]


def test_paid_credits_move_to_a_sister_organisation(world: World) -> None:
    sister = organisation_make(world.olga, "Acme Labs")
    topup(world.acme)
    olga = world.client(world.olga)
    olga.post(PAGE + "move/", moved(world, target=f"organisation:{sister.id}"))
    assert Lot.objects.get(organisation=sister).granted_micro == 12_500_000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "-1"),
        ("amount", "1.0000001"),
        ("amount", "1e400"),
        ("amount", "NaN"),
        ("amount", "\0"),
        ("amount", "9" * 400),
        ("target", "organisation:00000000-0000-0000-0000-000000000000"),
        ("target", "project:x"),
        ("source", "here\0"),
        ("key", "x"),
    ],
)
def test_a_move_that_makes_no_sense_changes_nothing(world: World, bea: Client, field: str, value: str) -> None:
    grant(world.acme, 100)
    answer = bea.post(PAGE + "move/", moved(world, **{field: value}))
    assert answer.status_code == 422
    assert Lot.objects.count() == 1


def test_more_than_there_is_is_refused_beside_the_amount(world: World, bea: Client) -> None:
    grant(world.acme, 10)
    answer = bea.post(PAGE + "move/", moved(world))
    assert (answer.status_code, "At most 10.00." in shown(answer)) == (409, True)


def test_warnings_are_chosen_shown_again_and_switched_off(world: World, bea: Client) -> None:
    wish = {"below": "50", "hours": "48", "addresses": "cfo@acme.example, ops@acme.example"}
    page = shown(bea.post(PAGE + "alerts/", wish, follow=True))
    assert "Saved. Each warning goes once" in page
    assert 'value="50"' in page
    assert "cfo@acme.example ops@acme.example" in page
    bea.post(PAGE + "alerts/", {})
    alert = BalanceAlert.objects.get()
    assert (alert.below_micro, alert.hours, alert.addresses) == (None, None, [])


@pytest.mark.parametrize(
    "wish",
    [
        {"below": "-1"},
        {"hours": "1.5"},
        {"hours": "999999"},
        {"addresses": "nobody"},
        {"addresses": "a\0@b.example"},
    ],
)
def test_warnings_that_make_no_sense_are_refused(bea: Client, wish: dict[str, str]) -> None:
    assert bea.post(PAGE + "alerts/", wish).status_code in (400, 422)
    assert not BalanceAlert.objects.exists()


def test_developers_and_viewers_are_refused_with_a_sentence(world: World) -> None:
    for person in (world.mia, world.victor):
        client = world.client(person)
        for answer in (client.get(PAGE), *(client.post(PAGE + path, {}) for path in POSTS)):
            assert answer.status_code == 403
            assert "it takes the role owner, admin or billing" in shown(answer)


def test_outsiders_find_nothing_and_strangers_sign_in(world: World) -> None:
    xena, stranger = world.client(world.xena), Client()
    assert xena.get(PAGE).status_code == 404
    assert stranger.get(PAGE).status_code == 302
    for path in POSTS:
        assert xena.post(PAGE + path, {}).status_code == 404
        assert stranger.post(PAGE + path, {}).status_code == 302


def test_the_page_takes_as_many_queries_for_many_lots_as_for_one(
    world: World, bea: Client, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for number in range(10):
        grant(world.acme, 1, key=f"g{number}")
    with django_assert_num_queries(13):
        bea.get(PAGE)
