"""Payloads that are signed and make no sense: refused or parked with one sentence, and nothing half done."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.models import Message
from apps.payments import gateway, sweeps
from apps.payments.inbox import event_receive
from apps.payments.models import StripeEvent, TopUp
from apps.payments.sweeps import events_sweep, topups_sweep
from tests.checkout import SECRET, Checkout, Json
from tests.payments.topups import handled, state

COMPLETED = "checkout.session.completed"
THING: Json = {"id": "cs_1", "object": "checkout.session", "metadata": {}}
EVENT: Json = {"id": "evt_1", "object": "event", "type": COMPLETED, "data": {"object": THING}}


@pytest.fixture
def door(settings: Any, db: None) -> Any:
    """Post a body that Stripe signed."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET

    def post(body: bytes, extra: str = "") -> Any:
        return Client().post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signed_raw(body) + extra},
        )

    return post


def signed_raw(body: bytes, *, minutes_ago: int = 0) -> str:
    """Return the signature of a body of whatever bytes."""
    at = int((timezone.now() - timedelta(minutes=minutes_ago)).timestamp())
    return f"t={at},v1={hmac.new(SECRET.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def nested(levels: int) -> bytes:
    """Return an event with lists in lists."""
    body = json.dumps(EVENT | {"data": {"object": THING | {"x": "DEEP"}}})
    return body.replace('"DEEP"', "[" * levels + "]" * levels).encode()


def with_(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


REFUSED = {
    "no JSON": b"{",
    "a number of 5,000 digits": json.dumps(EVENT).replace('"evt_1"', "9" * 5_000).encode(),
    "no id": json.dumps({name: EVENT[name] for name in ("object", "type", "data")}).encode(),
    "an id that is a list": with_(id=["evt_1"]),
    "an id that is null": with_(id=None),
    "an id that is a number": with_(id=1),
    "an id with a zero byte": with_(id="evt_\0"),
    "half a character for an id": with_(id="evt_\ud800"),
    "an endless id": with_(id="e" * 256),
    "a type that is an object": with_(type={"a": 1}),
    "an endless type": with_(type="e" * 101),
    "a type with a zero byte": with_(type=f"{COMPLETED}\0"),
    "no data": with_(data=None),
    "data that are a list": with_(data=[THING]),
    "an object that is a text": with_(data={"object": "cs_1"}),
    "a hundred levels": nested(100),
    "a hundred thousand levels": nested(100_000),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_signed_and_no_event_is_refused_in_one_sentence(door: Any, body: bytes) -> None:
    answer = door(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "event_unreadable")
    assert answer.json()["detail"].count(". ") == 0
    assert (StripeEvent.objects.count(), Message.objects.count()) == (0, 0)


KEPT = {
    "a zero byte": '"Ac\\u0000me"',
    "half a character": '"Ac\\ud800me"',
    "a number beyond all bounds": "1e999",
    "no number": "NaN",
    "a thousand digits": "9" * 1_000,
    "thirty levels": "[" * 30 + "]" * 30,
    "an empty name": '{"": {"\\u0000": 1}}',
}


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT.keys())
def test_what_no_column_takes_is_replaced_and_the_event_is_handled(
    paid: TopUp, checkout: Checkout, value: str
) -> None:
    event = checkout.events(paid.id)[COMPLETED]
    event["data"]["object"]["customer_details"] = "HERE"
    body = json.dumps(event).replace('"HERE"', value).encode()
    assert event_receive(raw_body=body, signature=signed_raw(body), now=timezone.now())
    assert handled(event).parked_reason == ""  # the second delivery is no other
    assert state(paid) == "paid"


THINGS: dict[str, Json] = {
    "no id": {"object": "checkout.session"},
    "an id that is a number": {"id": 10**30},
    "an id that is a path": {"id": "../customers/cus_1"},
    "an id with a zero byte": {"id": "cs_\0"},
    "metadata that are a list": {"id": "cs_1", "metadata": ["topup_id"]},
    "metadata that nest": {"id": "cs_1", "metadata": {"topup_id": {"a": 1}}},
    "a mode that is a list": {"id": "cs_1", "mode": ["setup"]},
}


@pytest.mark.parametrize("kind", [COMPLETED, "charge.refunded", "charge.dispute.created", "customer.deleted"])
@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS.keys())
def test_an_event_about_nonsense_is_parked(checkout: Checkout, world: object, kind: str, thing: Json) -> None:
    event = handled(gateway.event_read(EVENT | {"type": kind, "data": {"object": thing}}))
    assert (event.parked_reason.startswith("This event"), event.handled_at) == (True, None)


def test_an_event_whose_object_names_a_charge_of_another_shape_is_parked(
    checkout: Checkout, world: object
) -> None:
    thing = {"id": "re_1", "object": "refund", "charge": {"id": "ch_1"}}
    event = handled(EVENT | {"type": "refund.created", "data": {"object": thing}})
    assert "makes no sense" in event.parked_reason


@pytest.mark.parametrize("words", ["Declined\0", "Declined \ud800"], ids=["a zero byte", "half a character"])
def test_what_stripe_itself_tells_and_no_column_takes_is_parked(
    opened: TopUp, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    checkout.expire(opened.stripe_session_id or "")
    session = gateway.session_get(opened.stripe_session_id or "")
    told = gateway.Session(**(vars(session) | {"id": f"cs_{words}"}))
    TopUp.objects.update(stripe_session_id=None)
    event = checkout.events(opened.id)["checkout.session.expired"]
    monkeypatch.setattr(gateway, "session_get", lambda _: told)
    assert "cannot be written down" in handled(event).parked_reason
    assert state(opened) == "open"


def test_a_topup_of_which_stripe_tells_what_no_column_takes_stops_no_other(
    opened: TopUp, paid: TopUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sweeps.news_apply

    def told(news: Any, *, now: Any) -> None:
        if news.id == opened.stripe_session_id:
            TopUp.objects.filter(id=opened.id).update(reason="\0")
        real(news, now=now)

    monkeypatch.setattr(sweeps, "news_apply", told)
    assert topups_sweep(now=timezone.now() + timedelta(minutes=1)) == 2
    assert (state(opened), state(paid)) == ("open", "paid")
    assert "cannot be written down" in opened.parked_reason


def test_a_listed_event_that_makes_no_sense_keeps_no_other_waiting(
    paid: TopUp, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = checkout.events(paid.id)[COMPLETED]
    monkeypatch.setattr(gateway, "events_since", lambda *_: [EVENT | {"id": None}, EVENT | {"data": 1}, good])
    assert events_sweep(now=timezone.now()) == 1
    assert StripeEvent.objects.get().event_id == good["id"]


def test_a_second_time_in_the_header_makes_an_old_delivery_no_younger(door: Any) -> None:
    body = json.dumps(EVENT).encode()
    now = int(timezone.now().timestamp())
    old = Client().post(
        "/webhooks/stripe/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": f"{signed_raw(body, minutes_ago=10)},t={now}"},
    )
    assert (old.status_code, old.json()["code"]) == (400, "signature_refused")
    assert door(body, extra=",junk").status_code == 200
