"""What events lead to: each payment is credited once, in whatever order, number and company its news comes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.billing import chart
from apps.billing.models import InvoiceDue, Lot
from apps.billing.selectors import wallet
from apps.core.models import Message
from apps.ledger.selectors import balance
from apps.payments import gateway
from apps.payments.inbox import event_handle, event_handle_again, event_receive, event_store
from apps.payments.models import StripeCustomer, StripeEvent, TopUp
from apps.payments.services import PLATFORM, session_apply, topup_cancel
from tests.checkout import DECLINED, Checkout, signed
from tests.ledger.threads import at_once
from tests.payments.topups import TopUps, handled, state

COMPLETED = "checkout.session.completed"


def credited(topup: TopUp) -> bool:
    """Return whether exactly this top-up's credits are in the wallet, and say so if anything else is."""
    available = wallet(topup.organisation_id).available_micro
    assert available in (0, topup.quote.credits_micro)
    return available > 0


def test_a_paid_session_is_credited_with_its_fee_and_an_invoice_due(paid: TopUp, checkout: Checkout) -> None:
    event = handled(checkout.events(paid.id)[COMPLETED])
    assert event.handled_at is not None
    assert state(paid) == "paid"
    assert credited(paid)
    assert paid.payment_intent == checkout.session(paid.stripe_session_id)["payment_intent"]
    assert paid.fee_minor
    assert balance(chart.stripe("EUR")) == paid.quote.total_minor - paid.fee_minor
    assert (InvoiceDue.objects.get().topup_id, paid.closed_at is not None) == (str(paid.id), True)


def test_the_same_event_twice_credits_once(paid: TopUp, checkout: Checkout) -> None:
    event = checkout.events(paid.id)[COMPLETED]
    handled(event)
    handled(event)
    assert credited(paid)
    assert Lot.objects.count() == 1


