"""Charging a kept card: declines, banks that ask, repeats, crashes, and keys that Stripe has forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from apps.billing.models import Lot
from apps.billing.selectors import wallet
from apps.core.models import Mail, Message
from apps.payments import gateway
from apps.payments.errors import Parked
from apps.payments.models import TopUp
from apps.payments.services import topup_charge, topup_confirm, topup_start
from apps.payments.services.attempts import PAUSES
from apps.payments.services.charging import intent_apply
from apps.payments.services.topups import marks_of
from apps.payments.sweeps import topups_sweep
from tests.checkout import Json
from tests.payments.automatic import ASKS, DECLINES, Automatic, rule_now
from tests.payments.test_automatic import mails
from tests.payments.topups import handled, state

COMPLETED = "checkout.session.completed"


def charge(topup: TopUp, *, after: timedelta = timedelta()) -> None:
    topup_charge(topup_id=topup.id, now=timezone.now() + after)
    topup.refresh_from_db()


def credited(topup: TopUp) -> bool:
    """Return whether exactly this top-up's credits are in the wallet, and say so if anything else is."""
    available = wallet(topup.organisation_id).available_micro
    assert available in (0, topup.quote.credits_micro)
    return available > 0


def away(settings: Settings) -> str:
    """Let Stripe be away; return its address for its coming back."""
    url, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    return str(url)


# once, whoever tells it


def test_direct_answer_webhooks_and_sweep_credit_once(automatic: Automatic) -> None:
    topup = automatic.charged()
    for kind in ("payment_intent.succeeded", "charge.updated"):
        for event in [e for name, e in automatic.checkout.events(topup.id).items() if name == kind]:
            assert handled(event).handled_at is not None
    TopUp.objects.update(closed_at=None)
    topups_sweep(now=timezone.now() + timedelta(minutes=2))
    charge(topup)
    assert credited(topup)
    assert (Lot.objects.count(), len(automatic.checkout.intents(topup.id))) == (1, 1)


def unheard(automatic: Automatic, token: str = "pm_card_visa") -> TopUp:
    """Return a top-up whose card Stripe charged, while its answer never reached us."""
    topup = automatic.begun(token)
    assert topup.card is not None
    gateway.intent_charge(
        key=f"topup:{topup.id}",
        amount_minor=topup.quote.total_minor,
        currency="EUR",
        customer=automatic.checkout.card(topup.card.payment_method)["customer"],
        payment_method=topup.card.payment_method,
        description=f"Automatic top-up: {topup.quote.credits_micro / 10**6:,.6f} Nosana credits",
        metadata=marks_of("topup_id", topup.id),
    )
    assert state(topup) == "created"
    return topup


@pytest.mark.parametrize("by", ["webhook", "message", "sweep"])
def test_a_lost_answer_is_found_and_credited_once(automatic: Automatic, by: str) -> None:
    topup = unheard(automatic)
    if by == "webhook":
        handled(automatic.checkout.events(topup.id)["payment_intent.succeeded"])
    elif by == "message":
        charge(topup)
    else:
        topups_sweep(now=timezone.now() + timedelta(minutes=1))
    assert (state(topup), credited(topup)) == ("paid", True)
    assert len(automatic.checkout.intents(topup.id)) == 1


def test_the_webhook_of_a_declined_card_is_believed_too(automatic: Automatic) -> None:
    topup = unheard(automatic, DECLINES)
    handled(automatic.checkout.events(topup.id)["payment_intent.payment_failed"])
    assert (state(topup), rule_now().declines) == ("failed", 1)


def test_when_stripe_is_away_the_charge_waits_and_is_made_once(automatic: Automatic, settings: Settings) -> None:
    topup = automatic.begun()
    url = away(settings)
    with pytest.raises(gateway.StripeUnavailable):
        charge(topup)
    assert state(topup) == "created"
    settings.STRIPE_API_URL = url
    topups_sweep(now=timezone.now() + timedelta(minutes=1))
    assert (state(topup), credited(topup)) == ("paid", True)


# later: only looked up, never made again


