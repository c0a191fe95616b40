"""Money that goes back at Stripe, in whatever order, number and company its news comes."""

from typing import Any

import pytest
from django.utils import timezone

from apps.billing import chart
from apps.billing.errors import InsufficientCredits
from apps.billing.models import CreditNoteDue, Reversal
from apps.billing.selectors import wallet
from apps.billing.services import hold_release, hold_settle
from apps.core.models import Mail
from apps.ledger.selectors import balance
from apps.payments.errors import PaymentUnknownYet
from apps.payments.inbox import event_handle, event_store
from apps.payments.models import TopUp
from tests.billing.money import CREDIT, hold
from tests.checkout import Checkout, Json
from tests.ledger.threads import at_once
from tests.payments.test_handling import crash_at
from tests.payments.topups import TopUps, handled, state

COMPLETED, DISPUTING = "checkout.session.completed", "4000000000000259"


def refunded(topup: TopUp, checkout: Checkout, amount: int) -> Json:
    """Refund at Stripe and return the newest event of it."""
    intent = checkout.session(topup.stripe_session_id or "")["payment_intent"]
    checkout.refund(intent, amount)
    return checkout.events_of(intent, "charge.refunded")[-1]


def news(topup: TopUp, checkout: Checkout, kind: str) -> Json:
    return checkout.events_of(topup.payment_intent or "", f"charge.dispute.{kind}")[-1]


def standing(topup: TopUp) -> tuple[int, int, int]:
    """Return what is available, frozen and owed, in micro-NOS."""
    found = wallet(topup.organisation_id)
    return found.available_micro, found.frozen_micro, -balance(chart.owed(topup.organisation_id))