@pytest.mark.parametrize("first", [COMPLETED, "payment_intent.succeeded"])
def test_two_events_of_one_payment_credit_once(paid: TopUp, checkout: Checkout, first: str) -> None:
    events = checkout.events(paid.id)
    for kind in (first, COMPLETED, "payment_intent.succeeded"):
        assert handled(events[kind]).handled_at is not None
    assert credited(paid)
    assert (Lot.objects.count(), InvoiceDue.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_webhook_fifty_times_at_once_credits_once(paid: TopUp, checkout: Checkout) -> None:
    body, signature = signed(checkout.events(paid.id)[COMPLETED], at=timezone.now())

    def deliver(_: int) -> bool:
        return event_receive(raw_body=body, signature=signature, now=timezone.now())

    assert sum(at_once(50, deliver)) == 1
    event_id = StripeEvent.objects.get().event_id
    assert Message.objects.filter(name="payments.event_handle").count() == 1
    assert at_once(50, lambda _: event_handle(event_id=event_id, now=timezone.now())) == [None] * 50
    assert credited(paid)
    assert (state(paid), Lot.objects.count(), InvoiceDue.objects.count()) == ("paid", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_all_events_of_a_payment_at_once_credit_once(paid: TopUp, checkout: Checkout) -> None:
    events = checkout.events(paid.id)
    ids = [events[kind]["id"] for kind in (COMPLETED, "payment_intent.succeeded")] * 5
    for event in events.values():
        event_store(event, now=timezone.now())
    results = at_once(10, lambda index: event_handle(event_id=ids[index], now=timezone.now()))
    assert results == [None] * 10
    assert credited(paid)


@pytest.mark.django_db(transaction=True)
def test_two_topups_paid_at_once_both_count(topups: TopUps, checkout: Checkout) -> None:
    both = [topups.paid(), topups.paid()]
    events = [checkout.events(topup.id)[COMPLETED] for topup in both]
    at_once(2, lambda index: handled(events[index]))
    assert wallet(both[0].organisation_id).available_micro == 2 * both[0].quote.credits_micro


def test_an_unpaid_session_credits_nothing_whatever_the_event_says(opened: TopUp, checkout: Checkout) -> None:
    lie = {
        "id": "evt_lie",
        "object": "event",
        "type": COMPLETED,
        "data": {"object": checkout.session(opened.stripe_session_id) | {"payment_status": "paid"}},
    }
    assert handled(lie).handled_at is not None
    assert (state(opened), credited(opened)) == ("open", False)


def test_a_declined_card_charges_nothing_and_leaves_checkout_open(opened: TopUp, checkout: Checkout) -> None:
    answer = checkout.pay(opened.checkout_url, DECLINED)
    assert answer.status_code != 303
    for event in checkout.events(opened.id).values():
        handled(event)
    assert (state(opened), credited(opened)) == ("open", False)
    assert checkout.pay(opened.checkout_url).status_code == 303  # with another card
    handled(checkout.events(opened.id)[COMPLETED])
    assert (state(opened), credited(opened)) == ("paid", True)


def test_an_expired_session_ends_the_topup(opened: TopUp, checkout: Checkout) -> None:
    checkout.expire(opened.stripe_session_id or "")
    handled(checkout.events(opened.id)["checkout.session.expired"])
    assert (state(opened), credited(opened), opened.closed_at is not None) == ("expired", False, True)


@pytest.mark.parametrize("before", ["cancelled", "expired", "failed"])
def test_money_that_comes_late_is_credited(paid: TopUp, checkout: Checkout, before: str) -> None:
    TopUp.objects.filter(id=paid.id).update(state=before, closed_at=timezone.now())
    handled(checkout.events(paid.id)[COMPLETED])
    assert (state(paid), credited(paid)) == ("paid", True)


def test_cancelling_after_the_payment_changes_nothing(paid: TopUp, checkout: Checkout) -> None:
    handled(checkout.events(paid.id)[COMPLETED])
    topup_cancel(topup_id=paid.id)
    assert state(paid) == "paid"


def test_news_that_comes_before_the_session_was_kept_is_credited(paid: TopUp, checkout: Checkout) -> None:
    TopUp.objects.update(state="created", stripe_session_id=None, checkout_url="")
    events = checkout.events(paid.id)
    assert handled(events["payment_intent.succeeded"]).handled_at is not None  # cannot know the session yet
    assert not credited(paid)
    handled(events[COMPLETED])
    assert (state(paid), credited(paid)) == ("paid", True)


def test_an_event_of_another_environment_is_parked(paid: TopUp, checkout: Checkout, settings: Any) -> None:
    settings.ENVIRONMENT = "staging"
    event = handled(checkout.events(paid.id)[COMPLETED])
    assert event.handled_at is None
    assert "environment “sandbox”" in event.parked_reason
    assert (state(paid), paid.parked_reason, credited(paid)) == ("open", "", False)


def session_like(topup: TopUp, *, total_minor: int, **metadata: str) -> gateway.Session:
    """Open a session at Stripe that says it is the top-up's, over another amount."""
    ours = {"platform": PLATFORM, "environment": "sandbox", "topup_id": str(topup.id)}
    return gateway.session_create(
        key=f"other:{topup.id}:{total_minor}",
        lines=[gateway.Line("Credits", total_minor)],
        currency="EUR",
        customer=StripeCustomer.objects.get().customer_id or "",
        success_url="https://acme.example/",
        cancel_url="https://acme.example/",
        expires_at=timezone.now() + timedelta(minutes=40),
        reference="other",
        metadata=ours | metadata,
    )


def test_another_amount_is_parked_for_a_person(opened: TopUp, checkout: Checkout) -> None:
    other = session_like(opened, total_minor=100)
    TopUp.objects.update(stripe_session_id=other.id)
    checkout.pay(other.url)
    event = handled(checkout.events(opened.id)[COMPLETED])
    assert event.parked_reason == "Stripe has €1.00; the quote says €121.00."
    assert (state(opened), opened.parked_reason, credited(opened)) == ("open", event.parked_reason, False)


def test_another_session_that_names_our_topup_is_parked(opened: TopUp, checkout: Checkout) -> None:
    other = session_like(opened, total_minor=opened.quote.total_minor)
    checkout.pay(other.url)
    assert "not cs_" in handled(checkout.events(opened.id)[COMPLETED]).parked_reason
    assert not credited(opened)


def test_an_unknown_topup_is_parked(opened: TopUp, checkout: Checkout) -> None:
    unknown = "019aaaaa-0000-7000-8000-000000000000"
    other = session_like(opened, total_minor=1_000, topup_id=unknown)
    checkout.pay(other.url)
    assert f"no top-up {unknown}" in handled(checkout.events(unknown)[COMPLETED]).parked_reason


def test_an_event_whose_session_stripe_does_not_know_is_parked(checkout: Checkout, world: object) -> None:
    forged = {"id": "evt_x", "object": "event", "type": COMPLETED, "data": {"object": {"id": "cs_test_none"}}}
    assert "Stripe refused this" in handled(forged).parked_reason


def test_a_parked_event_is_handled_again_when_a_person_says_so(
    paid: TopUp, checkout: Checkout, settings: Any
) -> None:
    settings.ENVIRONMENT = "staging"
    event = handled(checkout.events(paid.id)[COMPLETED])
    Message.objects.all().delete()
    settings.ENVIRONMENT = "sandbox"
    event_handle(event_id=event.event_id, now=timezone.now())
    assert not credited(paid)  # parked means parked
    event_handle_again(event=event)
    assert Message.objects.get().payload == {"event_id": event.event_id}
    event_handle(event_id=event.event_id, now=timezone.now())
    assert (state(paid), credited(paid)) == ("paid", True)


def test_a_parked_topup_that_is_credited_after_all_is_parked_no_more(paid: TopUp, checkout: Checkout) -> None:
    TopUp.objects.update(parked_reason="A person looked.")
    handled(checkout.events(paid.id)[COMPLETED])
    assert (state(paid), paid.parked_reason, credited(paid)) == ("paid", "", True)


def test_a_fee_in_another_currency_is_left_to_a_person_and_the_credits_stand(
    paid: TopUp, checkout: Checkout
) -> None:
    session = gateway.session_get(paid.stripe_session_id or "")
    with transaction.atomic():
        session_apply(replace(session, fee=gateway.Fee("DKK", 1_500)), now=timezone.now())
    assert (state(paid), paid.fee_minor, credited(paid)) == ("paid", None, True)
    assert paid.parked_reason == "Stripe settled in DKK: book its fee of 1500 by hand."


def test_when_stripe_is_away_the_event_waits(paid: TopUp, checkout: Checkout, settings: Any) -> None:
    event = checkout.events(paid.id)[COMPLETED]
    url, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    with pytest.raises(gateway.StripeUnavailable):
        handled(event)
    stored = StripeEvent.objects.get()
    assert (stored.handled_at, stored.parked_reason) == (None, "")
    settings.STRIPE_API_URL = url
    handled(event)
    assert credited(paid)


class Crash(Exception):
    """The process died."""


@contextmanager
def crash_at(number: int) -> Iterator[None]:
    """Die instead of the statement with this number."""
    count = 0

    def execute_or_die(execute: Any, *statement: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise Crash
        return execute(*statement)

    with connection.execute_wrapper(execute_or_die):
        try:
            yield
        except Crash:
            return


@pytest.mark.django_db(transaction=True)
def test_a_crash_anywhere_in_the_handler_leaves_nothing_and_a_repeat_credits(
    paid: TopUp, checkout: Checkout
) -> None:
    """Break the handler at each of its statements in turn, then let the message run again."""
    event = checkout.events(paid.id)[COMPLETED]
    event_store(event, now=timezone.now())
    broken_at = 0
    while not credited(paid):
        assert (Lot.objects.count(), InvoiceDue.objects.count(), state(paid)) == (0, 0, "open")
        broken_at += 1
        with crash_at(broken_at):
            event_handle(event_id=event["id"], now=timezone.now())
    assert broken_at > 10  # it really was broken, many times
    assert (state(paid), Lot.objects.count(), InvoiceDue.objects.count()) == ("paid", 1, 1)


def test_handling_costs_a_known_number_of_queries(
    paid: TopUp, checkout: Checkout, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = checkout.events(paid.id)[COMPLETED]
    event_store(event, now=timezone.now())
    with django_assert_num_queries(29):
        event_handle(event_id=event["id"], now=timezone.now())
