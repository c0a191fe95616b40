"""Automatic top-ups under real concurrency, and processes that die in the middle."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection
from django.utils import timezone

from apps.billing.models import Lot
from apps.billing.selectors import wallet
from apps.core.models import Message
from apps.payments.models import TopUp
from apps.payments.selectors import in_flight
from apps.payments.services import topup_charge
from apps.payments.sweeps import topups_sweep
from tests.ledger.threads import at_once
from tests.payments.automatic import MICRO, Automatic
from tests.payments.test_handling import crash_at
from tests.payments.topups import handled, state

pytestmark = pytest.mark.django_db(transaction=True)
COMPLETED = "checkout.session.completed"


def test_twenty_announcements_at_once_begin_one_topup_that_charges_once(automatic: Automatic) -> None:
    automatic.rule()
    found = at_once(20, lambda _: automatic.look())
    assert [one for one in found if isinstance(one, Exception)] == []
    (topup,) = TopUp.objects.all()
    assert [one for one in found if one is not None] == [topup]
    assert Message.objects.filter(name="payments.topup_charge").count() == 1
    results = at_once(5, lambda _: topup_charge(topup_id=topup.id, now=timezone.now()))
    assert [one for one in results if one is not None] == []
    assert (state(topup), len(automatic.checkout.intents(topup.id)), Lot.objects.count()) == ("paid", 1, 1)
    assert wallet(topup.organisation_id).available_micro == topup.quote.credits_micro


def test_the_database_itself_lets_one_be_under_way(automatic: Automatic) -> None:
    topup = automatic.begun()
    with pytest.raises(IntegrityError, match="topup_one_automatic_in_flight"):
        TopUp.objects.create(
            organisation=topup.organisation,
            quote=automatic.topups.quote(),
            user=topup.user,
            automatic=True,
            card=topup.card,
        )


def test_a_manual_topup_and_an_automatic_one_at_once_both_count_and_no_third_begins(automatic: Automatic) -> None:
    automatic.rule(below_micro=300 * MICRO)  # less than the two together, more than one of them
    manual = automatic.topups.paid()
    paid = automatic.checkout.events(manual.id)[COMPLETED]
    acts: list[Any] = [lambda: handled(paid), automatic.look, automatic.look, automatic.look]
    found = at_once(4, lambda index: acts[index]())
    assert [one for one in found if isinstance(one, Exception)] == []
    began = TopUp.objects.get(automatic=True)
    topup_charge(topup_id=began.id, now=timezone.now())
    assert at_once(4, lambda _: automatic.look()) == [None] * 4
    both = manual.quote.credits_micro + began.quote.credits_micro
    assert wallet(began.organisation_id).available_micro == both
    assert TopUp.objects.count() == 2


def test_a_manual_topup_credited_first_leaves_the_automatic_one_nothing_to_do(automatic: Automatic) -> None:
    automatic.rule()
    manual = automatic.topups.paid()
    handled(automatic.checkout.events(manual.id)[COMPLETED])
    assert at_once(4, lambda _: automatic.look()) == [None] * 4
    assert not TopUp.objects.filter(automatic=True).exists()


def test_answer_webhook_and_sweep_at_once_credit_once(automatic: Automatic) -> None:
    topup = automatic.begun()
    acts: list[Any] = [
        lambda: topup_charge(topup_id=topup.id, now=timezone.now()),
        lambda: topup_charge(topup_id=topup.id, now=timezone.now()),
        lambda: topups_sweep(now=timezone.now() + timedelta(minutes=1)),
    ]
    at_once(3, lambda index: acts[index]())
    event = automatic.checkout.events(topup.id)["payment_intent.succeeded"]
    at_once(4, lambda _: handled(event))
    assert (state(topup), Lot.objects.count()) == ("paid", 1)
    assert wallet(topup.organisation_id).available_micro == topup.quote.credits_micro


def test_a_crash_at_each_statement_of_the_charge_then_a_repeat_credits_once(automatic: Automatic) -> None:
    topup = automatic.begun()
    broken_at = 0
    while state(topup) != "paid":
        assert wallet(topup.organisation_id).available_micro == 0
        broken_at += 1
        with crash_at(broken_at):
            topup_charge(topup_id=topup.id, now=timezone.now())
    assert broken_at > 15  # it really was broken, many times
    assert (len(automatic.checkout.intents(topup.id)), Lot.objects.count()) == (1, 1)


def test_a_crash_at_each_statement_of_the_beginning_leaves_nothing_or_all(automatic: Automatic) -> None:
    automatic.rule()
    Message.objects.all().delete()
    broken_at = 0
    while not TopUp.objects.exists():
        assert not Message.objects.exists()
        broken_at += 1
        with crash_at(broken_at):
            automatic.look()
    assert broken_at > 15
    assert Message.objects.get().name == "payments.topup_charge"


CHARGER = """
import os, signal, sys, uuid
import django
django.setup()
from django.utils import timezone
from apps.payments import gateway
from apps.payments.services import charging

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "before":
    gateway.intent_charge = die
else:
    charging.intent_apply = die
charging.topup_charge(topup_id=uuid.UUID(sys.argv[1]), now=timezone.now())
"""


def charge_and_die(topup: TopUp, when: str) -> None:
    """Charge in a process of its own that is killed before it asks Stripe, or after Stripe answered."""
    database = connection.settings_dict
    url = f"postgres://{database['USER']}@{database['HOST'].replace('/', '%2F')}/{database['NAME']}"
    if database["PORT"]:
        url = url.replace("@", f":{database['PASSWORD']}@").replace(
            f"/{database['NAME']}", f":{database['PORT']}/{database['NAME']}"
        )
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
        "STRIPE_API_URL": django_settings.STRIPE_API_URL,
        "STRIPE_SECRET_KEY": django_settings.STRIPE_SECRET_KEY,
    }
    done = subprocess.run(
        [sys.executable, "-c", CHARGER, str(topup.id), when],
        env=environment,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        timeout=240,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize(("when", "charged"), [("before", 0), ("after", 1)])
def test_a_killed_process_before_or_after_stripes_answer_charges_once(
    automatic: Automatic, when: str, charged: int
) -> None:
    topup = automatic.begun()
    charge_and_die(topup, when)
    assert (state(topup), len(automatic.checkout.intents(topup.id))) == ("created", charged)
    found = in_flight(topup.organisation_id)
    assert found == topup  # nothing else begins meanwhile
    topups_sweep(now=timezone.now() + timedelta(minutes=1))
    assert (state(topup), len(automatic.checkout.intents(topup.id)), Lot.objects.count()) == ("paid", 1, 1)
    assert wallet(topup.organisation_id).available_micro == topup.quote.credits_micro
