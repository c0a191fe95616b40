"""Endpoints, and what they are told: signed, in order, until it arrives or is given up."""

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries
from standardwebhooks import Webhook, WebhookVerificationError

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.models import Mail
from apps.notifications.models import Delivery, DeliveryTry, Endpoint, Event
from apps.notifications.services import (
    Fact,
    NewSecret,
    deliveries_replay,
    deliveries_send,
    delivery_resend,
    endpoint_change,
    endpoint_create,
    endpoint_remove,
    endpoint_rotate,
    endpoint_test,
    event_emit,
    events_emit,
    events_forget,
    notices_send,
)
from apps.notifications.services.deliveries import PAUSES
from apps.organisations.models import AuditEvent
from tests.notifications.receiver import Receiver, receiver
from tests.organisations.keys import actor, grant
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def setup(world: World, url: str = "https://acme.example/hook", **changes: Any) -> NewSecret:
    given = {"grant": grant(world.olga), "url": url, "actor": actor(world.olga), "now": NOW}
    return endpoint_create(**(given | changes))


def tell(world: World, subject: str = "job:1", type: str = "job.completed", *, at: datetime = NOW) -> Event:
    with transaction.atomic():
        return event_emit(
            organisation_id=world.acme.pk,
            type=type,
            subject=subject,
            key=uuid.uuid4().hex,
            data={"name": "Nightly"},
            now=at,
        )


def test_an_event_arrives_signed_and_says_what_happened(world: World, hook: Receiver) -> None:
    secret, now = setup(world, hook.url).secret, datetime.now(tz=UTC)
    event = tell(world, at=now)
    assert deliveries_send(now=now) == 1
    told = Webhook(secret).verify(hook.bodies[0], hook.headers[0])
    assert (told["type"], told["subject"], told["sequence"]) == ("job.completed", "job:1", 1)
    assert (told["id"], told["data"]) == (str(event.pk), {"name": "Nightly"})
    delivery = event.deliveries.get()
    assert (delivery.state, delivery.log.get().status, delivery.log.get().answer) == ("delivered", 200, "thanks")
    assert deliveries_send(now=now + timedelta(hours=1)) == 0


def test_the_secret_is_kept_sealed(world: World) -> None:
    new = setup(world)
    assert new.secret.startswith("whsec_")
    assert new.secret[6:] not in Endpoint.objects.get().secret


def test_only_chosen_events_go_to_an_endpoint_and_all_where_none_is_chosen(world: World) -> None:
    some = setup(world, types=["job.failed"]).endpoint
    everything = setup(world).endpoint
    tell(world, type="job.completed")
    tell(world, type="job.failed")
    assert some.deliveries.count() == 1
    assert everything.deliveries.count() == 2


def test_a_fact_is_told_once_and_numbers_have_no_gap(world: World) -> None:
    endpoint = setup(world).endpoint
    told = {"organisation_id": world.acme.pk, "type": "job.failed", "subject": "job:1", "data": {}, "now": NOW}
    with transaction.atomic():
        events = [event_emit(**told, key=key) for key in ("a", "a", "b")]
    assert [event.sequence for event in events] == [1, 1, 2]
    assert endpoint.deliveries.count() == 2


@pytest.mark.django_db(transaction=True)
def test_telling_needs_the_transaction_of_the_act(world: World) -> None:
    with pytest.raises(TransactionManagementError, match=r"job\.failed is told outside"):
        event_emit(organisation_id=world.acme.pk, type="job.failed", subject="job:1", key="a", data={}, now=NOW)


