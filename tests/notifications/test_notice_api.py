"""Notices, choices and channels of chats by REST."""

import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import Endpoint, NoticeRead, Reader
from tests.notifications.notices import SETTLED, notice_make
from tests.organisations.keys import key_make
from tests.world import World

pytestmark = pytest.mark.django_db
API = "/api/v1/organisations/acme"
JSON: dict[str, Any] = {"content_type": "application/json"}
CHAT = {"kind": "slack", "url": "https://hooks.example.com/services/very-secret"}


def program(world: World, *scopes: str, **key: Any) -> Client:
    token = key_make(world.olga, "organisation.view", *scopes, **key).token
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_a_program_reads_pages_of_notices_and_marks_them(world: World) -> None:
    made = [notice_make(world.acme) for _ in range(3)]
    ci = program(world, "billing.view")
    first = ci.get(f"{API}/notices?limit=2").json()
    assert [item["id"] for item in first["items"]] == [str(made[2].pk), str(made[1].pk)]
    last = ci.get(f"{API}/notices?limit=2&cursor={first['next_cursor']}").json()
    assert ([item["id"] for item in last["items"]], last["next_cursor"]) == ([str(made[0].pk)], None)
    item = first["items"][0]
    assert (item["title"], item["unread"], item["kind"]) == ("Credits run low: 4.75 are left", True, "balance.low")
    assert item["url"].endswith("/o/acme/billing/credits/")
    for _ in range(2):
        assert ci.post(f"{API}/notices/{made[0].pk}/read", {}, **JSON).json()["unread"] is False
    assert len(ci.get(f"{API}/notices?unread=true").json()["items"]) == 2
    assert len(ci.get(f"{API}/notices?kind=dispute.lost").json()["items"]) == 0
    assert ci.post(f"{API}/notices/read", {}, **JSON).status_code == 200
    assert ci.get(f"{API}/notices?unread=true").json()["items"] == []


def test_a_key_reads_no_further_than_its_scopes(world: World) -> None:
    notice = notice_make(world.acme)
    ci = program(world)
    assert ci.get(f"{API}/notices").json()["items"] == []
    assert ci.post(f"{API}/notices/{notice.pk}/read", {}, **JSON).status_code == 404
    assert world.client(world.xena).get(f"{API}/notices").status_code == 404


def test_a_service_key_reads_and_marks_nothing(world: World) -> None:
    notice = notice_make(world.acme)
    notice_make(world.acme, "job.settled", data=SETTLED, person_id=world.olga.pk)
    service = program(world, "billing.view", "jobs.view", kind="service")
    assert [item["unread"] for item in service.get(f"{API}/notices?unread=true").json()["items"]] == [True]
    for path in ("read", f"{notice.pk}/read"):
        assert service.post(f"{API}/notices/{path}", {}, **JSON).status_code == 403
    assert service.get(f"{API}/notice-choices").status_code == 403
    assert not NoticeRead.objects.exists()


def test_reading_costs_the_same_for_one_and_many(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    notice_make(world.acme)
    olga.get(f"{API}/notices")
    for more in (0, 20):
        for _ in range(more):
            notice_make(world.acme)
        with django_assert_num_queries(5):
            olga.get(f"{API}/notices")


def test_a_person_chooses_by_program(world: World) -> None:
    mia = world.client(world.mia)
    shown = mia.get(f"{API}/notice-choices").json()
    assert {"job.failed", "key.expiring"} <= {kind["kind"] for kind in shown["kinds"]}
    assert "balance.low" not in {kind["kind"] for kind in shown["kinds"]}
    body = {"kinds": {"job.failed": {"mail": "daily", "here": False}}, "quiet_from": 22, "quiet_until": 7}
    found = mia.patch(f"{API}/notice-choices", body, **JSON).json()
    kind = next(kind for kind in found["kinds"] if kind["kind"] == "job.failed")
    assert (kind["mail"], kind["here"], found["quiet_from"]) == ("daily", False, 22)
    found = mia.patch(f"{API}/notice-choices", {"quiet_until": 8}, **JSON).json()
    assert (found["quiet_from"], found["quiet_until"]) == (22, 8)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kinds": {"job.nonsense": {"mail": "now"}}}, "kinds"),
        ({"kinds": {"job.failed": {"mail": "soon"}}}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"quiet_from": 25}, "quiet_from"),
        ({"quiet_from": 3}, "quiet_until"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_at_its_field(world: World, body: Any, field: str) -> None:
    answer = world.client(world.mia).patch(f"{API}/notice-choices", body, **JSON)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Reader.objects.exists()


def test_a_program_sets_up_changes_and_removes_a_channel(world: World) -> None:
    ci = program(world, "webhooks.manage")
    made = ci.post(f"{API}/chat-hooks", CHAT | {"types": ["balance.low"]}, **JSON).json()
    assert (made["url"], made["types"], made["project"]) == ("https://hooks.example.com/…", ["balance.low"], None)
    one = f"{API}/chat-hooks/{made['id']}"
    assert "very-secret" not in ci.get(one).content.decode() + ci.get(f"{API}/chat-hooks").content.decode()
    body = {"project": "default", "quiet_from": 22, "quiet_until": 7, "on": False}
    changed = ci.patch(one, body, **JSON).json()
    assert (changed["project"], changed["quiet_from"], changed["off_at"] is None) == ("default", 22, False)
    assert ci.patch(one, {"on": True}, **JSON).json()["off_at"] is None
    assert ci.post(f"{one}/test", {}, **JSON).status_code == 201
    assert ci.get(f"{API}/webhooks").json()["items"] == []
    assert ci.delete(one).status_code == 204
    assert ci.get(one).status_code == 404


def test_a_repeat_by_key_sets_up_one_channel(world: World) -> None:
    ci = program(world, "webhooks.manage")
    first, again = (
        ci.post(f"{API}/chat-hooks", CHAT, **JSON, headers={"Idempotency-Key": "one"}).json() for _ in range(2)
    )
    assert first == again
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": CHAT["url"]}, "kind"),
        ({"kind": "slack"}, "url"),
        (CHAT | {"kind": "webhook"}, "kind"),
        (CHAT | {"url": "https://10.0.0.1/"}, "url"),
        (CHAT | {"types": ["key.expiring"]}, "types"),
        (CHAT | {"project": "nowhere"}, "project"),
        (CHAT | {"quiet_from": 7, "quiet_until": 7}, "quiet_until"),
        (CHAT | {"quiet_from": 7}, "quiet_until"),
        (CHAT | {"colour": "red"}, "colour"),
    ],
)
def test_a_bad_channel_is_refused_at_its_field(world: World, body: dict[str, Any], field: str) -> None:
    answer = program(world, "webhooks.manage").post(f"{API}/chat-hooks", body, **JSON)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Endpoint.objects.exists()


def test_channels_are_for_who_manages_webhooks(world: World) -> None:
    assert program(world).post(f"{API}/chat-hooks", CHAT, **JSON).status_code == 403
    assert world.client(world.mia).get(f"{API}/chat-hooks").status_code == 403
    assert world.client(world.xena).get(f"{API}/chat-hooks/{uuid.uuid4()}").status_code == 404
    assert not Endpoint.objects.exists()