@pytest.mark.parametrize("after", [timedelta(minutes=61), timedelta(hours=25)])
def test_after_the_price_or_the_key_ran_out_the_card_is_not_charged(
    automatic: Automatic, after: timedelta
) -> None:
    topup = automatic.begun()
    charge(topup, after=after)
    assert automatic.checkout.intents(topup.id) == []
    assert state(topup) == ("expired" if after > timedelta(hours=2) else "created")  # it may be on its way


def test_after_a_day_a_payment_is_found_and_not_made_again(automatic: Automatic, settings: Settings) -> None:
    settings.QUOTE_MINUTES = 60 * 48  # even with a price that stands for longer than Stripe remembers a key
    topup = unheard(automatic)
    before = automatic.checkout.intents(topup.id)
    charge(topup, after=timedelta(hours=25))
    assert (state(topup), credited(topup)) == ("paid", True)
    assert [one["id"] for one in automatic.checkout.intents(topup.id)] == [one["id"] for one in before]


def test_an_attempt_that_never_reached_a_bank_counts_for_nothing(automatic: Automatic) -> None:
    topup = automatic.begun()
    topups_sweep(now=timezone.now() + timedelta(hours=3))
    assert (state(topup), rule_now().declines, rule_now().paused_until) == ("expired", 0, None)
    assert Mail.objects.count() == 0
    assert automatic.look() is not None


def test_money_that_comes_after_the_attempt_ended_is_credited(automatic: Automatic) -> None:
    topup = unheard(automatic)
    TopUp.objects.update(state="expired", closed_at=timezone.now())
    handled(automatic.checkout.events(topup.id)["payment_intent.succeeded"])
    assert (state(topup), credited(topup)) == ("paid", True)


# declines


def test_a_declined_card_waits_longer_each_time_and_is_switched_off_at_last(automatic: Automatic) -> None:
    now = timezone.now()
    topup = automatic.charged(DECLINES)
    for number, pause in enumerate(PAUSES, start=1):
        rule = rule_now()
        assert (topup.state, topup.reason, rule.declines) == ("failed", "Your card was declined.", number)
        assert rule.paused_until is not None
        assert pause <= rule.paused_until - now < pause + timedelta(minutes=2)
        assert automatic.look() is None
        type(rule).objects.update(paused_until=now)
        later = automatic.look()
        assert later is not None
        topup = later
        charge(topup)
    rule = rule_now()
    assert (rule.on, rule.off_reason) == (False, "Your card was declined.")
    assert automatic.look() is None
    assert (len(mails("declined")), len(mails("off"))) == (len(PAUSES), 1)
    assert (credited(topup), len(automatic.checkout.intents(topup.id))) == (False, 1)


def test_a_payment_makes_earlier_declines_forgotten(automatic: Automatic) -> None:
    automatic.charged(DECLINES)
    good = automatic.card()
    type(rule_now()).objects.update(card=good, paused_until=None)
    topup = automatic.look()
    assert topup is not None
    charge(topup)
    assert (topup.state, rule_now().declines, rule_now().paused_until) == ("paid", 0, None)


def test_setting_the_rule_anew_begins_anew(automatic: Automatic) -> None:
    automatic.charged(DECLINES)
    automatic.rule()
    assert (rule_now().declines, rule_now().paused_until) == (0, None)
    assert automatic.look() is not None


def declined(topup: TopUp, **changes: Any) -> gateway.Intent:
    """Return a payment of the top-up that the bank refused."""
    facts: dict[str, Any] = {
        "id": "pi_1",
        "status": "requires_payment_method",
        "currency": "EUR",
        "amount_minor": topup.quote.total_minor,
        "metadata": marks_of("topup_id", topup.id),
        "error": "Your card was declined.",
        "error_code": "card_declined",
        "decline_code": "generic_decline",
        "fee": None,
    }
    return gateway.Intent(**(facts | changes))


def test_a_lost_card_is_not_tried_again(automatic: Automatic) -> None:
    topup = automatic.begun()
    with transaction.atomic():
        intent_apply(declined(topup, decline_code="lost_card"), now=timezone.now())
    assert (state(topup), rule_now().on) == ("failed", False)