@pytest.mark.parametrize("many", [1, 50])
def test_telling_one_or_many_costs_the_same(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    facts = [Fact(world.acme.pk, "job.failed", f"job:{number}", f"key:{number}", {}) for number in range(many)]
    with transaction.atomic(), django_assert_num_queries(5):
        assert len(events_emit(facts=facts, now=NOW)) == many
    endpoint = setup(world, types=["job.failed"]).endpoint
    assert events_emit(facts=facts, now=NOW) == []
    assert endpoint.deliveries.count() == 0


def test_many_events_of_one_thing_told_at_once_keep_their_order(world: World) -> None:
    setup(world)
    facts = [Fact(world.acme.pk, kind, "job:1", kind, {}) for kind in ("job.queued", "job.running")]
    with transaction.atomic():
        events = events_emit(facts=facts, now=NOW)
    assert [(event.type, event.sequence) for event in events] == [("job.queued", 1), ("job.running", 2)]
    assert Delivery.objects.count() == 2


def test_what_fails_is_tried_later_and_later_and_given_up_after_three_days(world: World, hook: Receiver) -> None:
    setup(world, hook.url)
    hook.answers = [500] * 20
    delivery, now, began = tell(world).deliveries.get(), NOW, NOW
    for pause in PAUSES:
        assert deliveries_send(now=now) == 1
        assert deliveries_send(now=now + timedelta(seconds=pause - 1)) == 0
        delivery.refresh_from_db()
        assert delivery.state == "waiting"
        now = delivery.next_try_at
    assert timedelta(days=2, hours=20) < now - began < timedelta(days=3, hours=4)
    deliveries_send(now=now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.log.count()) == ("dead", len(PAUSES) + 1)


def test_later_events_of_a_thing_wait_for_earlier_ones_and_others_do_not(world: World, hook: Receiver) -> None:
    setup(world, hook.url)
    hook.answers = [503]
    first = tell(world)
    deliveries_send(now=NOW)
    tell(world)
    tell(world, subject="job:2")
    assert deliveries_send(now=NOW) == 1
    assert deliveries_send(now=first.deliveries.get().next_try_at) == 2
    order = [(json.loads(body)["subject"], json.loads(body)["sequence"]) for body in hook.bodies]
    assert order == [("job:1", 1), ("job:2", 1), ("job:1", 1), ("job:1", 2)]


def test_an_endpoint_whose_secret_cannot_be_read_holds_up_no_other(world: World, hook: Receiver) -> None:
    broken = setup(world, f"{hook.url}?broken").endpoint
    setup(world, hook.url)
    Endpoint.objects.filter(pk=broken.pk).update(secret="sealed with a key that is gone")
    event = tell(world)
    assert deliveries_send(now=NOW) == 2
    states = dict(event.deliveries.values_list("endpoint__secret", "state"))
    assert states.pop("sealed with a key that is gone") == "waiting"
    assert list(states.values()) == ["delivered"]
    assert broken.deliveries.get().log.get().error == "We could not write this message; we look into it."


def test_an_endpoint_that_takes_nothing_for_days_is_turned_off_and_its_people_are_told(
    world: World, hook: Receiver
) -> None:
    endpoint = setup(world, hook.url).endpoint
    hook.answers = [500] * 50
    tell(world)
    deliveries_send(now=NOW)
    tell(world, subject="job:2")
    deliveries_send(now=NOW + timedelta(days=3))
    endpoint.refresh_from_db()
    assert endpoint.off_at == NOW + timedelta(days=3)
    notices_send(now=NOW + timedelta(days=3))
    assert {mail.to for mail in Mail.objects.filter(subject__startswith="Events no longer go to")} == {
        "olga@acme.example",
        "adam@acme.example",
    }
    assert AuditEvent.objects.filter(act="webhook.turned_off", actor_kind="system").count() == 1
    assert deliveries_send(now=NOW + timedelta(days=4)) == 0


def test_a_success_clears_the_failures(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    hook.answers = [500]
    delivery = tell(world).deliveries.get()
    deliveries_send(now=NOW)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == NOW
    delivery.refresh_from_db()
    deliveries_send(now=delivery.next_try_at)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_an_endpoint_that_says_gone_is_turned_off_at_once(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    hook.answers = [410]
    tell(world)
    deliveries_send(now=NOW)
    endpoint.refresh_from_db()
    assert endpoint.off_reason == "It answered 410 Gone."


def test_redirects_are_not_followed(world: World, hook: Receiver) -> None:
    setup(world, hook.url)
    hook.answers, hook.location = [307], hook.url  # by which a POST would be sent once more
    tell(world)
    deliveries_send(now=NOW)
    assert len(hook.bodies) == 1
    assert Delivery.objects.get().state == "waiting"
    assert "not followed" in DeliveryTry.objects.get().error


def test_for_the_overlap_both_secrets_sign_and_then_the_new_one_alone(world: World, hook: Receiver) -> None:
    now = datetime.now(tz=UTC)
    old = setup(world, hook.url)
    new = endpoint_rotate(
        grant=grant(world.olga),
        endpoint_id=old.endpoint.pk,
        overlap=timedelta(hours=1),
        actor=actor(world.olga),
        now=now,
    )
    tell(world, at=now)
    deliveries_send(now=now)
    for secret in (old.secret, new.secret):
        Webhook(secret).verify(hook.bodies[0], hook.headers[0])
    Endpoint.objects.update(old_secret_until=now - timedelta(seconds=1))
    tell(world, at=now)
    deliveries_send(now=now)
    Webhook(new.secret).verify(hook.bodies[1], hook.headers[1])
    with pytest.raises(WebhookVerificationError):
        Webhook(old.secret).verify(hook.bodies[1], hook.headers[1])


def test_a_delivery_can_be_sent_again_whatever_became_of_it(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    delivery = tell(world).deliveries.get()
    deliveries_send(now=NOW)
    delivery_resend(grant=grant(world.olga), endpoint_id=endpoint.pk, delivery_id=delivery.pk, now=NOW)
    deliveries_send(now=NOW)
    assert hook.bodies[0] == hook.bodies[1]
    assert hook.headers[0]["webhook-id"] == hook.headers[1]["webhook-id"]


def test_what_was_given_up_or_missed_is_sent_again_from_a_time_on(world: World, hook: Receiver) -> None:
    tell(world, subject="job:0")
    endpoint = setup(world, hook.url).endpoint
    tell(world)
    Delivery.objects.update(state="dead")
    again = {"grant": grant(world.olga), "endpoint_id": endpoint.pk, "since": NOW - timedelta(hours=1), "now": NOW}
    assert deliveries_replay(**again, everything=False) == 1
    deliveries_send(now=NOW)
    assert deliveries_replay(**again, everything=True) == 2
    deliveries_send(now=NOW)
    assert deliveries_replay(**(again | {"since": NOW + timedelta(hours=1)}), everything=True) == 0
    assert sorted(json.loads(body)["subject"] for body in hook.bodies) == ["job:0", "job:1", "job:1"]


def test_an_endpoint_that_is_off_gets_nothing_and_can_catch_up(world: World, hook: Receiver) -> None:
    endpoint = setup(world, hook.url).endpoint
    change = {"grant": grant(world.olga), "endpoint_id": endpoint.pk, "actor": actor(world.olga), "now": NOW}
    endpoint_change(**change, on=False)
    tell(world)
    with pytest.raises(Conflict, match="off"):
        endpoint_test(grant=grant(world.olga), endpoint_id=endpoint.pk, now=NOW)
    endpoint_change(**change, on=True)
    endpoint_change(**change, on=True)
    assert AuditEvent.objects.filter(act="webhook.turned_on").count() == 1
    assert deliveries_send(now=NOW) == 0
    assert (
        deliveries_replay(
            grant=grant(world.olga),
            endpoint_id=endpoint.pk,
            since=NOW - timedelta(days=1),
            everything=True,
            now=NOW,
        )
        == 1
    )


def test_a_removed_endpoint_is_gone_with_its_secret(world: World) -> None:
    endpoint = setup(world).endpoint
    tell(world)
    endpoint_remove(grant=grant(world.olga), endpoint_id=endpoint.pk, actor=actor(world.olga), now=NOW)
    endpoint.refresh_from_db()
    assert (endpoint.secret, Delivery.objects.count()) == ("", 0)
    with pytest.raises(NotFound):
        endpoint_remove(grant=grant(world.olga), endpoint_id=endpoint.pk, actor=actor(world.olga), now=NOW)


def test_old_events_go_and_numbers_go_on(world: World) -> None:
    for _ in range(3):
        tell(world)
    assert events_forget(now=NOW + timedelta(days=31)) == 2
    assert tell(world).sequence == 4


@pytest.mark.parametrize("name", ["bea", "mia", "victor"])
def test_who_may_not_sets_nothing_up(world: World, name: str) -> None:
    with pytest.raises(Denied, match="set up webhooks"):
        setup(world, grant=grant(getattr(world, name)))
    assert not Endpoint.objects.exists()


def test_an_endpoint_of_another_organisation_is_not_found(world: World) -> None:
    endpoint = setup(world).endpoint
    with pytest.raises(NotFound):
        endpoint_change(
            grant=grant(world.xena), endpoint_id=endpoint.pk, on=False, actor=actor(world.xena), now=NOW
        )


def test_twenty_endpoints_are_enough(world: World) -> None:
    for _ in range(20):
        setup(world)
    with pytest.raises(Conflict, match="20 endpoints"):
        setup(world)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://acme.example/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://user:pass@acme.example/"}, "url"),
        ({"url": "https://acme.example/" + "x" * 500}, "url"),
        ({"types": ["job.exploded"]}, "types"),
        ({"description": "x" * 121}, "description"),
    ],
)
def test_bad_input_is_told_at_its_field(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(AppError) as refusal:
        setup(world, **changes)
    assert list(refusal.value.fields) == [field]
    assert not Endpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_event_once(world: World, hook: Receiver) -> None:
    setup(world, hook.url)
    for number in range(30):
        tell(world, subject=f"job:{number}")
    hook.wait = 0.02

    def work() -> None:
        deliveries_send(now=NOW)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliveries_send(now=NOW)
    ids = [headers["webhook-id"] for headers in hook.headers]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.django_db(transaction=True)
def test_events_told_at_once_of_one_thing_have_numbers_of_their_own(world: World) -> None:
    def work() -> None:
        for _ in range(5):
            tell(world)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(Event.objects.values_list("sequence", flat=True)) == list(range(1, 21))
