"""A payment that no webhook told is found all the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.selectors import wallet
from apps.core.models import Message
from apps.payments.gateway import StripeUnavailable
from apps.payments.inbox import event_handle
from apps.payments.models import EventCursor, StripeEvent, TopUp
from apps.payments.sweeps import events_sweep, topups_sweep
from tests.checkout import Checkout
from tests.payments.topups import TopUps, handled, state

LATER = timedelta(seconds=31)


def test_asking_about_open_topups_finds_a_payment_nobody_told(paid: TopUp) -> None:
    assert topups_sweep(now=timezone.now() + LATER) == 1
    assert state(paid) == "paid"
    assert wallet(paid.organisation_id).available_micro == paid.quote.credits_micro
    assert topups_sweep(now=timezone.now() + LATER) == 0  # closed: Stripe has nothing more to tell


def test_a_topup_is_left_to_its_webhook_for_half_a_minute(paid: TopUp) -> None:
    assert topups_sweep(now=timezone.now() + timedelta(seconds=29)) == 0


def test_an_expired_session_is_noticed_without_its_event(opened: TopUp, checkout: Checkout) -> None:
    checkout.expire(opened.stripe_session_id or "")
    topups_sweep(now=timezone.now() + LATER)
    assert state(opened) == "expired"


def test_a_cancelled_topup_is_watched_until_its_session_ends(paid: TopUp) -> None:
    TopUp.objects.update(state="cancelled")
    topups_sweep(now=timezone.now() + LATER)
    assert state(paid) == "paid"


def test_a_topup_that_never_got_a_session_expires_with_its_quote(opened: TopUp) -> None:
    TopUp.objects.update(state="created", stripe_session_id=None, checkout_url="")
    topups_sweep(now=timezone.now() + LATER)
    assert state(opened) == "created"
    topups_sweep(now=opened.quote.expires_at + LATER)
    assert state(opened) == "expired"


def test_a_fee_that_stripe_books_later_is_posted_later(paid: TopUp, checkout: Checkout) -> None:
    handled(checkout.events(paid.id)["checkout.session.completed"])
    TopUp.objects.update(fee_minor=None, closed_at=None)
    assert topups_sweep(now=timezone.now() + LATER) == 1
    paid.refresh_from_db()
    assert (paid.fee_minor is not None, paid.closed_at is not None) == (True, True)


def test_what_does_not_fit_is_parked_and_not_asked_again(paid: TopUp, settings: Any) -> None:
    settings.ENVIRONMENT = "staging"
    topups_sweep(now=timezone.now() + LATER)
    paid.refresh_from_db()
    assert "environment" in paid.parked_reason
    assert topups_sweep(now=timezone.now() + LATER) == 0
    assert wallet(paid.organisation_id).available_micro == 0


def test_the_list_of_events_brings_what_no_webhook_brought(paid: TopUp, checkout: Checkout) -> None:
    events_sweep(now=timezone.now())
    event = StripeEvent.objects.get(event_id=checkout.events(paid.id)["checkout.session.completed"]["id"])
    event_handle(event_id=event.event_id, now=timezone.now())
    assert state(paid) == "paid"


def test_the_list_is_read_again_only_from_where_it_was_read(paid: TopUp) -> None:
    now = timezone.now()
    assert events_sweep(now=now) > 0
    assert EventCursor.objects.get().read_until == now
    messages = Message.objects.count()
    assert events_sweep(now=now) == 0
    assert Message.objects.count() == messages
    StripeEvent.objects.all().delete()
    assert events_sweep(now=now + timedelta(hours=1)) > 0  # five minutes' overlap for clocks and late listings
    StripeEvent.objects.all().delete()
    assert events_sweep(now=now + timedelta(hours=1)) == 0


def test_when_stripe_is_away_the_same_stretch_is_read_next_time(topups: TopUps, settings: Any) -> None:
    topups.paid()
    url, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    with pytest.raises(StripeUnavailable):
        events_sweep(now=timezone.now())
    assert not EventCursor.objects.exists()
    settings.STRIPE_API_URL = url
    assert events_sweep(now=timezone.now()) > 0


def test_without_a_key_the_sweeps_rest(db: None, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert (topups_sweep(now=timezone.now()), events_sweep(now=timezone.now())) == (0, 0)
