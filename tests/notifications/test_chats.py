"""Channels of chats: what they are sent, when, and that their address stays a secret."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.notifications.chat import chat_body
from apps.notifications.models import Delivery, Endpoint, Event
from apps.notifications.services import (
    chat_change,
    chat_create,
    deliveries_replay,
    deliveries_send,
    endpoint_change,
    endpoint_remove,
    endpoint_rotate,
    endpoint_test,
)
from apps.notifications.types import chat_kinds
from apps.organisations.models import AuditEvent
from tests.notifications.notices import SETTLED, notice_make
from tests.notifications.receiver import Receiver, receiver
from tests.organisations.keys import actor, grant
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "https://hooks.example.com/services/T0/B0/very-secret"
PAGES = "/o/acme/webhooks/"


@pytest.fixture
def channel() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def chat(world: World, url: str = SECRET, kind: str = "slack", **changes: Any) -> Endpoint:
    given = {"grant": grant(world.olga), "kind": kind, "url": url, "actor": actor(world.olga), "now": NOW}
    return chat_create(**(given | changes))


def low(world: World, at: datetime = NOW, **more: Any) -> Event:
    return notice_make(world.acme, "balance.low", at=at, **more)


def settled(world: World, at: datetime = NOW, **data: Any) -> Event:
    facts = {**SETTLED, **data}
    return notice_make(world.acme, "job.settled", data=facts, at=at, project_id=world.project.pk)


@pytest.mark.parametrize("kind", ["slack", "discord", "teams"])
def test_a_channel_reads_what_happened_in_the_form_of_its_chat(world: World, channel: Receiver, kind: str) -> None:
    chat(world, channel.url, kind)
    low(world)
    settled(world, name="<!channel> & co")
    assert deliveries_send(now=NOW) == 2
    assert deliveries_send(now=NOW + timedelta(hours=1)) == 0
    bodies = [json.loads(body) for body in channel.bodies]
    texts = sorted(json.dumps(body, ensure_ascii=False) for body in bodies)
    assert any("Credits run low: 4.75 are left" in text for text in texts)
    assert all("/o/acme/" in text for text in texts)
    assert not any("webhook-signature" in headers for headers in channel.headers)
    if kind == "slack":
        assert any("“&lt;!channel&gt; &amp; co” ended" in text for text in texts)
    if kind == "discord":
        assert all(body["allowed_mentions"] == {"parse": []} for body in bodies)
    if kind == "teams":
        cards = [body["attachments"][0]["content"] for body in bodies]
        assert {card["type"] for card in cards} == {"AdaptiveCard"}


@pytest.mark.parametrize("kind", ["slack", "discord", "teams"])
def test_what_is_too_long_is_cut_to_what_the_chat_takes(world: World, kind: str) -> None:
    event = settled(world, name="n" * 5_000, sentence="s" * 9_000)
    endpoint = Endpoint(organisation=world.acme, kind=kind)
    assert len(chat_body(endpoint, event)) < 4_500


def test_the_address_is_sealed_and_shown_nowhere(world: World) -> None:
    endpoint = chat(world)
    assert "very-secret" not in json.dumps(Endpoint.objects.values().get(), default=str)
    assert endpoint.url == "https://hooks.example.com/…"
    low(world)
    olga = world.client(world.olga)
    delivery = Delivery.objects.get()
    for page in ("", f"{endpoint.pk}/", f"{endpoint.pk}/chat/", f"{endpoint.pk}/deliveries/{delivery.pk}/"):
        answer = olga.get(f"{PAGES}{page}")
        assert answer.status_code == 200
        assert "very-secret" not in answer.content.decode()
    trail = [repr(row.detail.content) + repr(row.after) for row in AuditEvent.objects.select_related("detail")]
    assert not any("very-secret" in text for text in trail)


def test_only_chosen_kinds_and_projects_are_told(world: World) -> None:
    other = world.acme.projects.create(name="Other", slug="other")
    money = chat(world, types=["balance.low"])
    ours = chat(world, project=world.project.slug)
    everything = chat(world)
    low(world)
    settled(world)
    notice_make(world.acme, "job.settled", data=SETTLED, at=NOW, project_id=other.pk)
    notice_make(world.acme, "key.expiring", data={}, at=NOW, person_id=world.mia.pk)
    notice_make(world.acme, "job.running", data={}, at=NOW)
    assert [one.deliveries.count() for one in (money, ours, everything)] == [1, 1, 3]
    assert "key.expiring" not in chat_kinds()


def test_quiet_hours_hold_messages_back_but_alarms(world: World, channel: Receiver) -> None:
    world.acme.time_zone = "Europe/Berlin"
    world.acme.save()
    chat(world, channel.url, quiet=(12, 15))  # by the clock of Berlin, now is 13:00 there
    settled(world)
    low(world)
    assert deliveries_send(now=NOW) == 1
    assert "Credits run low" in channel.bodies[0]
    end = datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert [deliveries_send(now=end - timedelta(seconds=1)), deliveries_send(now=end)] == [0, 1]


def test_what_waits_for_the_morning_holds_no_alarm_of_its_subject_back(world: World, channel: Receiver) -> None:
    chat(world, channel.url, quiet=(11, 15))
    first = settled(world)
    Event.objects.filter(pk=first.pk).update(subject="organisation:1")
    Delivery.objects.update(subject="organisation:1")
    alarm = low(world)
    Delivery.objects.filter(event=alarm).update(subject="organisation:1", sequence=2)
    assert deliveries_send(now=NOW) == 1


def test_a_channel_that_is_gone_is_turned_off_and_one_that_is_busy_tried_again(
    world: World, channel: Receiver
) -> None:
    endpoint = chat(world, channel.url)
    channel.answers = [429, 404]
    low(world)
    deliveries_send(now=NOW)
    endpoint.refresh_from_db()
    assert endpoint.off_at is None
    deliveries_send(now=NOW + timedelta(seconds=6))
    endpoint.refresh_from_db()
    assert endpoint.off_reason == "It answered 404 Not Found."
    assert Event.objects.filter(type="webhook.turned_off").count() == 1


def test_a_test_message_arrives(world: World, channel: Receiver) -> None:
    endpoint = chat(world, channel.url, types=["balance.low"])
    endpoint_test(grant=grant(world.olga), endpoint_id=endpoint.pk, now=NOW)
    deliveries_send(now=NOW)
    assert "A test from Acme" in channel.bodies[0]


def test_a_new_channel_can_hear_of_what_was_before(world: World) -> None:
    low(world)
    notice_make(world.acme, "job.running", data={}, at=NOW)
    endpoint = chat(world)
    ask = {"grant": grant(world.olga), "endpoint_id": endpoint.pk, "everything": True, "now": NOW}
    assert [deliveries_replay(since=NOW - timedelta(days=1), **ask) for _ in range(2)] == [1, 0]


def test_a_channel_is_changed_and_removed_and_its_address_wiped(world: World) -> None:
    endpoint, by = chat(world), {"grant": grant(world.olga), "actor": actor(world.olga), "now": NOW}
    chat_change(endpoint_id=endpoint.pk, types=["balance.low"], quiet=(22, 7), project="default", **by)
    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.quiet_from, endpoint.project) == (["balance.low"], 22, world.project)
    endpoint_remove(endpoint_id=endpoint.pk, **by)
    assert Endpoint.objects.get().address == ""
    with pytest.raises(NotFound):
        chat_change(endpoint_id=endpoint.pk, types=[], **by)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "irc"}, "kind"),
        ({"kind": "webhook"}, "kind"),
        ({"url": "https://10.0.0.1/x"}, "url"),
        ({"url": ""}, "url"),
        ({"types": ["job.running"]}, "types"),
        ({"types": ["key.expiring"]}, "types"),
        ({"project": "nowhere"}, "project"),
        ({"quiet": (3, 3)}, "quiet_until"),
        ({"description": "d" * 200}, "description"),
    ],
)
def test_a_bad_channel_is_refused_at_its_field(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refusal:
        chat(world, **({"url": SECRET} | wrong))
    assert list(refusal.value.fields) == [field]
    assert not Endpoint.objects.exists()


def test_a_foreign_project_is_none(world: World) -> None:
    world.other.projects.create(name="Theirs", slug="theirs")
    with pytest.raises(AppError, match="no project “theirs”"):
        chat(world, project="theirs")


def test_who_may_not_sets_no_channel_up(world: World) -> None:
    for user in (world.mia, world.bea, world.victor):
        with pytest.raises(Denied):
            chat(world, grant=grant(user))
    endpoint = chat(world)
    with pytest.raises(NotFound):
        chat_change(grant=grant(world.xena), endpoint_id=endpoint.pk, types=[], actor=actor(world.xena), now=NOW)
    assert Endpoint.objects.count() == 1


def test_a_channel_is_no_webhook_and_a_webhook_no_channel(world: World) -> None:
    endpoint, by = chat(world), {"grant": grant(world.olga), "actor": actor(world.olga), "now": NOW}
    with pytest.raises(Conflict):
        endpoint_rotate(endpoint_id=endpoint.pk, overlap=timedelta(), **by)
    with pytest.raises(Conflict):
        endpoint_change(endpoint_id=endpoint.pk, url="https://acme.example/", **by)
    assert endpoint_change(endpoint_id=endpoint.pk, on=False, **by).off_at == NOW
    olga = world.client(world.olga)
    assert olga.get(f"{PAGES}{endpoint.pk}/edit/").status_code == 404
    assert olga.get(f"{PAGES}{endpoint.pk}/rotate/").status_code == 404


def form(**changes: Any) -> dict[str, Any]:
    given = {"kind": "slack", "url": SECRET, "description": "#gpu", "types": ["balance.low"], "project": ""}
    return given | {"quiet_from": "22", "quiet_until": "7", "submission_key": uuid.uuid4()} | changes


def test_a_channel_is_set_up_once_and_changed_by_page(world: World) -> None:
    olga, wanted = world.client(world.olga), form()
    for _ in range(2):
        assert olga.post(f"{PAGES}chat/new/", wanted).status_code == 302
    endpoint = Endpoint.objects.get()
    sealed = endpoint.address
    page = olga.get(PAGES).content.decode()
    assert "#gpu" in page
    assert olga.post(f"{PAGES}{endpoint.pk}/chat/", form(url="", types=[])).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.address) == ([], sealed)
    answer = olga.post(f"{PAGES}chat/new/", form(url="https://10.0.0.1/very-secret"))
    assert answer.status_code == 400
    assert "very-secret" not in answer.content.decode()
    assert olga.post(f"{PAGES}chat/new/", form(kind="irc")).status_code == 422
    assert Endpoint.objects.count() == 1


def test_the_pages_cost_the_same_however_many_channels_there_are(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    chat(world)
    olga.get(PAGES)
    for more in (0, 5):
        for _ in range(more):
            chat(world)
        with django_assert_num_queries(6):
            olga.get(PAGES)
