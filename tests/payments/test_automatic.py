"""When an automatic top-up begins, and how much it is: threshold, forecast, caps, one at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.billing.models import AutoTopUp, BalanceWatch, Quote, Rate
from apps.billing.selectors import spending_per_day, wallet
from apps.billing.services import cap_set
from apps.core.models import Mail, Message
from apps.organisations.models import Organisation
from apps.payments.models import TopUp
from apps.payments.selectors import month_of
from apps.payments.services import auto_top_ups_sweep, rule_off, topup_charge
from tests.billing.money import grant, hold
from tests.payments.automatic import MICRO, Automatic, rule_now, spent


def mails(kind: str) -> list[Mail]:
    """Return the mails of a kind about automatic top-ups."""
    return list(Mail.objects.filter(key__startswith=f"automatic:{kind}:").order_by("id"))


def test_below_the_threshold_the_card_pays_what_the_quote_says_and_the_credits_are_there(
    automatic: Automatic,
) -> None:
    topup = automatic.charged()
    assert (topup.state, topup.automatic, topup.fee_minor is not None) == ("paid", True, True)
    assert wallet(topup.organisation_id).available_micro == topup.quote.credits_micro
    (intent,) = automatic.checkout.intents(topup.id)
    assert (intent["amount"], intent["currency"]) == (topup.quote.total_minor, "eur") == (12_100, "eur")
    assert intent["payment_method"] == topup.card.payment_method
    (mail,) = mails("paid")
    assert "Visa •••• 4242" in mail.text
    assert mail.to == "olga@acme.example"


def test_the_price_is_locked_before_the_card_is_charged(automatic: Automatic) -> None:
    topup = automatic.begun()
    credits = topup.quote.credits_micro
    Rate.objects.update(price_micro=840_000)
    topup_charge(topup_id=topup.id, now=timezone.now())
    assert wallet(topup.organisation_id).available_micro == credits


def test_above_the_threshold_nothing_begins(automatic: Automatic) -> None:
    automatic.rule()
    grant(automatic.world.acme, 50)
    assert automatic.look() is None
    hold(automatic.world.acme, 1, now=timezone.now())
    assert automatic.look() is not None


def test_a_fall_below_the_threshold_is_announced(automatic: Automatic) -> None:
    automatic.rule()
    grant(automatic.world.acme, 100)
    Message.objects.all().delete()
    hold(automatic.world.acme, 20, now=timezone.now())
    assert not Message.objects.filter(name="payments.auto_top_up").exists()
    hold(automatic.world.acme, 40, source="job:2:1", now=timezone.now())
    assert Message.objects.get(name="payments.auto_top_up").payload == {
        "organisation_id": str(automatic.world.acme.id)
    }


def test_the_sweep_finds_what_no_announcement_told(automatic: Automatic) -> None:
    automatic.rule()
    Message.objects.all().delete()
    assert auto_top_ups_sweep(now=timezone.now()) == 1
    assert auto_top_ups_sweep(now=timezone.now()) == 0
    assert Message.objects.get(name="payments.topup_charge").payload == {"topup_id": str(TopUp.objects.get().id)}


def test_while_one_is_under_way_no_other_begins(automatic: Automatic) -> None:
    topup = automatic.begun()
    assert automatic.look() is None
    topup_charge(topup_id=topup.id, now=timezone.now())
    assert automatic.look() is None  # the balance is well
    assert TopUp.objects.count() == 1


def test_a_manual_topup_that_was_credited_meanwhile_is_seen(automatic: Automatic) -> None:
    automatic.rule()
    grant(automatic.world.acme, 60)
    assert automatic.look() is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"on": False}, "off"), ({"paused_until": timezone.now() + timedelta(hours=1)}, "paused")],
)
def test_a_rule_that_is_off_or_waits_does_nothing(automatic: Automatic, changes: dict[str, Any], why: str) -> None:
    rule = automatic.rule()
    type(rule).objects.update(**changes)
    assert automatic.look() is None, why


def test_a_closed_organisation_is_never_charged(automatic: Automatic) -> None:
    automatic.rule()
    Organisation.objects.filter(id=automatic.world.acme.id).update(closed_at=timezone.now())
    assert automatic.look() is None
    assert not Quote.objects.exists()


def test_on_a_read_only_platform_none_begins_until_it_is_over(automatic: Automatic, settings: Any) -> None:
    automatic.rule()
    settings.READ_ONLY = "We move house."
    assert (automatic.look(), auto_top_ups_sweep(now=timezone.now())) == (None, 0)
    settings.READ_ONLY = ""
    assert auto_top_ups_sweep(now=timezone.now()) == 1


def test_without_a_fresh_rate_nothing_is_charged(automatic: Automatic) -> None:
    automatic.rule()
    Rate.objects.all().delete()
    assert automatic.look() is None
    assert not TopUp.objects.exists()


def test_the_cap_of_the_month_is_never_passed_and_is_told_once(automatic: Automatic) -> None:
    automatic.charged(month_cap_minor=15_000, below_micro=10_000 * MICRO)
    assert automatic.look() is None  # €50 are left of €150
    assert automatic.look() is None
    assert TopUp.objects.count() == 1
    (mail,) = mails("cap")
    assert "€150.00 a month before VAT, and €100.00 of it are used" in mail.text


def test_a_new_month_begins_anew_by_the_organisations_clock(automatic: Automatic) -> None:
    topup = automatic.charged(month_cap_minor=10_000, below_micro=10_000 * MICRO)
    month = month_of(rule_now(), now=timezone.now())
    assert (month.charged_minor, month.left_minor) == (10_000, 0)
    Quote.objects.filter(id=topup.quote_id).update(created_at=month.starts_at - timedelta(seconds=1))
    assert automatic.look() is not None


def test_the_organisations_cap_on_automatic_topups_is_asked_before_the_card(automatic: Automatic) -> None:
    rule = automatic.rule()
    cap_set(
        membership=automatic.topups.olga,
        actor=automatic.actor,
        level="topup",
        subject_id="",
        period="day",
        limit_micro=100 * MICRO,
        now=timezone.now(),
    )
    assert automatic.look() is None
    assert (TopUp.objects.count(), Quote.objects.count(), AutoTopUp.objects.count()) == (0, 0, 0)
    (mail,) = mails("cap")
    assert "cap on automatic top-ups is 100.00 credits each day" in mail.text
    assert rule.on


def test_what_a_declined_card_counted_goes_back_to_the_cap(automatic: Automatic) -> None:
    topup = automatic.charged("pm_card_chargeCustomerFail")
    assert AutoTopUp.objects.get(key=f"topup:{topup.id}").counted_micro == 0


# forecast mode

FORECAST = {"mode": "forecast", "below_micro": None, "amount_minor": None, "days": 5}


def test_forecast_mode_adds_the_days_once_more_when_fewer_are_left(automatic: Automatic) -> None:
    spent(automatic.world.acme, 100)
    grant(automatic.world.acme, 501, key="left")
    automatic.rule(**FORECAST)
    assert automatic.look() is None
    hold(automatic.world.acme, 2, source="job:now:1", now=timezone.now())
    topup = automatic.look()
    assert topup is not None
    assert topup.quote.credits_micro >= 500 * MICRO
    assert topup.quote.net_minor % 100 == 0
    assert topup.quote.credits_micro < 503 * MICRO


def test_forecast_mode_takes_what_the_month_leaves(automatic: Automatic) -> None:
    spent(automatic.world.acme, 100)
    automatic.rule(**FORECAST, month_cap_minor=5_000)
    topup = automatic.look()
    assert topup is not None
    assert topup.quote.net_minor == 5_000


def test_who_spends_nothing_needs_nothing(automatic: Automatic) -> None:
    automatic.rule(**FORECAST)
    assert automatic.look() is None


def test_the_level_that_is_watched_grows_with_the_spending(automatic: Automatic) -> None:
    grant(automatic.world.acme, 10_000, key="much")
    automatic.rule(**FORECAST)
    spent(automatic.world.acme, 100)
    auto_top_ups_sweep(now=timezone.now())
    assert BalanceWatch.objects.get(watcher="auto_top_up").below_micro == 500 * MICRO


def test_spending_per_day_is_the_mean_of_a_week_or_the_last_day_if_that_is_more(automatic: Automatic) -> None:
    acme, now = automatic.world.acme, timezone.now()
    assert spending_per_day(acme.id, now=now) == 0
    spent(acme, 70, days_ago=8)
    spent(acme, 70, days_ago=3)
    assert spending_per_day(acme.id, now=now) == 10 * MICRO
    spent(acme, 35)
    assert spending_per_day(acme.id, now=now) == 35 * MICRO


def test_switched_off_by_a_person_it_is_watched_no_more(automatic: Automatic) -> None:
    automatic.rule()
    rule_off(grant=automatic.grant, actor=automatic.actor, now=timezone.now())
    assert not BalanceWatch.objects.filter(watcher="auto_top_up").exists()
    assert automatic.look() is None


def test_a_look_that_finds_all_well_costs_few_queries(
    automatic: Automatic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    automatic.rule()
    grant(automatic.world.acme, 100)
    with django_assert_num_queries(6):
        automatic.look()
