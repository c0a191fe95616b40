"""Approvals by page, by the link of a mail and by API, and what members see of them."""

import re
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from apps.core.models import Mail
from apps.organisations.models import Approval, Organisation
from apps.organisations.roles import Role
from apps.organisations.selectors.approvals import LINK_SALT
from apps.users.models import User
from tests.organisations.keys import key_make, limit
from tests.organisations.test_approvals import _gifts, asked, gift_made, goodwill  # noqa: F401 - an autouse fixture
from tests.organisations.trail import NOW
from tests.world import World

LIST = "/o/acme/settings/approvals/"


@pytest.fixture
def approval(world: World) -> Approval:
    """Mia's request for a gift, with a week to decide."""
    made = asked(world)
    Approval.objects.update(deadline=NOW.replace(year=NOW.year + 5))
    return made


def link_of(world: World, name: str) -> str:
    """Return the address in the mail to that person, without its host."""
    text = Mail.objects.filter(to=f"{name}@acme.example").latest("id").text
    found = re.search(r"https?://[^/]+(/approvals/\S+)", text)
    assert found
    return found[1]


def decide(client: Client, path: str, decision: str = "approve", **more: Any) -> Any:
    return client.post(path, {"decision": decision, "round": 1, "note": "", **more})


def test_everybody_sees_what_waits_and_only_some_may_decide(world: World, approval: Approval) -> None:
    for name, may in (("adam", True), ("olga", True), ("mia", False), ("victor", False)):
        client = world.client(getattr(world, name))
        assert "It costs at most 10." in client.get(LIST).content.decode()
        assert ("Approve</button>" in client.get(f"{LIST}{approval.pk}/").content.decode()) is may


def test_a_member_limited_to_projects_sees_only_their_own(world: World, approval: Approval) -> None:
    limit(world.victor, default=Role.VIEWER)
    victor = world.client(world.victor)
    assert "It costs at most 10." not in victor.get(LIST).content.decode()
    assert victor.get(f"{LIST}{approval.pk}/").status_code == 404


def test_an_admin_approves_by_page_and_a_second_press_is_told(world: World, approval: Approval) -> None:
    adam, path = world.client(world.adam), f"{LIST}{approval.pk}/decide/"
    page = adam.get(decide(adam, path, note="Have fun").url).content.decode()
    assert "Approved, and done." in page
    assert "Have fun" in page
    assert gift_made()
    assert "Adam has approved this already" in adam.get(decide(adam, path).url).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"decision": "maybe"}, {"round": ""}, {"note": "x" * 1001}, {"round": "9" * 30}]
)
def test_a_decision_that_cannot_be_read_decides_nothing(
    world: World, approval: Approval, wrong: dict[str, str]
) -> None:
    adam = world.client(world.adam)
    assert decide(adam, f"{LIST}{approval.pk}/decide/", **{"decision": "approve", **wrong}).status_code == 422
    assert not gift_made()


def test_the_link_shows_by_looking_and_decides_by_pressing_once(world: World, approval: Approval) -> None:
    link, adam = link_of(world, "adam"), world.client(world.adam)
    for _ in range(2):
        page = adam.get(link).content.decode()
        assert f'action="{link}"' in page
    assert Approval.objects.get().state == "open"
    assert "Approved, and done." in adam.get(decide(adam, link).url).content.decode()
    again = decide(adam, link, "deny")
    assert "Adam has approved this already" in adam.get(again.url).content.decode()
    assert Approval.objects.get().state == "done"


def test_the_link_asks_to_sign_in_first(world: World, approval: Approval) -> None:
    link = link_of(world, "adam")
    assert Client().post(link, {"decision": "approve", "round": 1}).url.startswith("/accounts/login/")
    assert not gift_made()


@pytest.mark.parametrize(("name", "seen"), [("olga", 200), ("mia", 200), ("xena", 404)])
def test_the_link_decides_for_nobody_else(world: World, approval: Approval, name: str, seen: int) -> None:
    client = world.client(getattr(world, name))
    answer = decide(client, link_of(world, "adam"))
    assert client.get(answer.url).status_code == seen
    assert Approval.objects.get().state == "open"


def test_the_link_of_an_earlier_round_decides_nothing(world: World, approval: Approval) -> None:
    Approval.objects.update(round=2)
    adam = world.client(world.adam)
    assert "since this link was sent" in adam.get(decide(adam, link_of(world, "adam")).url).content.decode()
    assert not gift_made()


@pytest.mark.parametrize("payload", [None, ["x", 1, 1], [1], {"a": 1}, "text"])
def test_a_link_that_we_did_not_make_is_not_found(world: World, approval: Approval, payload: Any) -> None:
    token = "broken" if payload is None else signing.dumps(payload, salt=LINK_SALT)
    assert world.client(world.adam).get(f"/approvals/{token}/").status_code == 404


def test_the_requester_withdraws_by_page(world: World, approval: Approval) -> None:
    mia, path = world.client(world.mia), f"{LIST}{approval.pk}/withdraw/"
    assert "Withdrawn" in mia.get(mia.post(path).url).content.decode()
    olga = world.client(world.olga)
    assert "Only Mia can withdraw" in olga.get(olga.post(path).url).content.decode()


