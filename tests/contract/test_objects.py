"""What the platform relies on of cards, intents, refunds, disputes and events: sandbox and real Stripe alike.

Real Stripe cannot be paid through its page by a program, so payments here are off-session charges of test cards.
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from django.conf import settings

from tests.checkout import Checkout

SECONDS = 30  # real Stripe opens a dispute and settles a refund a little later


@pytest.fixture
def client(checkout: Checkout) -> stripe.StripeClient:
    return stripe.StripeClient(
        checkout.key, stripe_version=settings.STRIPE_API_VERSION, base_addresses={"api": checkout.url}
    )


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    return client.v1.customers.create({"email": "contract@acme.example", "metadata": {"contract": "yes"}}).id


def saved(client: stripe.StripeClient, customer: str, card: str = "pm_card_visa") -> str:
    """Save a test card for the customer."""
    return client.v1.payment_methods.attach(card, {"customer": customer}).id


def charged(
    client: stripe.StripeClient, customer: str, card: str = "pm_card_visa", key: str = "", amount: int = 5_000
) -> stripe.PaymentIntent:
    """Charge a saved card without its holder."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "eur",
            "customer": customer,
            "payment_method": saved(client, customer, card) if card.startswith("pm_card") else card,
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
            "metadata": {"topup_id": "t1"},
        },
        {"idempotency_key": key or f"contract:{uuid.uuid4()}"},
    )


def soon(found: Callable[[], Any]) -> Any:
    """Return what `found` returns as soon as it is true."""
    end = time.monotonic() + SECONDS
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.2)
    assert value
    return value


def test_a_saved_card_is_listed_preferred_and_forgotten(client: stripe.StripeClient, customer: str) -> None:
    method = saved(client, customer)
    client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method}})
    (listed,) = client.v1.customers.payment_methods.list(customer, {"type": "card"}).data
    assert (listed.id, listed.card and listed.card.last4) == (method, "4242")
    settings_of = client.v1.customers.retrieve(customer).invoice_settings
    assert settings_of is not None
    assert settings_of.default_payment_method == method
    client.v1.payment_methods.detach(method)
    assert client.v1.customers.payment_methods.list(customer).data == []


def test_a_setup_session_is_open_for_a_customer(client: stripe.StripeClient, customer: str) -> None:
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "eur", "customer": customer, "success_url": "https://acme.example/"}
    )
    assert (session.mode, session.status, session.payment_status) == ("setup", "open", "no_payment_required")
    assert str(session.setup_intent).startswith("seti_")


def test_a_setup_intent_saves_the_card(client: stripe.StripeClient, customer: str) -> None:
    setup = client.v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    assert (setup.status, setup.usage) == ("succeeded", "off_session")
    assert [method.id for method in client.v1.customers.payment_methods.list(customer).data] == [
        setup.payment_method
    ]


def test_a_saved_card_pays_without_its_holder(client: stripe.StripeClient, customer: str) -> None:
    intent = charged(client, customer)
    assert (intent.status, intent.amount_received, intent.metadata["topup_id"]) == ("succeeded", 5_000, "t1")
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.paid, charge.metadata["topup_id"]) == (True, "t1")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
def test_a_bank_may_refuse_or_want_the_holder(
    client: stripe.StripeClient, customer: str, card: str, code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        charged(client, customer, card)
    assert (caught.value.http_status, caught.value.code) == (402, code)
    error = caught.value.error
    assert error is not None
    assert error.payment_intent.status == "requires_payment_method"


def test_a_key_makes_one_charge_and_refuses_another_amount(client: stripe.StripeClient, customer: str) -> None:
    method, key = saved(client, customer), f"contract:{uuid.uuid4()}"
    assert charged(client, customer, method, key).id == charged(client, customer, method, key).id
    with pytest.raises(stripe.IdempotencyError):
        charged(client, customer, method, key, amount=6_000)


def test_refunds_are_listed_by_charge_with_what_moved(client: stripe.StripeClient, customer: str) -> None:
    intent = charged(client, customer)
    key = f"contract:{uuid.uuid4()}"
    made = [
        client.v1.refunds.create(
            {"payment_intent": intent.id, "amount": 2_000, "metadata": {"refund_id": "r1"}},
            {"idempotency_key": key},
        )
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
    (listed,) = client.v1.refunds.list({"charge": str(intent.latest_charge)}).data
    assert (listed.amount, listed.metadata and listed.metadata["refund_id"]) == (2_000, "r1")
    assert listed.status in ("succeeded", "pending")
    assert listed.balance_transaction
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 3_001})


