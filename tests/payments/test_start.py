"""Going to pay: one quote, one top-up, one Checkout session."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.core.errors import Denied, NotFound
from apps.organisations.models import Membership
from apps.payments.errors import QuoteOver
from apps.payments.gateway import StripeRefused, StripeUnavailable
from apps.payments.inbox import event_handle
from apps.payments.models import TopUp
from apps.payments.services import topup_cancel, topup_path, topup_start
from tests.checkout import Checkout
from tests.ledger.threads import at_once
from tests.payments.topups import TopUps, handled, state


def test_pay_opens_a_session_over_exactly_what_the_quote_says(topups: TopUps, checkout: Checkout) -> None:
    quote = topups.quote()
    url = topups.start(quote)
    topup = TopUp.objects.get(quote=quote)
    session = checkout.session(topup.stripe_session_id)
    assert (session["amount_total"], session["currency"]) == (quote.total_minor, "eur")
    assert session["expires_at"] == int(quote.expires_at.timestamp())
    assert session["metadata"] == {
        "platform": "nosana-web",
        "environment": "sandbox",
        "topup_id": str(topup.id),
    }
    assert session["payment_method_types"] == ["card"]
    assert (url, topup.state, topup.user) == (session["url"], "open", topups.world.olga)


def test_two_clicks_open_one_session(topups: TopUps, checkout: Checkout) -> None:
    quote = topups.quote()
    assert topups.start(quote) == topups.start(quote)
    assert len(checkout.sessions(TopUp.objects.get().id)) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_open_one_session(topups: TopUps, checkout: Checkout) -> None:
    quote = topups.quote()
    urls = at_once(8, lambda _: topups.start(quote))
    assert len(set(urls)) == 1
    assert len(checkout.sessions(TopUp.objects.get().id)) == 1


def test_a_crash_before_the_session_was_kept_gives_the_same_session(topups: TopUps, checkout: Checkout) -> None:
    quote = topups.quote()
    url = topups.start(quote)
    TopUp.objects.update(state="created", stripe_session_id=None, checkout_url="")
    assert topups.start(quote) == url
    assert len(checkout.sessions(TopUp.objects.get().id)) == 1


def test_pay_after_it_was_paid_shows_the_topup_and_charges_nothing(topups: TopUps, checkout: Checkout) -> None:
    topup = topups.paid()
    handled(checkout.events(topup.id)["checkout.session.completed"])
    assert topups.start(topup.quote) == topup_path(topup)


def test_try_again_after_cancelling_leads_to_the_same_session(topups: TopUps) -> None:
    topup = topups.opened()
    topup_cancel(topup_id=topup.id)
    assert state(topup) == "cancelled"
    assert topups.start(topup.quote) == topup.checkout_url
    assert state(topup) == "open"


def test_a_quote_too_old_for_checkout_is_refused_with_the_next_step(topups: TopUps) -> None:
    quote = topups.quote(minutes_ago=30)
    with pytest.raises(QuoteOver, match="nothing was charged") as refusal:
        topups.start(quote)
    assert refusal.value.step == ("Show today's price", "/o/acme/billing/top-up/")
    assert not TopUp.objects.exists()


def test_an_ended_session_is_refused(topups: TopUps, checkout: Checkout) -> None:
    topup = topups.opened()
    checkout.expire(topup.stripe_session_id)
    handled(checkout.events(topup.id)["checkout.session.expired"])
    with pytest.raises(QuoteOver):
        topups.start(topup.quote)


def test_the_quote_of_another_organisation_is_not_found(topups: TopUps) -> None:
    quote = topups.quote()
    xena = Membership.objects.get(organisation=topups.world.other, user=topups.world.xena)
    with pytest.raises(NotFound):
        topup_start(membership=xena, quote_id=quote.id, now=timezone.now())


def test_a_viewer_may_not_pay(topups: TopUps) -> None:
    victor = Membership.objects.get(user=topups.world.victor)
    with pytest.raises(Denied, match="owner, admin or billing"):
        topup_start(membership=victor, quote_id=topups.quote().id, now=timezone.now())


def test_when_stripe_is_away_one_sentence_says_so_and_a_repeat_works(topups: TopUps, settings: object) -> None:
    quote = topups.quote()
    url, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"  # type: ignore[attr-defined]
    with pytest.raises(StripeUnavailable, match="nothing was charged"):
        topups.start(quote)
    settings.STRIPE_API_URL = url  # type: ignore[attr-defined]
    assert topups.start(quote).startswith("http")


def test_what_stripe_refuses_fails_the_topup(topups: TopUps) -> None:
    topups.world.olga.email = "no address"
    topups.world.olga.save()
    quote = topups.quote()
    quote.expires_at += timedelta(days=3)  # longer than Stripe lets a session live
    quote.save()
    with pytest.raises(StripeRefused, match="Stripe refused this"):
        topups.start(quote)
    topup = TopUp.objects.get()
    assert (topup.state, topup.closed_at is not None) == ("failed", True)


@pytest.mark.django_db(transaction=True)
def test_stripe_is_never_asked_while_a_transaction_is_open(topups: TopUps, checkout: Checkout) -> None:
    topup = topups.paid()
    event = handled(checkout.events(topup.id)["checkout.session.completed"])
    type(event).objects.update(handled_at=None)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        event_handle(event_id=event.event_id, now=timezone.now())
