"""An organisation is one customer at Stripe, whatever crashes, repeats and hurries."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.payments import gateway
from apps.payments.models import Card, StripeCustomer, StripeEvent
from apps.payments.services import PLATFORM, card_setup_start, customer_ensure, topup_charge
from tests.checkout import Checkout, Json
from tests.ledger.threads import at_once
from tests.payments.automatic import Automatic, rule_now
from tests.payments.test_automatic import mails
from tests.payments.test_charging import unheard
from tests.payments.topups import TopUps, handled
from tests.world import World


def customers(checkout: Checkout, world: World) -> list[Json]:
    """Return what Stripe has of Acme."""
    return [
        customer
        for customer in checkout.customers()
        if customer["metadata"].get("organisation_id") == str(world.acme.id)
    ]


def test_a_topup_is_paid_by_the_organisations_customer(topups: TopUps, checkout: Checkout, world: World) -> None:
    first, second = topups.opened(), topups.opened()
    [customer] = customers(checkout, world)
    assert customer["metadata"]["platform"] == PLATFORM
    assert (customer["name"], customer["email"]) == ("Acme", "olga@acme.example")
    for topup in (first, second):
        assert checkout.session(topup.stripe_session_id or "")["customer"] == customer["id"]
    assert StripeCustomer.objects.get().customer_id == customer["id"]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_customer(topups: TopUps, checkout: Checkout, world: World) -> None:
    ids = at_once(8, lambda _: customer_ensure(organisation=world.acme, now=timezone.now()))
    assert len(set(ids)) == len(customers(checkout, world)) == 1


@pytest.mark.parametrize("days", [0, 2], ids=["at once", "after Stripe forgot the key"])
def test_a_crash_before_the_answer_was_kept_gives_the_same_customer(
    topups: TopUps, checkout: Checkout, world: World, days: int
) -> None:
    now = timezone.now()
    first = customer_ensure(organisation=world.acme, now=now)
    StripeCustomer.objects.update(customer_id=None)
    assert customer_ensure(organisation=world.acme, now=now + timedelta(days=days)) == first
    assert len(customers(checkout, world)) == 1


def test_a_key_that_made_nothing_is_not_used_again_after_a_day(
    topups: TopUps, checkout: Checkout, world: World, settings: Any
) -> None:
    now, url = timezone.now(), settings.STRIPE_API_URL
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    with pytest.raises(gateway.StripeUnavailable):
        customer_ensure(organisation=world.acme, now=now)
    settings.STRIPE_API_URL = url
    customer_ensure(organisation=world.acme, now=now + timedelta(days=2))
    assert (len(customers(checkout, world)), StripeCustomer.objects.get().asked) == (1, 2)


def test_a_new_finance_address_reaches_stripe(topups: TopUps, checkout: Checkout, world: World) -> None:
    customer_ensure(organisation=world.acme, now=timezone.now())
    world.acme.finance_email, world.acme.legal_name = "money@acme.example", "Acme Holding B.V."
    customer_ensure(organisation=world.acme, now=timezone.now())
    [customer] = customers(checkout, world)
    assert (customer["name"], customer["email"]) == ("Acme Holding B.V.", "money@acme.example")


# a customer that somebody deleted in Stripe's dashboard


def deleted(automatic: Automatic) -> str:
    """Delete Acme's customer at Stripe; return the id it had."""
    customer = customer_ensure(organisation=automatic.world.acme, now=timezone.now())
    automatic.checkout.delete(f"/v1/customers/{customer}")
    return customer


def test_the_next_topup_after_a_deletion_is_paid_by_a_new_customer(automatic: Automatic) -> None:
    card, old = automatic.card(), deleted(automatic)
    topup = automatic.topups.opened()
    new = automatic.checkout.session(topup.stripe_session_id or "")["customer"]
    assert (new != old, StripeCustomer.objects.get().customer_id, StripeCustomer.objects.get().asked) == (
        True,
        new,
        2,
    )
    card.refresh_from_db()
    assert (card.removed_at is not None, card.default) == (True, False)  # they went with their customer


