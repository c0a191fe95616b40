"""Money that goes back: refunds that take a while or fail, inquiries, evidence, and bank accounts that answer."""

import io
import time

import pytest
import stripe

from tests.sandbox.stripe.parts import Inbox, Running, browse, card, raw, session_params
from tests.sandbox.stripe.test_paying import paid

PDF = b"%PDF-1.7\n%%EOF\n"


def net_of(client: stripe.StripeClient, *sources: str) -> int:
    """Return what the balance transactions of the things add up to."""
    return sum(
        row.net for source in sources for row in client.v1.balance_transactions.list({"source": source}).data
    )


def test_a_refund_may_wait_and_then_arrive(client: stripe.StripeClient, running: Running, inbox: Inbox) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client, number="4000000000007726"), "amount": 4_000})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    running.control(f"refunds/{refund.id}/settle", {"outcome": "succeeded"})
    assert inbox.wait("refund.updated", refund.id).data.object.status == "succeeded"
    with pytest.raises(Exception, match="400 Bad Request"):
        running.control(f"refunds/{refund.id}/settle", {"outcome": "succeeded"})


def test_a_refund_that_comes_back_gives_the_money_back_to_the_balance(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client, number="4000000000005126")})
    assert refund.status == "succeeded"
    running.control(f"refunds/{refund.id}/settle", {"outcome": "failed"})
    failed = inbox.wait("refund.failed", refund.id).data.object
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert net_of(client, refund.id) == 0
    charge = client.v1.charges.retrieve(refund.charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert client.v1.refunds.create({"charge": charge.id}).amount == 10_000


def test_a_waiting_refund_settles_by_the_clock(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    first = client.v1.refunds.create({"payment_intent": paid(client, number="4000000000007726")})
    second = client.v1.refunds.create({"payment_intent": paid(client, number="4000000000005126")})
    client.v1.refunds.update(first.id, {"metadata": {"seen": "yes"}})
    running.control("clock", {"advance": 31})
    assert inbox.wait("charge.refund.updated", first.id).data.object.status == "succeeded"
    inbox.wait("refund.failed", second.id)


def test_a_payout_takes_what_is_available_arrives_and_may_come_back(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="insufficient funds") as refusal:
        client.v1.payouts.create({"amount": 10**9, "currency": "eur"})
    assert refusal.value.code == "balance_insufficient"
    paid(client, number="4000000000000077")
    payout = client.v1.payouts.create({"amount": 4_000, "currency": "eur"})
    assert (payout.status, net_of(client, payout.id)) == ("pending", -4_000)
    running.control(f"payouts/{payout.id}/settle", {"outcome": "paid"})
    assert inbox.wait("payout.paid", payout.id).data.object.status == "paid"
    running.control(f"payouts/{payout.id}/settle", {"outcome": "failed"})
    failed = inbox.wait("payout.failed", payout.id).data.object
    assert (failed.failure_code, net_of(client, payout.id)) == ("account_closed", 0)


def test_a_fee_of_stripes_own_moves_the_balance(client: stripe.StripeClient, running: Running) -> None:
    running.control("fees", {"amount": 250, "currency": "eur"})
    (row,) = client.v1.balance_transactions.list({"type": "stripe_fee", "limit": 1}).data
    assert (row.net, row.source) == (-250, None)


def test_a_refund_that_waits_for_nobody_cannot_be_cancelled(client: stripe.StripeClient) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client)})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        client.v1.refunds.cancel(refund.id)


def test_an_inquiry_takes_no_money_until_it_becomes_a_dispute(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    intent = paid(client, number="4000000000001976")
    (inquiry,) = client.v1.disputes.list({"payment_intent": intent}).data
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert net_of(client, inquiry.id) == 0
    running.control(f"disputes/{inquiry.id}/escalate")
    inbox.wait("charge.dispute.funds_withdrawn", inquiry.id)
    assert client.v1.disputes.retrieve(inquiry.id).status == "needs_response"
    assert net_of(client, inquiry.id) == -12_000


def test_an_inquiry_that_is_answered_closes_without_a_winner(client: stripe.StripeClient) -> None:
    intent = paid(client, number="4000000000001976")
    (inquiry,) = client.v1.disputes.list({"payment_intent": intent}).data
    closed = client.v1.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert (closed.status, closed.balance_transactions) == ("warning_closed", [])


def test_evidence_is_handed_in_unless_it_is_only_kept(client: stripe.StripeClient) -> None:
    (dispute,) = client.v1.disputes.list({"payment_intent": paid(client, number="4000000000000259")}).data
    kept = client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Olga"}, "submit": False})
    assert (kept.status, kept.evidence_details.has_evidence) == ("needs_response", True)
    assert (
        client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "x"}}).status == "under_review"
    )
    with pytest.raises(stripe.InvalidRequestError, match="under review"):
        client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "Otto"}})


def test_evidence_may_be_a_file(client: stripe.StripeClient, running: Running) -> None:
    (dispute,) = client.v1.disputes.list({"payment_intent": paid(client, number="4000000000000259")}).data
    uploading = stripe.StripeClient("sk_test_x", base_addresses={"api": running.url, "files": running.url})
    pack = io.BytesIO(PDF)
    pack.name = "pack.pdf"
    options: stripe.RequestOptions = {"idempotency_key": f"file:{dispute.id}"}
    first = uploading.v1.files.create({"purpose": "dispute_evidence", "file": pack}, options)
    assert (first.filename, first.size, first.type) == ("pack.pdf", len(PDF), "pdf")
    given = client.v1.disputes.update(dispute.id, {"evidence": {"receipt": first.id}})
    assert given.evidence.receipt == first.id


@pytest.mark.parametrize(
    ("content", "words"), [(b"MZ", "PDF, a PNG or a JPEG"), (PDF + bytes(4_500_000), "too large")]
)
def test_a_file_that_is_no_evidence_is_refused(running: Running, content: bytes, words: str) -> None:
    uploading = stripe.StripeClient("sk_test_x", base_addresses={"api": running.url, "files": running.url})
    with pytest.raises(stripe.InvalidRequestError, match=words):
        uploading.v1.files.create({"purpose": "dispute_evidence", "file": io.BytesIO(content)})


def test_evidence_names_a_file_that_is_there(client: stripe.StripeClient) -> None:
    (dispute,) = client.v1.disputes.list({"payment_intent": paid(client, number="4000000000000259")}).data
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.disputes.update(dispute.id, {"evidence": {"receipt": "file_none"}})
    assert caught.value.param == "evidence[receipt]"


def test_a_dispute_that_nobody_answers_is_lost_at_its_deadline(
    client: stripe.StripeClient, running: Running, inbox: Inbox
) -> None:
    (dispute,) = client.v1.disputes.list({"payment_intent": paid(client, number="4000000000000259")}).data
    running.control("clock", {"advance": 7 * 86_400 + 1})
    told = inbox.wait("charge.dispute.closed", dispute.id).data.object
    assert (told.status, told.evidence_details.past_due) == ("lost", True)


def test_more_than_is_left_after_a_refund_can_be_disputed(client: stripe.StripeClient, running: Running) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid(client), "amount": 4_000})
    made = running.control(f"charges/{refund.charge}/dispute", {"reason": "duplicate", "amount": 10_000})
    assert (made["amount"], made["reason"]) == (10_000, "duplicate")
    for wrong in ({"amount": 10_001}, {"amount": "all"}, {"reason": "bored"}):
        with pytest.raises(Exception, match="400 Bad Request"):
            running.control(f"charges/{refund.charge}/dispute", wrong)


@pytest.mark.parametrize(
    ("iban", "outcome"), [("AT61 1904 3002 3457 3201", "succeeded"), ("AT861904300235473202", "failed")]
)
def test_some_bank_accounts_answer_by_themselves(
    client: stripe.StripeClient, running: Running, inbox: Inbox, iban: str, outcome: str
) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    assert browse(session.url, **card("", method="bank", iban=iban)).status_code == 303
    client.v1.checkout.sessions.update(session.id, {"metadata": {"seen": "yes"}})
    running.control("clock", {"advance": 3})
    inbox.wait(f"checkout.session.async_payment_{outcome}", session.id)


def test_another_bank_account_is_refused_in_a_sentence(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    answer = browse(session.url, **card("", method="bank", iban="DE00"))
    assert (answer.status_code, "test accounts" in answer.text) == (402, True)


def test_a_bank_debits_refund_waits(client: stripe.StripeClient, running: Running) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    browse(session.url, **card("", method="bank"))
    running.control(f"checkout/sessions/{session.id}/settle", {"outcome": "succeeded"})
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    refund = client.v1.refunds.create({"payment_intent": intent})
    assert (refund.status, refund.destination_details) == ("pending", None)


def test_a_card_may_be_confirmed_and_declined_all_the_same(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(session_params())
    assert "Complete authentication" in browse(session.url, **card("4000008400001629")).text
    assert "was declined" in browse(session.url, authentication="complete").text


def test_a_key_knows_the_same_parameters_in_another_order(running: Running) -> None:
    key = f"order-{time.monotonic_ns()}"
    answers = [
        raw(running, "POST", "/v1/customers", body, Idempotency_Key=key).json()["id"]
        for body in ("name=A&email=a%40b.c", "email=a%40b.c&name=A")
    ]
    assert answers[0] == answers[1]


def test_another_api_version_is_refused(running: Running) -> None:
    answer = raw(running, "GET", "/v1/balance", Stripe_Version="2020-08-27")
    assert (answer.status_code, "2020-08-27" in answer.json()["error"]["message"]) == (400, True)


def test_the_portal_may_be_opened_for_one_thing_and_lead_back(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({}).id
    flow = {
        "type": "payment_method_update",
        "after_completion": {"type": "redirect", "redirect": {"return_url": "https://platform.example/cards"}},
    }
    portal = client.v1.billing_portal.sessions.create({"customer": customer, "flow_data": flow})  # type: ignore[typeddict-item]
    assert browse(portal.url, **card()).headers["location"] == "https://platform.example/cards"
