"""What the API refuses, lists, expands, and does once for an idempotency key."""

import threading
import uuid

import pytest
import stripe

from tests.sandbox.stripe.parts import Running, browse, card, raw, session_params


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("email=a%40b.c&colour=red", "parameter_unknown", "colour"),
        ("address[street]=x", "parameter_unknown", "address[street]"),
        ("metadata=x", None, "metadata"),
        ("email[a]=x", None, "email"),
        ("address=x", None, "address"),
        ("a[b=1", None, "a[b"),
        ("name=a&name[b]=c", None, "name[b]"),
        ("tax_exempt=maybe", None, "tax_exempt"),
        ("preferred_locales[x]=nl", None, "preferred_locales"),
    ],
)
def test_a_wrong_parameter_is_named(running: Running, body: str, code: str | None, param: str) -> None:
    answer = raw(running, "POST", "/v1/customers", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error.get("code")) == (400, "invalid_request_error", code)
    assert error["param"] == param


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("checkout/sessions", "mode=payment&success_url=https://a.example", "line_items"),
        ("checkout/sessions", "mode=setup&success_url=https://a.example", "currency"),
        ("checkout/sessions", "success_url=https://a.example", "mode"),
        ("payment_intents", "amount=100", "currency"),
        ("webhook_endpoints", "url=https://a.example", "enabled_events"),
    ],
)
def test_a_missing_parameter_is_named(running: Running, path: str, body: str, param: str) -> None:
    answer = raw(running, "POST", f"/v1/{path}", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "parameter_missing", param)


@pytest.mark.parametrize("amount", ["1.5", "abc", "", "-5", "1" * 30])
def test_an_amount_is_a_whole_number_above_zero(running: Running, amount: str) -> None:
    answer = raw(running, "POST", "/v1/payment_intents", f"amount={amount}&currency=eur")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "amount")


def test_an_amount_below_the_least_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(session_params(amount=49))
    assert caught.value.code == "amount_too_small"


def test_a_key_is_asked_for(running: Running) -> None:
    for header in ("", "Bearer sk_live_1234567890", "Basic %%%", "Bearer"):
        answer = raw(running, "GET", "/v1/customers", Authorization=header)
        assert answer.status_code == 401
        assert "1234567890" not in answer.text


def test_an_unknown_address_and_an_unknown_object_are_404(running: Running) -> None:
    assert raw(running, "GET", "/v1/invoices").status_code == 404
    answer = raw(running, "GET", "/v1/payment_intents/pi_none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")


def test_version_and_request_are_told_in_headers(running: Running) -> None:
    answer = raw(running, "GET", "/v1/balance", Stripe_Version="2026-10-28.endive")
    assert answer.headers["stripe-version"] == "2026-10-28.endive"
    assert answer.headers["request-id"].startswith("req_")


def test_pages_of_a_list_follow_each_other_both_ways(client: stripe.StripeClient) -> None:
    mail = f"{uuid.uuid4()}@acme.example"
    made = [client.v1.customers.create({"email": mail}).id for _ in range(5)]
    newest_first = made[::-1]
    first = client.v1.customers.list({"email": mail, "limit": 2})
    assert ([c.id for c in first.data], first.has_more) == (newest_first[:2], True)
    assert [c.id for c in first.auto_paging_iter()] == newest_first
    before = client.v1.customers.list({"email": mail, "limit": 2, "ending_before": made[0]})
    assert ([c.id for c in before.data], before.has_more) == (newest_first[2:4], True)


def test_a_list_is_narrowed_by_time(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({})
    assert client.v1.customers.list({"created": {"gt": made.created}}).data == []
    within = {"created": {"gte": made.created, "lte": made.created}}
    assert made.id in [customer.id for customer in client.v1.customers.list(within).data]


def test_events_are_listed_by_type(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({})
    newest = client.v1.events.list({"types": ["customer.created", "customer.deleted"], "limit": 1}).data[0]
    assert (newest.type, newest.data.object["id"]) == ("customer.created", made.id)
    assert client.v1.events.retrieve(newest.id).request.id.startswith("req_")


def test_what_cannot_be_expanded_is_refused(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.customers.retrieve(made.id, {"expand": ["email"]})


def test_metadata_is_merged_and_an_empty_value_removes_a_name(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({"metadata": {"a": "1", "b": "2"}})
    changed = client.v1.customers.update(made.id, {"metadata": {"b": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}


def test_a_deleted_customer_says_so(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create({})
    assert client.v1.customers.delete(made.id).deleted
    assert client.v1.customers.retrieve(made.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(session_params(customer=made.id))


def test_the_same_key_and_parameters_give_the_first_answer(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": str(uuid.uuid4())}
    first = client.v1.checkout.sessions.create(session_params(), options)
    browse(first.url, **card())
    again = client.v1.checkout.sessions.create(session_params(), options)
    assert (again.id, again.status) == (first.id, "open")
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as caught:
        client.v1.checkout.sessions.create(session_params(amount=1), options)
    assert caught.value.http_status == 400


def test_a_key_replays_a_decline_too(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": str(uuid.uuid4())}
    given = {"amount": 5_000, "currency": "eur", "payment_method": "pm_card_visa_chargeDeclined", "confirm": True}
    intents = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            client.v1.payment_intents.create(given | {"return_url": "https://a.example"}, options)
        intents.add(caught.value.error.payment_intent.id)
    assert len(intents) == 1


def test_a_key_forgets_what_was_refused_before_it_began(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": str(uuid.uuid4())}
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 1, "currency": "eur"}, options)
    assert client.v1.payment_intents.create({"amount": 5_000, "currency": "eur"}, options).amount == 5_000


def test_a_refused_request_leaves_nothing_behind(client: stripe.StripeClient) -> None:
    def newest() -> list[str]:
        lists = (client.v1.payment_intents.list({"limit": 1}), client.v1.events.list({"limit": 1}))
        return [thing.id for page in lists for thing in page.data]

    before = newest()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.payment_intents.create(
            {"amount": 5_000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        )
    assert caught.value.param == "return_url"
    assert newest() == before


def test_a_twin_under_way_at_once_is_refused(running: Running, client: stripe.StripeClient) -> None:
    key = str(uuid.uuid4())
    answers = []

    def send() -> None:
        answers.append(raw(running, "POST", "/v1/customers", "name=Twin", Idempotency_Key=key))

    with running.faults(api_seconds=0.5):
        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert refused["code"] == "idempotency_key_in_use"
    assert len([c for c in client.v1.customers.list().data if c.name == "Twin"]) == 1


def test_a_key_is_forgotten_after_a_day(running: Running, client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": str(uuid.uuid4())}
    first = client.v1.customers.create({}, options)
    running.control("clock", {"advance": 24 * 3600 + 1})
    assert client.v1.customers.create({}, options).id != first.id


def test_a_lost_answer_is_found_again_with_its_key(running: Running) -> None:
    with running.faults(lose_answers=1):
        made = running.client(retries=2).v1.customers.create({"name": "Lost"})
    assert len([c for c in running.client().v1.customers.list().data if c.name == "Lost"]) == 1
    assert made.last_response.headers["Idempotent-Replayed"] == "true"


def test_an_api_that_fails_once_is_asked_again(running: Running) -> None:
    with running.faults(fail_api=1):
        with pytest.raises(stripe.APIError):
            running.client().v1.customers.create({"name": "Again"})
        assert running.client(retries=2).v1.customers.create({"name": "Again"}).id
    assert len([c for c in running.client().v1.customers.list().data if c.name == "Again"]) == 1
