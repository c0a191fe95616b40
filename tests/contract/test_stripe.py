"""What the platform relies on of Stripe, asked through its own gateway: sandbox and real Stripe answer alike."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.payments import gateway
from apps.payments.gateway import Line, Session
from tests.checkout import DECLINED, Checkout

pytestmark = pytest.mark.django_db
IN_40_MINUTES = timedelta(minutes=40)


def customer_make() -> str:
    """Return the id of a customer, always the same one within Stripe's memory of keys."""
    return gateway.customer_create(
        key="contract:customer", name="Acme", email="olga@acme.example", metadata={"platform": "contract"}
    )


def session_make(key: str = "", **changes: Any) -> Session:
    """Open a session over €121.00 in two lines."""
    key = key or f"contract:{uuid.uuid4()}"
    fields: dict[str, Any] = {
        "lines": [Line("238.095238 Nosana credits", 10_000), Line("VAT 21 %", 2_100)],
        "currency": "EUR",
        "customer": customer_make(),
        "success_url": "https://acme.example/?returned=paid",
        "cancel_url": "https://acme.example/?returned=cancelled",
        "expires_at": timezone.now() + IN_40_MINUTES,
        "reference": key,
        "metadata": {"platform": "contract", "topup_id": key},
    }
    return gateway.session_create(key=key, **(fields | changes))


def test_a_session_is_open_over_the_sum_of_its_lines(checkout: Checkout) -> None:
    session = session_make("", metadata={"topup_id": "t1"})
    assert (session.total_minor, session.currency) == (12_100, "EUR")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.url.startswith("http")
    assert session.metadata == {"topup_id": "t1"}
    assert gateway.session_get(session.id) == session


@pytest.mark.parametrize("currency", ["EUR", "USD", "GBP"])
def test_cards_alone_are_taken_in_each_currency(checkout: Checkout, currency: str) -> None:
    session = session_make(currency=currency)
    assert session.currency == currency
    assert checkout.session(session.id)["payment_method_types"] == ["card"]


def test_the_same_key_gives_the_same_session(checkout: Checkout) -> None:
    key, expires_at = f"contract:{uuid.uuid4()}", timezone.now() + IN_40_MINUTES
    first = session_make(key, expires_at=expires_at)
    assert session_make(key, expires_at=expires_at) == first


def test_the_same_key_with_another_amount_is_refused(checkout: Checkout) -> None:
    key, expires_at = f"contract:{uuid.uuid4()}", timezone.now() + IN_40_MINUTES
    session_make(key, expires_at=expires_at)
    with pytest.raises(gateway.StripeRefused):
        session_make(key, expires_at=expires_at, lines=[Line("Credits", 5_000)])


@pytest.mark.parametrize("minutes", [29, 25 * 60])
def test_a_session_lives_from_30_minutes_to_a_day(checkout: Checkout, minutes: int) -> None:
    with pytest.raises(gateway.StripeRefused, match="expires_at"):
        session_make(expires_at=timezone.now() + timedelta(minutes=minutes))


def test_an_unknown_session_is_refused(checkout: Checkout) -> None:
    with pytest.raises(gateway.StripeRefused, match="(?i)no such"):
        gateway.session_get("cs_test_nobody")


def test_a_wrong_key_is_our_trouble_not_the_payers(checkout: Checkout, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_wrong"
    with pytest.raises(gateway.StripeUnavailable, match="nothing was charged"):
        gateway.session_get("cs_test_nobody")


def test_an_expired_session_says_so_and_is_in_the_list_of_events(checkout: Checkout) -> None:
    before = timezone.now()
    session = session_make()
    checkout.expire(session.id)
    ended = gateway.session_get(session.id)
    assert (ended.status, ended.payment_status, ended.url) == ("expired", "unpaid", "")
    events = gateway.events_since(before, ["checkout.session.expired"])
    ours = [event for event in events if event["data"]["object"]["id"] == session.id]
    assert [(event["object"], event["type"]) for event in ours] == [("event", "checkout.session.expired")]


def test_the_list_of_events_has_only_the_types_asked_for(checkout: Checkout) -> None:
    checkout.expire(session_make().id)
    events = gateway.events_since(timezone.now() - timedelta(minutes=1), ["checkout.session.completed"])
    assert {event["type"] for event in events} <= {"checkout.session.completed"}


def test_a_paid_session_tells_its_intent_and_stripes_fee(hosted: Checkout) -> None:
    session = session_make()
    answer = hosted.pay(session.url)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://acme.example/?returned=paid")
    paid = gateway.session_get(session.id)
    assert (paid.status, paid.payment_status, paid.total_minor) == ("complete", "paid", 12_100)
    assert (paid.payment_intent or "").startswith("pi_")
    assert paid.fee is not None
    assert (paid.fee.currency, 0 < paid.fee.amount_minor < 1_000) == ("EUR", True)


def test_an_intent_and_its_charge_carry_the_topup(hosted: Checkout) -> None:
    session = session_make()
    before = timezone.now() - timedelta(seconds=1)
    hosted.pay(session.url)
    kinds = ["payment_intent.succeeded", "checkout.session.completed"]
    told = {
        event["type"]: event["data"]["object"]["metadata"] == session.metadata
        for event in gateway.events_since(before, kinds)
        if session.metadata["topup_id"] in str(event["data"]["object"]["metadata"])
    }
    assert told == dict.fromkeys(kinds, True)


def test_a_declined_card_leaves_the_session_open(hosted: Checkout) -> None:
    session = session_make()
    assert hosted.pay(session.url, DECLINED).status_code != 303
    after = gateway.session_get(session.id)
    assert (after.status, after.payment_status) == ("open", "unpaid")
    assert after.payment_error


def test_the_link_back_leads_to_the_address_for_cancelling(hosted: Checkout) -> None:
    session = session_make()
    assert "https://acme.example/?returned=cancelled" in hosted.page(session.url)
