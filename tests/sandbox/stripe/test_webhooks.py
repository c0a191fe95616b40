"""How events reach their endpoints, also when everything goes wrong."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import stripe

from tests.sandbox.stripe.parts import ROOT, Inbox, Running, browse, card, inbox_open, session_params, until


def test_a_forged_or_old_payload_is_refused(client: stripe.StripeClient, inbox: Inbox) -> None:
    made = client.v1.customers.create({})
    inbox.wait("customer.created", made.id)
    body, header = inbox.posts[-1]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"customer", b"costumer"), header, inbox.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, "whsec_other")
    time.sleep(2)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, inbox.secret, tolerance=1)


def test_a_refused_delivery_is_tried_again_with_growing_pauses(client: stripe.StripeClient, inbox: Inbox) -> None:
    inbox.refused.clear()
    inbox.refuse = 4
    made = client.v1.customers.create({})
    event = inbox.wait("customer.created", made.id)
    first, second, third, fourth = inbox.refused
    assert second - first >= 0.1
    assert third - second >= 0.2
    assert fourth - third >= 0.4
    until(lambda: client.v1.events.retrieve(event.id).pending_webhooks == 0, "nothing pending")


def test_a_further_endpoint_gets_what_it_asked_for_with_its_own_secret(client: stripe.StripeClient) -> None:
    with inbox_open() as other:
        given = {"url": other.url, "enabled_events": ["customer.deleted"]}
        endpoint = client.v1.webhook_endpoints.create(given)
        other.secret = str(endpoint.secret)
        made = client.v1.customers.create({})
        client.v1.customers.delete(made.id)
        other.wait("customer.deleted", made.id)
        assert {event.type for event in other.events()} == {"customer.deleted"}
        client.v1.webhook_endpoints.delete(endpoint.id)


def test_an_event_can_be_delivered_twice(client: stripe.StripeClient, running: Running, inbox: Inbox) -> None:
    with running.faults(duplicate=2):
        made = client.v1.customers.create({})
        inbox.wait("customer.created", made.id, count=3)
    assert len({event.id for event in inbox.of("customer.created", made.id)}) == 1


def test_later_events_can_arrive_first(client: stripe.StripeClient, running: Running, inbox: Inbox) -> None:
    with running.faults(reorder=True):
        session = client.v1.checkout.sessions.create(session_params())
        browse(session.url, **card())
        seen = len(inbox.posts)
        until(lambda: len(inbox.posts) >= seen + 4, "four events")
    types = [event.type for event in inbox.events()[seen:]]
    assert types == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_a_dropped_event_is_in_the_list_and_can_be_sent_again(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    with running.faults(drop=1):
        made = client.v1.customers.create({})
        event = client.v1.events.list({"type": "customer.created", "limit": 1}).data[0]
        until(lambda: running.control("faults", method="GET")["drop"] == 0, "the drop")
    time.sleep(0.3)
    assert inbox.of("customer.created", made.id) == []
    missed = client.v1.events.list({"delivery_success": False, "limit": 1}).data[0]
    assert missed.id == event.id
    running.control(f"events/{event.id}/resend")
    assert inbox.wait("customer.created", made.id).id == event.id


def test_a_delay_holds_events_back(client: stripe.StripeClient, running: Running, inbox: Inbox) -> None:
    with running.faults(delay_seconds=0.8):
        start = time.monotonic()
        made = client.v1.customers.create({})
        inbox.wait("customer.created", made.id)
    assert time.monotonic() - start >= 0.8


@pytest.mark.parametrize(
    "switches", [{"explode": 1}, {"drop": -1}, {"drop": True}, {"reorder": 1}, {"drop": 1.5}, {"drop": "x"}]
)
def test_a_wrong_switch_is_refused_with_a_sentence(running: Running, switches: dict[str, object]) -> None:
    with pytest.raises(Exception, match="400 Bad Request"):
        running.control("faults", switches)
    assert running.control("faults", method="GET")["drop"] == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_restart_keeps_everything_and_goes_on_delivering(tmp_path: Path, how: int) -> None:
    with inbox_open() as inbox:
        nobody = ("--webhook", "http://127.0.0.1:9/", "--webhook-secret", inbox.secret, "--retry-seconds", "0.2")
        running = Running(tmp_path, nobody).start()
        options: stripe.RequestOptions = {"idempotency_key": "made-once"}
        made = running.client().v1.customers.create({"name": "Kept"}, options)
        session = running.client().v1.checkout.sessions.create(session_params(customer=made.id))
        browse(session.url, **card())
        assert running.stop(how) == (-how if how == signal.SIGKILL else 0)
        running.options = ("--webhook", inbox.url, "--webhook-secret", inbox.secret)
        running.start()
        inbox.wait("customer.created", made.id)
        inbox.wait("checkout.session.completed", session.id)
        assert [endpoint.url for endpoint in running.client().v1.webhook_endpoints.list().data] == [inbox.url]
        assert running.client().v1.customers.create({"name": "Kept"}, options).id == made.id
        assert running.client().v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        running.stop()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--webhook", "http://127.0.0.1:9/"], "go together"),
        (["--retry-seconds", "0"], "above 0"),
        (["--port", "99999"], "choose another"),
    ],
)
def test_a_wrong_option_is_one_sentence(tmp_path: Path, options: list[str], words: str) -> None:
    command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--data", str(tmp_path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr
