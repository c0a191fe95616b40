"""Checkout sessions from the API's side and from the payer's."""

import time

import pytest
import stripe

from tests.sandbox.stripe.parts import Inbox, Running, browse, card, session_params


def test_a_paid_session_goes_to_the_success_page_and_tells_the_webhook(
    client: stripe.StripeClient, inbox: Inbox
) -> None:
    session = client.v1.checkout.sessions.create(session_params(metadata={"topup_id": "t1"}))
    answer = browse(session.url, **card())
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://platform.example/done?session={session.id}"
    told = inbox.wait("checkout.session.completed", session.id).data.object
    assert (told.status, told.payment_status, told.metadata["topup_id"]) == ("complete", "paid", "t1")
    inbox.wait("payment_intent.succeeded", told.payment_intent)


def test_the_fee_of_a_charge_is_told_by_its_balance_transaction(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params(amount=10_000))
    browse(session.url, **card())
    paid = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    move = paid.payment_intent.latest_charge.balance_transaction
    assert (move.amount, move.fee, move.net, move.currency) == (10_000, 175, 9_825, "eur")
    listed = client.v1.balance_transactions.list({"source": move.source})
    assert [row.id for row in listed.data] == [move.id]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("4000000000000002", "Your card was declined."),
        ("4000000000009995", "Your card has insufficient funds."),
        ("4242424242424241", "Your card number is invalid."),
    ],
)
def test_a_refused_card_says_why_and_the_session_stays_open(
    client: stripe.StripeClient, number: str, sentence: str
) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    answer = browse(session.url, **card(number))
    assert answer.status_code == 402
    assert sentence in answer.text
    assert number not in answer.text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert browse(session.url, **card()).status_code == 303


def test_a_session_is_paid_once(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    browse(session.url, **card())
    again = browse(session.url, **card())
    assert again.status_code == 409
    assert "already complete" in again.text
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    assert len(client.v1.charges.list({"payment_intent": intent}).data) == 1


def test_a_session_expires_by_the_clock_and_takes_no_money(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    now = running.control("clock", method="GET")["now"]
    session = client.v1.checkout.sessions.create(session_params(expires_at=now + 1800))
    running.control("clock", {"advance": 1801})
    inbox.wait("checkout.session.expired", session.id)
    answer = browse(session.url, **card())
    assert answer.status_code == 410
    assert "expired" in answer.text


@pytest.mark.parametrize("ahead", [1700, 25 * 3600])
def test_an_expiry_outside_30_minutes_to_24_hours_is_refused(
    client: stripe.StripeClient, running: Running, ahead: int
) -> None:
    now = running.control("clock", method="GET")["now"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(session_params(expires_at=now + ahead))
    assert caught.value.param == "expires_at"


def test_the_bank_may_ask_the_payer_on_a_page_of_its_own(client: stripe.StripeClient, inbox: Inbox) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    asked = browse(session.url, **card("4000002500003155"))
    assert asked.status_code == 200
    assert "Complete authentication" in asked.text
    refused = browse(session.url, authentication="fail")
    assert refused.status_code == 402
    assert "unable to authenticate" in refused.text
    browse(session.url, **card("4000002500003155"))
    assert browse(session.url, authentication="complete").status_code == 303
    inbox.wait("checkout.session.completed", session.id)


@pytest.mark.parametrize(("outcome", "status"), [("succeeded", "paid"), ("failed", "unpaid")])
def test_a_bank_debit_is_unpaid_until_it_is_settled(
    client: stripe.StripeClient, running: Running, inbox: Inbox, outcome: str, status: str
) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    assert browse(session.url, **card("", method="bank")).status_code == 303
    told = inbox.wait("checkout.session.completed", session.id).data.object
    assert (told.status, told.payment_status) == ("complete", "unpaid")
    running.control(f"checkout/sessions/{session.id}/settle", {"outcome": outcome})
    settled = inbox.wait(f"checkout.session.async_payment_{outcome}", session.id).data.object
    assert settled.payment_status == status


def test_a_setup_session_saves_the_card_for_the_customer(client: stripe.StripeClient, inbox: Inbox) -> None:
    customer = client.v1.customers.create({"email": "billing@acme.example"})
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "eur", "customer": customer.id, "success_url": "https://platform.example/"}
    )
    assert browse(session.url, **card()).status_code == 303
    told = inbox.wait("checkout.session.completed", session.id).data.object
    assert told.payment_status == "no_payment_required"
    saved = client.v1.setup_intents.retrieve(told.setup_intent).payment_method
    assert [method.id for method in client.v1.customers.payment_methods.list(customer.id).data] == [saved]


def test_an_expired_session_has_no_address_and_cannot_expire_again(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    assert client.v1.checkout.sessions.expire(session.id).url is None
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        client.v1.checkout.sessions.expire(session.id)


def test_line_items_are_listed_apart(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    (line,) = client.v1.checkout.sessions.line_items.list(session.id).data
    assert (line.description, line.amount_total, line.price.unit_amount) == ("NOS credits", 12_100, 12_100)


def test_the_page_shows_amount_items_and_the_way_back(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    text = browse(session.url).text
    for shown in (
        "€121.00",
        "NOS credits",
        "412.5 credits",
        "https://platform.example/cancelled",
        "no real money",
    ):
        assert shown in text
    assert session.expires_at > time.time()


# saved cards


def test_a_session_shows_the_saved_cards_that_its_filter_lets_pass(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "p@platform.example"})
    for usage, last4 in (("off_session", "4242"), (None, "4444")):
        kept = {"payment_intent_data": {"setup_future_usage": usage}}
        asked = {"saved_payment_method_options": {"payment_method_save": "enabled"}}
        session = client.v1.checkout.sessions.create(
            session_params(customer=customer.id, **(kept if usage else asked))
        )
        number = "4242424242424242" if last4 == "4242" else "5555555555554444"
        assert browse(session.url, **card(number), save="on").status_code == 303
    found = client.v1.payment_methods.list({"customer": customer.id}).data
    assert {method.card.last4: method.allow_redisplay for method in found} == {"4242": "limited", "4444": "always"}
    by_default = client.v1.checkout.sessions.create(session_params(customer=customer.id))
    assert by_default.saved_payment_method_options.allow_redisplay_filters == ["always"]
    shown = browse(by_default.url).text
    assert ("4444" in shown, "•••• 4242" in shown) == (True, False)


def test_a_saved_card_pays_without_being_typed(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "p@platform.example"})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    options = {"allow_redisplay_filters": ["always", "limited", "unspecified"]}
    session = client.v1.checkout.sessions.create(
        session_params(customer=customer.id, saved_payment_method_options=options)
    )
    assert browse(session.url, saved="pm_nobodys").status_code == 402
    assert browse(session.url, saved=method.id).status_code == 303
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (paid.payment_status, paid.payment_intent.payment_method) == ("paid", method.id)