def test_a_card_that_stripe_has_no_more_switches_the_rule_off(automatic: Automatic) -> None:
    topup = automatic.begun()
    assert topup.card is not None
    automatic.checkout.detach(topup.card.payment_method)
    handled(automatic.checkout.card_event(topup.card.payment_method, "payment_method.detached"))
    charge(topup)
    assert (topup.state, rule_now().on) == ("failed", False)
    assert len(mails("off")) == 1


def test_another_amount_than_quoted_is_parked(automatic: Automatic) -> None:
    topup = automatic.begun()
    with pytest.raises(Parked, match="Stripe has €1.00; the quote says €121.00"), transaction.atomic():
        intent_apply(declined(topup, amount_minor=100, status="succeeded"), now=timezone.now())


# banks that want the holder


def asked(automatic: Automatic) -> TopUp:
    """Return a top-up that waits for its holder at Checkout."""
    topup = automatic.charged(ASKS)
    topup_confirm(topup_id=topup.id, now=timezone.now())
    topup.refresh_from_db()
    return topup


def test_a_bank_that_asks_gets_its_holder_by_mail_and_the_payment_counts_once(automatic: Automatic) -> None:
    topup = asked(automatic)
    assert (topup.state, topup.payment_intent) == ("open", None)
    (mail,) = mails("confirm")
    assert topup.checkout_url in mail.text
    (intent,) = automatic.checkout.intents(topup.id)
    assert intent["status"] == "canceled"  # so that only one of the two can ever be paid
    assert automatic.look() is None  # it is still under way
    assert automatic.checkout.pay(topup.checkout_url).status_code == 303
    handled(automatic.checkout.events(topup.id)[COMPLETED])
    assert (state(topup), credited(topup), rule_now().declines) == ("paid", True, 0)


def test_a_crash_anywhere_between_asking_and_mailing_leads_to_one_page_and_one_mail(automatic: Automatic) -> None:
    topup = asked(automatic)
    url = topup.checkout_url
    TopUp.objects.update(stripe_session_id=None, checkout_url="", payment_intent=intent_id(automatic, topup))
    topups_sweep(now=timezone.now() + timedelta(minutes=1))
    topup.refresh_from_db()
    assert (topup.checkout_url, len(automatic.checkout.sessions(topup.id)), len(mails("confirm"))) == (url, 1, 1)


def intent_id(automatic: Automatic, topup: TopUp) -> str:
    return str(automatic.checkout.intents(topup.id)[0]["id"])


def test_nobody_confirming_counts_as_a_decline(automatic: Automatic) -> None:
    topup = asked(automatic)
    automatic.checkout.expire(topup.stripe_session_id or "")
    handled(automatic.checkout.events(topup.id)["checkout.session.expired"])
    assert (state(topup), rule_now().declines) == ("expired", 1)
    (mail,) = mails("declined")
    assert "nobody did" in mail.text


def test_a_price_too_old_for_checkout_ends_the_attempt(automatic: Automatic) -> None:
    topup = automatic.charged(ASKS)
    topup_confirm(topup_id=topup.id, now=timezone.now() + timedelta(minutes=40))
    assert (state(topup), rule_now().declines) == ("failed", 1)


def test_the_page_of_a_charge_under_way_opens_no_checkout(automatic: Automatic) -> None:
    topup = automatic.begun()
    with pytest.raises(Exception, match="being charged at this moment"):
        topup_start(membership=automatic.topups.olga, quote_id=topup.quote_id, now=timezone.now())
    assert automatic.checkout.sessions(topup.id) == []


# what goes back


def test_a_refund_told_before_the_payment_credits_it_first(automatic: Automatic) -> None:
    topup = unheard(automatic)
    intent = intent_id(automatic, topup)
    automatic.checkout.refund(intent, 12_100)
    event: Json = automatic.checkout.events_of(intent, "charge.refunded")[0]
    assert handled(event).handled_at is not None
    assert (state(topup), wallet(topup.organisation_id).available_micro) == ("paid", 0)


def test_a_worker_that_hears_of_a_low_balance_goes_all_the_way(
    automatic: Automatic, drain: Callable[[], int]
) -> None:
    automatic.rule()
    drain()
    topup = TopUp.objects.get()
    assert (state(topup), credited(topup)) == ("paid", True)
    assert not Message.objects.exists()
