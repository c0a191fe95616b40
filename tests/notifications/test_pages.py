"""Webhooks by page and by API."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import Delivery, Endpoint
from apps.notifications.services import deliveries_send
from tests.notifications.receiver import Receiver, receiver
from tests.organisations.keys import key_make
from tests.world import World

pytestmark = pytest.mark.django_db
PAGES, API = "/o/acme/webhooks/", "/api/v1/organisations/acme/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def wanted(**changes: Any) -> dict[str, Any]:
    given = {"url": "https://acme.example/hook", "types": ["job.failed"], "submission_key": uuid.uuid4()}
    return given | changes


def program(world: World) -> Client:
    token = key_make(world.olga, "webhooks.manage").token
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_a_secret_is_shown_once_also_for_two_presses(world: World) -> None:
    olga, form = world.client(world.olga), wanted()
    first = olga.post(f"{PAGES}new/", form)
    assert SECRET.search(first.content.decode())
    assert "no-store" in first["Cache-Control"]
    again = olga.post(f"{PAGES}new/", form, follow=True).content.decode()
    assert "shown once" in again
    assert not SECRET.search(again)
    assert Endpoint.objects.count() == 1


def test_a_refused_address_keeps_what_was_typed(world: World) -> None:
    answer = world.client(world.olga).post(f"{PAGES}new/", wanted(url="https://10.0.0.1/", description="Our hook"))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "10.0.0.1 is not an address on the public internet." in page
    assert "Our hook" in page


def test_a_person_tries_an_endpoint_and_reads_what_it_answered(world: World, hook: Receiver) -> None:
    olga = world.client(world.olga)
    hook.text = "<b>hello</b>"
    olga.post(f"{PAGES}new/", wanted(url=hook.url))
    endpoint = Endpoint.objects.get()
    olga.post(f"{PAGES}{endpoint.pk}/test/")
    deliveries_send(now=timezone.now())
    delivery = Delivery.objects.get()
    page = olga.get(f"{PAGES}{endpoint.pk}/").content.decode()
    assert "webhook.test" in page
    page = olga.get(f"{PAGES}{endpoint.pk}/deliveries/{delivery.pk}/").content.decode()
    assert "&lt;b&gt;hello&lt;/b&gt;" in page
    olga.post(f"{PAGES}{endpoint.pk}/deliveries/{delivery.pk}/resend/")
    deliveries_send(now=timezone.now())
    assert len(hook.bodies) == 2


def test_an_endpoint_is_changed_turned_rotated_and_removed_by_page(world: World) -> None:
    olga = world.client(world.olga)
    olga.post(f"{PAGES}new/", wanted())
    endpoint = Endpoint.objects.get()
    one = f"{PAGES}{endpoint.pk}/"
    olga.post(f"{one}edit/", wanted(url="https://acme.example/other", types=[]))
    olga.post(f"{one}turn/")
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.types, endpoint.off_at is not None) == ("https://acme.example/other", [], True)
    assert "is off since" in olga.get(one).content.decode()
    olga.post(f"{one}turn/", {"on": "1"})
    assert SECRET.search(
        olga.post(f"{one}rotate/", {"overlap": "24", "submission_key": uuid.uuid4()}).content.decode()
    )
    assert olga.post(f"{one}replay/", {"hours": "24", "everything": "yes"}).status_code == 302
    assert olga.post(f"{one}replay/", {"hours": "soon"}).status_code == 400
    olga.post(f"{one}remove/")
    assert olga.get(one).status_code == 404


def test_the_list_costs_the_same_however_long_it_is(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    olga.post(f"{PAGES}new/", wanted())
    olga.get(PAGES)
    for more in (0, 5):
        for _ in range(more):
            olga.post(f"{PAGES}new/", wanted())
        with django_assert_num_queries(6):
            olga.get(PAGES)


def test_a_program_sets_up_and_follows_an_endpoint(world: World, hook: Receiver) -> None:
    ci = program(world)
    made = ci.post(API, {"url": hook.url, "types": ["job.failed"]}, content_type="application/json").json()
    assert SECRET.fullmatch(made["secret"])
    one = f"{API}/{made['id']}"
    assert "secret" not in ci.get(one).json()
    assert ci.patch(one, {"types": []}, content_type="application/json").json()["types"] == []
    assert ci.post(f"{one}/test", {}, content_type="application/json").status_code == 201
    deliveries_send(now=timezone.now())
    page = ci.get(f"{one}/deliveries?state=delivered").json()
    assert [item["event"]["type"] for item in page["items"]] == ["webhook.test"]
    whole = ci.get(f"{one}/deliveries/{page['items'][0]['id']}").json()
    assert whole["log"][0]["status"] == 200
    assert ci.delete(one).status_code == 204
    assert ci.get(one).status_code == 404


def test_a_repeat_by_key_sets_up_one_endpoint_and_shows_the_secret_once(world: World) -> None:
    ci, body = program(world), json.dumps({"url": "https://acme.example/hook"})
    ask = {"content_type": "application/json", "headers": {"Idempotency-Key": "setup-1"}}
    first, again = (ci.post(API, body, **ask).json() for _ in range(2))
    assert (first["id"], again["secret"]) == (again["id"], None)
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": 7}, "url"),
        ({}, "url"),
        ({"url": "https://127.0.0.1.example:22/"}, "url"),
        ({"url": "https://acme.example/", "types": ["x"]}, "types"),
        ({"url": "https://acme.example/", "colour": "red"}, "colour"),
    ],
)
def test_a_bad_body_is_refused_at_its_field(world: World, body: dict[str, Any], field: str) -> None:
    answer = program(world).post(API, body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Endpoint.objects.exists()


def test_every_kind_of_event_is_told_with_an_example(world: World) -> None:
    items = program(world).get("/api/v1/organisations/acme/event-types").json()["items"]
    assert {"job.completed", "invoice.issued", "balance.low", "credits.added"} <= {item["name"] for item in items}
    assert all(item["sentence"].endswith(".") and item["example"] for item in items)
