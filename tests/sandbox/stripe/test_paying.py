"""Saved cards, refunds and disputes through the API."""

import pytest
import stripe

from tests.sandbox.stripe.parts import Inbox, Running, browse, card, session_params


def saved(client: stripe.StripeClient, token: str = "pm_card_visa") -> tuple[str, str]:
    """Return a customer and a card saved without asking the bank."""
    customer = client.v1.customers.create({"email": "billing@acme.example"})
    method = client.v1.payment_methods.attach(token, {"customer": customer.id})
    return customer.id, method.id


def charge_off_session(client: stripe.StripeClient, customer: str, method: str) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 5_000,
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
        }
    )


def paid(client: stripe.StripeClient, amount: int = 10_000, number: str = "4242424242424242") -> str:
    """Return the payment intent of a session that was paid."""
    session = client.v1.checkout.sessions.create(session_params(amount))
    browse(session.url, **card(number))
    return str(client.v1.checkout.sessions.retrieve(session.id).payment_intent)


def test_a_saved_card_pays_without_its_holder(client: stripe.StripeClient) -> None:
    intent = charge_off_session(client, *saved(client))
    assert (intent.status, intent.amount_received) == ("succeeded", 5_000)


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", "authentication_required", "authentication_required"),
    ],
)
def test_a_refused_charge_tells_the_reason_and_keeps_the_intent(
    client: stripe.StripeClient, inbox: Inbox, token: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as caught:
        charge_off_session(client, *saved(client, token))
    assert (caught.value.code, caught.value.http_status) == (code, 402)
    intent = client.v1.payment_intents.retrieve(caught.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == decline_code
    inbox.wait("payment_intent.payment_failed", intent.id)
    inbox.wait("charge.failed", intent.latest_charge)


def test_a_card_confirmed_while_it_was_saved_pays_later_without_its_holder(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "currency": "eur", "customer": customer.id, "success_url": "https://platform.example/"}
    )
    browse(session.url, **card("4000002500003155"))
    browse(session.url, authentication="complete")
    (method,) = client.v1.payment_methods.list({"customer": customer.id}).data
    assert charge_off_session(client, customer.id, method.id).status == "succeeded"


def test_a_top_up_may_save_its_card(client: stripe.StripeClient, inbox: Inbox) -> None:
    customer = client.v1.customers.create({})
    data = {"setup_future_usage": "off_session", "metadata": {"topup_id": "t2"}}
    session = client.v1.checkout.sessions.create(session_params(customer=customer.id, payment_intent_data=data))
    browse(session.url, **card())
    (method,) = client.v1.payment_methods.list({"customer": customer.id, "type": "card"}).data
    assert method.card.last4 == "4242"
    (charge,) = client.v1.charges.list({"customer": customer.id}).data
    assert charge.metadata["topup_id"] == "t2"
    inbox.wait("payment_method.attached", method.id)
    client.v1.payment_methods.detach(method.id)
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []


def test_a_declining_card_cannot_be_saved(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({})
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer.id})


def test_an_intent_that_was_paid_cannot_be_cancelled_or_confirmed(client: stripe.StripeClient) -> None:
    intent = paid(client)
    for act in (client.v1.payment_intents.cancel, client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError, match="status of succeeded") as caught:
            act(intent)
        assert caught.value.code == "payment_intent_unexpected_state"


def test_refunds_add_up_to_the_charge_and_no_further(client: stripe.StripeClient, inbox: Inbox) -> None:
    intent = paid(client)
    first = client.v1.refunds.create({"payment_intent": intent, "amount": 4_000})
    assert inbox.wait("charge.refunded", first.charge).data.object.amount_refunded == 4_000
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 6_001})
    client.v1.refunds.create({"payment_intent": intent})
    charge = client.v1.charges.retrieve(first.charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded, len(charge.refunds.data)) == (10_000, True, 2)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent})
    assert caught.value.code == "charge_already_refunded"
    move = client.v1.balance_transactions.retrieve(first.balance_transaction)
    assert (move.type, move.amount, move.fee, move.net) == ("refund", -4_000, 0, -4_000)


@pytest.mark.parametrize(("status", "net"), [("won", -2_000), ("lost", -12_000)])
def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back(
    client: stripe.StripeClient, running: Running, inbox: Inbox, status: str, net: int
) -> None:
    intent = paid(client, number="4000000000000259")
    (dispute,) = client.v1.disputes.list({"payment_intent": intent}).data
    inbox.wait("charge.dispute.created", dispute.id)
    inbox.wait("charge.dispute.funds_withdrawn", dispute.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create({"payment_intent": intent})
    assert caught.value.code == "charge_disputed"
    running.control(f"disputes/{dispute.id}/close", {"status": status})
    assert inbox.wait("charge.dispute.closed", dispute.id).data.object.status == status
    moves = client.v1.balance_transactions.list({"source": dispute.id}).data
    assert sum(move.net for move in moves) == net
    assert bool(inbox.of("charge.dispute.funds_reinstated", dispute.id)) == (status == "won")


def test_winning_evidence_wins_as_in_stripes_test_mode(client: stripe.StripeClient) -> None:
    intent = paid(client, number="4000000000000259")
    (dispute,) = client.v1.disputes.list({"payment_intent": intent}).data
    given = {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True}
    assert client.v1.disputes.update(dispute.id, given).status == "won"


def test_the_balance_is_the_sum_of_its_transactions(client: stripe.StripeClient, running: Running) -> None:
    paid(client)
    balance = client.v1.balance.retrieve()
    moves = client.v1.balance_transactions.list({"limit": 100, "currency": "eur"})
    shown = sum(part.amount for part in [*balance.available, *balance.pending] if part.currency == "eur")
    assert shown == sum(move.net for move in moves.auto_paging_iter())


def test_the_portal_adds_prefers_and_removes_cards(client: stripe.StripeClient) -> None:
    customer, first = saved(client)
    portal = client.v1.billing_portal.sessions.create({"customer": customer, "return_url": "https://a.example/"})
    assert browse(portal.url, **card("4000000000000002")).status_code == 402
    assert browse(portal.url, **card("5555555555554444")).status_code == 303
    chosen = client.v1.customers.retrieve(customer).invoice_settings.default_payment_method
    assert client.v1.payment_methods.retrieve(chosen).card.brand == "mastercard"
    browse(portal.url, prefer=first)
    assert client.v1.customers.retrieve(customer).invoice_settings.default_payment_method == first
    browse(portal.url, remove=first)
    assert client.v1.customers.retrieve(customer).invoice_settings.default_payment_method is None
    assert [method.id for method in client.v1.payment_methods.list({"customer": customer}).data] == [chosen]


def test_the_bank_may_ask_about_an_intent_confirmed_through_the_api(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 5_000,
            "currency": "eur",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "https://platform.example/back",
        }
    )
    assert intent.status == "requires_action"
    answer = browse(intent.next_action.redirect_to_url.url, authentication="complete")
    assert answer.headers["location"].startswith("https://platform.example/back?payment_intent=")
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