def test_a_refund_made_at_stripe_takes_its_credits(credited: TopUp, checkout: Checkout) -> None:
    bought = credited.quote.credits_micro
    assert handled(refunded(credited, checkout, 6_050)).handled_at is not None
    assert standing(credited) == (bought // 2, 0, 0)
    handled(refunded(credited, checkout, 6_050))
    assert standing(credited) == (0, 0, 0)
    assert [row.gross_minor for row in Reversal.objects.order_by("id")] == [6_050, 6_050]


def test_old_news_of_refunds_change_nothing(credited: TopUp, checkout: Checkout) -> None:
    first, second = (refunded(credited, checkout, amount) for amount in (1_000, 2_000))
    for event in (second, first, second):
        handled(event)
    assert sum(row.gross_minor for row in Reversal.objects.all()) == 3_000


def test_a_refund_that_is_told_before_its_payment_credits_first(paid: TopUp, checkout: Checkout) -> None:
    handled(refunded(paid, checkout, 12_100))
    assert (state(paid), standing(paid)) == ("paid", (0, 0, 0))
    handled(checkout.events(paid.id)[COMPLETED])
    assert (standing(paid), Reversal.objects.get().gross_minor) == ((0, 0, 0), 12_100)


def test_a_refund_waits_while_the_session_is_not_known(paid: TopUp, checkout: Checkout) -> None:
    event = refunded(paid, checkout, 12_100)
    TopUp.objects.update(state="created", stripe_session_id=None, checkout_url="")
    with pytest.raises(PaymentUnknownYet):
        handled(event)
    handled(checkout.events(paid.id)[COMPLETED])
    handled(event)
    assert (state(paid), standing(paid)) == ("paid", (0, 0, 0))


@pytest.mark.django_db(transaction=True)
def test_one_refund_told_twenty_times_at_once_is_booked_once(credited: TopUp, checkout: Checkout) -> None:
    event = refunded(credited, checkout, 6_050)
    event_store(event, now=timezone.now())
    assert at_once(20, lambda _: event_handle(event_id=event["id"], now=timezone.now())) == [None] * 20
    assert Reversal.objects.get().gross_minor == 6_050


@pytest.mark.django_db(transaction=True)
def test_all_news_of_two_refunds_at_once_book_each_once(credited: TopUp, checkout: Checkout) -> None:
    intent = credited.payment_intent or ""
    refunded(credited, checkout, 1_000)
    refunded(credited, checkout, 2_000)
    kinds = ("charge.refunded", "refund.created")
    ids = [event["id"] for kind in kinds for event in checkout.events_of(intent, kind)]
    for kind in kinds:
        for event in checkout.events_of(intent, kind):
            event_store(event, now=timezone.now())
    at_once(8, lambda index: event_handle(event_id=ids[index % 4], now=timezone.now()))
    assert sum(row.gross_minor for row in Reversal.objects.all()) == 3_000


def test_a_refund_of_spent_credits_takes_what_is_left(credited: TopUp, checkout: Checkout) -> None:
    hold(credited.organisation, 200, source="job:1:1", now=timezone.now())
    hold_settle(source="job:1:1", network_micro=200 * CREDIT, platform_fee_micro=0, seconds=1, now=timezone.now())
    handled(refunded(credited, checkout, 12_100))
    assert (standing(credited), Reversal.objects.get().spent_micro) == ((0, 0, 0), 200 * CREDIT)


def test_a_refund_of_another_environment_is_parked(credited: TopUp, checkout: Checkout, settings: Any) -> None:
    settings.ENVIRONMENT = "staging"
    assert "environment “sandbox”" in handled(refunded(credited, checkout, 1_000)).parked_reason
    assert not Reversal.objects.exists()


def test_a_refund_promises_a_credit_note(credited: TopUp, checkout: Checkout, drain: Any) -> None:
    handled(refunded(credited, checkout, 6_050))
    drain()
    note = CreditNoteDue.objects.get()
    assert (note.net_minor, note.vat_minor) == (5_000, 1_050)


def test_a_dispute_freezes_the_credits_and_warns(disputed: TopUp, checkout: Checkout) -> None:
    for _ in range(2):
        handled(news(disputed, checkout, "created"))
    assert standing(disputed) == (0, disputed.quote.credits_micro, 0)
    assert (balance("disputed:EUR"), balance("stripe-fees:EUR") > 2_000) == (12_100, True)
    mails = Mail.objects.filter(key__startswith="dispute:")
    assert {mail.subject for mail in mails} == {"A bank disputes a top-up of Acme"}
    assert "€121.00" in mails[0].text
    assert "233.426704 credits are frozen" in mails[0].text


def test_a_dispute_that_is_told_before_its_payment_credits_first(topups: TopUps, checkout: Checkout) -> None:
    topup = topups.opened()
    checkout.pay(topup.checkout_url, DISPUTING)
    intent = checkout.session(topup.stripe_session_id or "")["payment_intent"]
    handled(checkout.events_of(intent, "charge.dispute.created")[0])
    assert (state(topup), standing(topup)) == ("paid", (0, topup.quote.credits_micro, 0))


def test_a_dispute_that_is_won_frees_the_credits(disputed: TopUp, checkout: Checkout) -> None:
    created = news(disputed, checkout, "created")
    handled(created)
    checkout.decide(created["data"]["object"]["id"], "won")
    for kind in ("closed", "funds_reinstated", "funds_withdrawn"):
        handled(news(disputed, checkout, kind))
    assert standing(disputed) == (disputed.quote.credits_micro, 0, 0)
    assert balance("disputed:EUR") == 0
    assert Mail.objects.filter(subject="The disputed top-up of Acme stands").exists()


def test_a_lost_dispute_takes_the_credits_whatever_is_told_first(
    disputed: TopUp, checkout: Checkout, drain: Any
) -> None:
    checkout.decide(checkout.dispute(disputed.payment_intent or "")["id"], "lost")
    for kind in ("closed", "created", "funds_withdrawn"):
        handled(news(disputed, checkout, kind))
    assert (standing(disputed), balance("disputed:EUR")) == ((0, 0, 0), 0)
    drain()
    assert CreditNoteDue.objects.get().net_minor == 10_000


def test_a_dispute_while_a_job_holds_credits_leaves_a_debt_that_the_release_does_not_touch(
    disputed: TopUp, checkout: Checkout
) -> None:
    hold(disputed.organisation, 100, source="job:1:1", now=timezone.now())
    bought = disputed.quote.credits_micro
    handled(news(disputed, checkout, "created"))
    assert standing(disputed) == (0, bought, 100 * CREDIT)
    hold_release(source="job:1:1", reason="ended", now=timezone.now())
    assert standing(disputed) == (100 * CREDIT, bought, 100 * CREDIT)


@pytest.mark.django_db(transaction=True)
def test_one_dispute_told_twenty_times_at_once_is_booked_once(disputed: TopUp, checkout: Checkout) -> None:
    event = news(disputed, checkout, "created")
    event_store(event, now=timezone.now())
    assert at_once(20, lambda _: event_handle(event_id=event["id"], now=timezone.now())) == [None] * 20
    assert (Reversal.objects.count(), balance("disputed:EUR")) == (1, 12_100)


@pytest.mark.django_db(transaction=True)
def test_a_dispute_while_jobs_begin_and_end_leaves_every_credit_somewhere(
    disputed: TopUp, checkout: Checkout
) -> None:
    now, bought, acme = timezone.now(), disputed.quote.credits_micro, disputed.organisation
    for number in range(3):
        hold(acme, 40, source=f"job:{number}:1", now=now)
    event = news(disputed, checkout, "created")
    event_store(event, now=now)
    acts: list[Any] = [
        lambda: event_handle(event_id=event["id"], now=timezone.now()),
        lambda: hold_release(source="job:0:1", reason="ended", now=timezone.now()),
        lambda: hold_settle(
            source="job:1:1", network_micro=40 * CREDIT, seconds=60, platform_fee_micro=0, now=timezone.now()
        ),
        lambda: hold(acme, 50, source="job:3:1", now=timezone.now()),
        lambda: event_handle(event_id=event["id"], now=timezone.now()),
    ]
    found = at_once(len(acts), lambda index: acts[index]())
    assert [one for one in found if isinstance(one, Exception) and not isinstance(one, InsufficientCredits)] == []
    available, frozen, owed = standing(disputed)
    held = wallet(acme.id).held_micro
    assert (frozen, available >= 0, owed >= 0) == (bought, True, True)
    assert available + held + frozen - owed == bought - 40 * CREDIT  # one job was paid; nothing else left or came


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["refund", "dispute"])
def test_a_crash_at_each_statement_of_what_goes_back_then_redelivery_books_it_once(
    topups: TopUps, checkout: Checkout, what: str
) -> None:
    topup = topups.opened()
    checkout.pay(topup.checkout_url, DISPUTING if what == "dispute" else "4242424242424242")
    handled(checkout.events(topup.id)[COMPLETED])
    topup.refresh_from_db()
    event = news(topup, checkout, "created") if what == "dispute" else refunded(topup, checkout, 12_100)
    event_store(event, now=timezone.now())
    broken_at = 0
    while not Reversal.objects.exists():
        assert (standing(topup), Mail.objects.filter(key__startswith="dispute:").count()) == (
            (topup.quote.credits_micro, 0, 0),
            0,
        )
        broken_at += 1
        with crash_at(broken_at):
            event_handle(event_id=event["id"], now=timezone.now())
    assert broken_at > 25  # it really was broken, many times
    event_handle(event_id=event["id"], now=timezone.now())
    frozen = topup.quote.credits_micro if what == "dispute" else 0
    assert (standing(topup), Reversal.objects.count()) == ((0, frozen, 0), 1)