@pytest.mark.django_db(transaction=True)
def test_many_at_once_after_a_deletion_make_one_new_customer(automatic: Automatic) -> None:
    deleted(automatic)
    topups = at_once(5, lambda _: automatic.topups.opened())
    assert [one for one in topups if isinstance(one, Exception)] == []
    assert len(customers(automatic.checkout, automatic.world)) == 1


def test_a_card_can_be_added_after_a_deletion(automatic: Automatic) -> None:
    deleted(automatic)
    url = card_setup_start(membership=automatic.topups.olga, now=timezone.now())
    assert automatic.checkout.pay(url).status_code == 303


def test_a_new_name_after_a_deletion_makes_a_new_customer(automatic: Automatic) -> None:
    deleted(automatic)
    automatic.world.acme.legal_name = "Acme Holding B.V."
    automatic.world.acme.save()
    assert automatic.topups.opened().stripe_session_id is not None


def test_the_event_of_a_deletion_switches_automatic_topups_off_and_a_new_card_switches_them_on(
    automatic: Automatic,
) -> None:
    automatic.rule()
    first, second = Card.objects.get(), automatic.card("pm_card_mastercard")
    (event,) = automatic.checkout.events_about(deleted(automatic), "customer.deleted")
    for _ in range(2):
        assert handled(event).handled_at is not None
        StripeEvent.objects.update(handled_at=None)
    assert (rule_now().on, len(mails("off"))) == (False, 1)
    assert Card.objects.filter(removed_at=None).count() == 0
    assert {first.payment_method, second.payment_method} == set(
        Card.objects.values_list("payment_method", flat=True)
    )
    rule = automatic.rule()
    assert (rule.on, rule.card.default) == (True, True)  # type: ignore[union-attr]
    assert automatic.charged(card_id=rule.card_id).state == "paid"


def test_the_event_of_a_customer_that_was_replaced_before_changes_nothing(automatic: Automatic) -> None:
    old = deleted(automatic)
    automatic.topups.opened()
    card = automatic.card()
    (event,) = automatic.checkout.events_about(old, "customer.deleted")
    assert handled(event).handled_at is not None
    card.refresh_from_db()
    assert (card.removed_at, StripeCustomer.objects.get().asked) == (None, 2)


def test_an_event_that_stripe_does_not_confirm_forgets_nobody(automatic: Automatic) -> None:
    customer = customer_ensure(organisation=automatic.world.acme, now=timezone.now())
    thing = {"id": customer, "object": "customer"}
    handled({"id": "evt_lie", "object": "event", "type": "customer.deleted", "data": {"object": thing}})
    assert StripeCustomer.objects.get().customer_id == customer


@pytest.mark.parametrize("gone", ["customer", "card"])
def test_an_automatic_topup_whose_card_is_gone_at_stripe_says_so_and_is_not_tried_again(
    automatic: Automatic, gone: str
) -> None:
    topup = automatic.begun()
    if gone == "customer":
        deleted(automatic)
    else:
        automatic.checkout.detach(topup.card.payment_method)  # type: ignore[union-attr]
    topup_charge(topup_id=topup.id, now=timezone.now())
    topup.refresh_from_db()
    assert (topup.state, rule_now().on) == ("failed", False)
    assert topup.reason == "The card Visa •••• 4242 was removed; add one, and choose it for automatic top-ups."
    assert (Card.objects.get().removed_at is not None, len(mails("off"))) == (True, 1)
    assert automatic.checkout.intents(topup.id) == []


def test_a_payment_made_before_the_deletion_is_still_found_and_credited(automatic: Automatic) -> None:
    topup = unheard(automatic)
    (event,) = automatic.checkout.events_about(deleted(automatic), "customer.deleted")
    handled(event)
    topup_charge(topup_id=topup.id, now=topup.created_at + timedelta(hours=2))
    topup.refresh_from_db()
    assert (topup.state, len(automatic.checkout.intents(topup.id))) == ("paid", 1)
