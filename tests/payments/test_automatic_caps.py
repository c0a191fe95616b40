"""The organisation's caps bound automatic top-ups: counted with the attempt, whatever races, crashes or comes late."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.billing.models import AutoTopUp, Cap, CapWindow, Lot
from apps.billing.services import cap_set
from apps.payments.models import TopUp
from apps.payments.services import topup_charge
from apps.payments.services.charging import intent_apply
from apps.payments.services.topups import topup_close, topup_lock
from tests.ledger.threads import at_once
from tests.payments.automatic import MICRO, Automatic
from tests.payments.test_charging import declined
from tests.payments.test_handling import crash_at
from tests.payments.topups import state

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS = {"below_micro": 10_000 * MICRO, "month_cap_minor": 500_000}  # due whatever the balance


def cap(automatic: Automatic, credits: int) -> None:
    """Let automatic top-ups bring so many credits a day; €100 bring about 233."""
    cap_set(
        membership=automatic.topups.olga,
        actor=automatic.actor,
        level="topup",
        subject_id="",
        period="day",
        limit_micro=credits * MICRO,
        now=timezone.now(),
    )


def counted() -> tuple[int, int]:
    """Return what the cap's window has counted, and what the attempts in it add up to (micro-NOS)."""
    return CapWindow.objects.get().used_micro, sum(AutoTopUp.objects.values_list("counted_micro", flat=True))


def test_however_many_look_at_once_the_cap_is_never_passed(automatic: Automatic) -> None:
    automatic.rule(**ALWAYS)
    cap(automatic, 500)
    for _ in range(4):  # two fit
        found = at_once(6, lambda _: automatic.look())
        assert [one for one in found if isinstance(one, Exception)] == []
        for topup in TopUp.objects.filter(state="created"):
            topup_charge(topup_id=topup.id, now=timezone.now())
    assert (TopUp.objects.filter(state="paid").count(), TopUp.objects.count()) == (2, 2)
    used, attempts = counted()
    assert used == attempts == sum(Lot.objects.values_list("granted_micro", flat=True)) <= 500 * MICRO


def test_a_cap_set_while_a_topup_begins_stops_it_or_has_counted_it(automatic: Automatic) -> None:
    automatic.rule(**ALWAYS)
    acts: list[Any] = [automatic.look, lambda: cap(automatic, 300), automatic.look, automatic.look]
    found = at_once(4, lambda index: acts[index]())
    assert [one for one in found if isinstance(one, Exception)] == []
    for topup in TopUp.objects.all():
        topup_charge(topup_id=topup.id, now=timezone.now())
    automatic.look()
    automatic.look()  # at most one fits, whoever was first
    assert TopUp.objects.count() == 1
    used, attempts = counted()
    assert used == attempts <= 300 * MICRO


def test_a_declined_charge_and_a_look_at_once_leave_the_cap_exact(automatic: Automatic) -> None:
    cap(automatic, 300)
    topup = automatic.begun(**ALWAYS)

    def decline() -> None:
        with transaction.atomic():
            intent_apply(declined(topup, decline_code="lost_card"), now=timezone.now())

    acts: list[Any] = [decline, automatic.look, decline, automatic.look]
    found = at_once(4, lambda index: acts[index]())
    assert [one for one in found if isinstance(one, Exception)] == []
    assert (state(topup), counted()) == ("failed", (0, 0))


def test_a_crash_at_each_statement_counts_with_the_attempt_or_not_at_all(automatic: Automatic) -> None:
    automatic.rule()
    cap(automatic, 300)
    broken_at = 0
    while not TopUp.objects.exists():
        assert not AutoTopUp.objects.exists()
        broken_at += 1
        with crash_at(broken_at):
            automatic.look()
    assert broken_at > 15
    topup = TopUp.objects.get()
    assert counted() == (topup.quote.credits_micro, topup.quote.credits_micro)


def test_money_that_comes_after_the_attempt_ended_counts_again(automatic: Automatic) -> None:
    cap(automatic, 300)
    topup = automatic.begun(**ALWAYS)
    with transaction.atomic():
        topup_close(topup_lock(topup.id), "expired", reason="", now=timezone.now())
    assert counted() == (0, 0)
    paid = declined(topup, status="succeeded", error="", error_code="", decline_code="")
    for _ in range(2):
        with transaction.atomic():
            intent_apply(paid, now=timezone.now() + timedelta(minutes=1))
    credits = topup.quote.credits_micro
    assert (state(topup), counted()) == ("paid", (credits, credits))
    assert automatic.look() is None  # it fills the cap
    assert Cap.objects.get().limit_micro < 2 * credits