def test_a_refund_may_come_back(client: stripe.StripeClient, customer: str, checkout: Checkout) -> None:
    intent = charged(client, customer, "pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    if checkout.url.startswith("http://127.0.0.1"):
        checkout.settle_refund(refund.id, "failed")
    failed = soon(lambda: (now := client.v1.refunds.retrieve(refund.id)).status == "failed" and now)
    assert (bool(failed.balance_transaction), bool(failed.failure_balance_transaction)) == (True, True)


def test_a_dispute_takes_the_money_has_a_deadline_and_may_be_won(
    client: stripe.StripeClient, customer: str
) -> None:
    intent = charged(client, customer, "pm_card_createDispute")
    dispute = soon(lambda: client.v1.disputes.list({"payment_intent": intent.id}).data)[0]
    assert (dispute.status, dispute.amount, dispute.evidence_details.due_by > time.time()) == (
        "needs_response", 5_000, True,
    )  # fmt: skip
    assert [row.amount for row in dispute.balance_transactions] == [-5_000]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True})
    won = soon(lambda: (now := client.v1.disputes.retrieve(dispute.id)).status == "won" and now)
    assert sum(row.amount for row in won.balance_transactions) == 0


def test_an_inquiry_takes_nothing(client: stripe.StripeClient, customer: str) -> None:
    intent = charged(client, customer, "pm_card_createDisputeInquiry")
    inquiry = soon(lambda: client.v1.disputes.list({"payment_intent": intent.id}).data)[0]
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])


def test_what_happened_is_in_the_list_of_events(client: stripe.StripeClient, customer: str) -> None:
    intent = charged(client, customer)
    client.v1.refunds.create({"payment_intent": intent.id})
    kinds = ["payment_intent.succeeded", "charge.refunded", "refund.created"]

    def told() -> set[str]:
        listed = client.v1.events.list({"types": kinds, "limit": 100}).data
        things = [(event.type, event.data.object.to_dict()) for event in listed]
        return {kind for kind, thing in things if intent.id in (thing["id"], thing.get("payment_intent"))}

    assert soon(lambda: told() == set(kinds))


def test_an_unknown_parameter_is_named(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.create({"colour": "red"})  # type: ignore[typeddict-unknown-key]
    assert (caught.value.code, caught.value.param, caught.value.http_status) == (
        "parameter_unknown",
        "colour",
        400,
    )


def test_the_portal_opens_for_a_customer(client: stripe.StripeClient, customer: str) -> None:
    portal = client.v1.billing_portal.sessions.create({"customer": customer, "return_url": "https://a.example/"})
    assert portal.url.startswith("http")


@pytest.mark.parametrize("mode", ["payment", "setup"])
def test_a_customer_that_was_deleted_is_named_by_whoever_needs_it(
    client: stripe.StripeClient, customer: str, mode: str
) -> None:
    method = saved(client, customer)
    client.v1.customers.delete(customer)
    assert client.v1.customers.retrieve(customer).to_dict()["deleted"] is True
    assert client.v1.payment_methods.retrieve(method).customer is None
    line = {
        "quantity": 1,
        "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Credits"}},
    }
    more: dict[str, Any] = {"line_items": [line]} if mode == "payment" else {"currency": "eur"}
    asked: Any = {"mode": mode, "customer": customer, "success_url": "https://acme.example/", **more}
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as refused:
        client.v1.checkout.sessions.create(asked)
    assert refused.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.update(customer, {"name": "Acme"})
    with pytest.raises(stripe.InvalidRequestError):
        charged(client, customer, method)
    soon(lambda: [e for e in client.v1.events.list({"type": "customer.deleted"}).data if about(e, customer)])


def about(event: stripe.Event, object_id: str) -> bool:
    return bool(event.data.object["id"] == object_id)


def test_a_session_may_offer_kept_cards_and_to_keep_another(client: stripe.StripeClient, customer: str) -> None:
    line = {
        "quantity": 1,
        "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Credits"}},
    }
    options = {"allow_redisplay_filters": ["always", "limited", "unspecified"], "payment_method_save": "enabled"}
    asked: Any = {
        "mode": "payment",
        "customer": customer,
        "success_url": "https://acme.example/",
        "line_items": [line],
        "saved_payment_method_options": options,
    }
    shown = client.v1.checkout.sessions.create(asked).saved_payment_method_options
    assert shown is not None
    assert (shown.allow_redisplay_filters, shown.payment_method_save) == (
        options["allow_redisplay_filters"],
        "enabled",
    )
