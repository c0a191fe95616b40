"""The door: what Stripe signed is kept once, everything else changes nothing."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import Message
from apps.core.queue import MESSENGER
from apps.payments.models import StripeEvent
from tests.checkout import SECRET, Json, signed

EVENT: Json = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_1", "object": "checkout.session", "metadata": {}}},
}


@pytest.fixture(autouse=True)
def _secret(settings: Any, db: None) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET


def post(body: bytes, signature: str | None) -> Any:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return Client().post("/webhooks/stripe/", body, content_type="application/json", headers=headers)


def test_a_signed_event_is_kept_and_its_handling_promised() -> None:
    assert post(*signed(EVENT, at=timezone.now())).status_code == 200
    event = StripeEvent.objects.get()
    assert (event.event_id, event.payload, event.handled_at) == ("evt_1", EVENT, None)
    assert Message.objects.get().payload == {"event_id": "evt_1"}


def test_the_same_event_again_is_welcome_and_changes_nothing() -> None:
    for _ in range(3):
        assert post(*signed(EVENT, at=timezone.now())).status_code == 200
    assert (StripeEvent.objects.count(), Message.objects.count()) == (1, 1)


def test_an_event_nothing_handles_is_kept_as_handled() -> None:
    assert post(*signed(EVENT | {"type": "customer.created"}, at=timezone.now())).status_code == 200
    assert StripeEvent.objects.get().handled_at is not None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("secret", "minutes", "change", "sentence"),
    [
        ("whsec_forged", 0, b"", "not signed with this endpoint's secret"),
        (SECRET, 6, b"", "signed more than five minutes ago"),
        (SECRET, 0, b" ", "not signed with this endpoint's secret"),
        (SECRET, 0, b"\xff", "not signed with this endpoint's secret"),
    ],
    ids=["forged", "too old", "changed on its way", "not text"],
)
def test_what_stripe_did_not_sign_just_now_is_refused(
    secret: str, minutes: int, change: bytes, sentence: str
) -> None:
    body, signature = signed(EVENT, at=timezone.now() - timedelta(minutes=minutes), secret=secret)
    answer = post(body + change, signature)
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-290, -1, 1, 120, 3_600])
def test_clocks_that_differ_refuse_nothing_that_stripe_signed_lately(seconds: int) -> None:
    """A clock of Stripe's before ours makes no delivery old, and only the secret can sign ahead of time."""
    assert post(*signed(EVENT, at=timezone.now() + timedelta(seconds=seconds))).status_code == 200
    assert StripeEvent.objects.count() == 1


def test_an_old_delivery_is_refused_as_a_replay_even_when_its_event_is_known() -> None:
    assert post(*signed(EVENT, at=timezone.now())).status_code == 200
    assert post(*signed(EVENT, at=timezone.now() - timedelta(seconds=301))).status_code == 400
    assert (StripeEvent.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.parametrize("signature", [None, "", "nonsense", "t=,v1=", "t=1"])
def test_a_delivery_without_a_signature_is_refused(signature: str | None) -> None:
    assert post(json.dumps(EVENT).encode(), signature).status_code == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("payload", [[], {"object": "v2.core.event", "id": "evt_2"}, "text"])
def test_a_signed_delivery_that_is_no_event_is_refused(payload: Any) -> None:
    answer = post(*signed(payload, at=timezone.now()))
    assert (answer.status_code, "holds no event" in answer.json()["detail"]) == (400, True)


def test_without_a_secret_nothing_is_believed(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert post(*signed(EVENT, at=timezone.now(), secret="")).status_code == 400


def test_the_door_answers_to_post_alone() -> None:
    assert Client().get("/webhooks/stripe/").status_code == 405


def test_an_event_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    body, signature = signed(EVENT, at=timezone.now())
    for _ in range(2):
        with django_assert_num_queries(1):
            post(body, signature)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_delays_no_answer_and_loses_no_message(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The message's row stays for the sweep, whatever the broker does; nobody waits for it."""
    held, told = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> None:
        told.set()
        held.wait(20)
        raise ConnectionError("no broker")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.core.queue.current_app.send_task", slow)
        assert post(*signed(EVENT, at=timezone.now())).status_code == 200
        assert told.wait(20)  # the broker is being asked, and our answer is long out
        assert Message.objects.get().payload == {"event_id": "evt_1"}
        held.set()
        assert MESSENGER.flush(seconds=60)
    assert "the sweep will" in caplog.text
    assert Message.objects.count() == 1