def test_limits_are_set_by_page_in_credits(world: World) -> None:
    adam = world.client(world.adam)
    assert adam.post(f"{LIST}limits/", {"job": "12.5", "cap": ""}).status_code == 302
    acme = Organisation.objects.get(pk=world.acme.pk)
    assert (acme.approval_job_micro, acme.approval_cap_micro) == (12_500_000, None)
    assert 'value="12.5"' in adam.get(LIST).content.decode()
    assert "12.50 credits" in world.client(world.victor).get(LIST).content.decode()


@pytest.mark.parametrize("amount", ["-1", "many", "1.2345678", "1e30", "NaN", "9999999999"])
def test_a_limit_that_is_no_amount_is_told(world: World, amount: str) -> None:
    answer = world.client(world.adam).post(f"{LIST}limits/", {"job": amount})
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.content.decode()
    assert Organisation.objects.get(pk=world.acme.pk).approval_job_micro is None


def test_whoever_may_decide_sees_on_every_page_what_waits(world: World, approval: Approval) -> None:
    adam, words = world.client(world.adam), "waiting for your decision"
    home = adam.get("/o/acme/").content.decode()
    assert "One request waits for your decision" in home
    assert words in adam.get("/o/acme/jobs/").content.decode()
    for who in (world.mia, world.victor, world.bea):  # who asked, and those who may not decide
        assert words not in world.client(who).get("/o/acme/").content.decode()
    decide(world.client(world.olga), f"{LIST}{approval.pk}/decide/", "deny")
    assert words not in adam.get("/o/acme/").content.decode()


def test_ones_own_request_and_those_of_staff_do_not_wait_for_oneself(world: World) -> None:
    asked(world, by=world.adam)
    sam = User.objects.create_user("sam@nosana-web.example", name="Sam", is_staff=True)
    User.objects.create_superuser("tim@nosana-web.example", name="Tim")
    goodwill(world, sam)
    assert "waiting for your decision" not in world.client(world.adam).get("/o/acme/").content.decode()
    assert "One request waits" in world.client(world.olga).get("/o/acme/").content.decode()


def test_the_list_takes_a_fixed_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    for number in range(5):
        asked(world, subject=f"gift:{number}")
    adam = world.client(world.adam)
    with django_assert_num_queries(7):
        adam.get(LIST)


def program(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)


def send(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


API = "/api/v1/organisations/acme/approvals"


def test_a_program_with_the_scope_decides_as_its_person(world: World, approval: Approval) -> None:
    adam = program(key_make(world.adam, "organisation.view", "approvals.decide").token)
    (item,) = adam.get(f"{API}?state=open").json()["items"]
    assert (item["requester"], item["lines"], item["round"]) == ("mia@acme.example", {"Gift": "a box"}, 1)
    answer = send(adam, f"{API}/{item['id']}/decide", decision="approve", round=1)
    assert (answer.json()["state"], answer.json()["decided_by"]) == ("done", "adam@acme.example")
    assert gift_made()
    again = send(adam, f"{API}/{item['id']}/decide", decision="deny", round=1)
    assert (again.status_code, again.json()["code"]) == (409, "approval_over")


def test_a_program_without_the_scope_or_without_a_person_decides_nothing(world: World, approval: Approval) -> None:
    without = program(key_make(world.adam, "organisation.view").token)
    service = program(key_make(world.adam, "organisation.view", "approvals.decide", kind="service").token)
    for client in (without, service):
        assert send(client, f"{API}/{approval.pk}/decide", decision="approve", round=1).status_code == 403
    assert not gift_made()


@pytest.mark.parametrize("body", [{}, {"decision": "yes", "round": 1}, {"decision": "deny", "round": 1, "x": 1}])
def test_a_program_s_bad_decision_is_refused_with_its_fields(
    world: World, approval: Approval, body: dict[str, Any]
) -> None:
    adam = program(key_make(world.adam, "organisation.view", "approvals.decide").token)
    answer = send(adam, f"{API}/{approval.pk}/decide", **body)
    assert answer.status_code == 400
    assert answer.json()["fields"]
    assert Approval.objects.get().state == "open"


def test_staff_decide_goodwill_in_the_admin_site_and_only_with_the_right(world: World) -> None:
    sam = User.objects.create_user("sam@nosana-web.example", name="Sam", is_staff=True)
    tim = User.objects.create_superuser("tim@nosana-web.example", name="Tim")
    wanted, body = goodwill(world, sam), {"action": "approve", "_selected_action": ""}
    body["_selected_action"] = str(wanted.pk)
    Approval.objects.update(deadline=NOW.replace(year=NOW.year + 5), reason="It ran too slowly.")
    path = "/admin/organisations/approval/"
    assert world.client(sam).post(path, body).status_code == 403
    assert Approval.objects.get().state == "open"
    tims = world.client(tim)
    page = tims.get(f"{path}{wanted.pk}/change/").content.decode()
    assert [
        words for words in ("Approve, and do it", wanted.worst_case, "It ran too slowly.") if words not in page
    ] == []
    assert "look again" in tims.post(path, body | {"round": "7"}, follow=True).content.decode().lower()
    body["note"] = "Well deserved."
    assert "Approved" in tims.post(path, body, follow=True).content.decode()
    assert "Tim has approved this already" in tims.post(path, body, follow=True).content.decode()
    approval = Approval.objects.get()
    assert (approval.decided_by, approval.note) == (tim, "Well deserved.")
    assert "Approved by Tim" in tims.get(f"{path}{wanted.pk}/change/").content.decode()
