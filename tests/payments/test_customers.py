"""An organisation is one customer at Stripe, whatever crashes, repeats and hurries."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.payments import gateway
from apps.payments.models import StripeCustomer
from apps.payments.services import PLATFORM, customer_ensure
from tests.checkout import Checkout, Json
from tests.ledger.threads import at_once
from tests.payments.topups import TopUps
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
