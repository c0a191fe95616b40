"""Payments by bank: promised now, arrived days later, credited at the rate of that moment."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.billing.models import InvoiceDue, Lot, PlaceProof, Quote, Rate
from apps.billing.selectors import wallet
from apps.billing.services import quotes_purge
from apps.core.models import Mail
from apps.payments.errors import MethodRefused
from apps.payments.inbox import event_handle, event_store
from apps.payments.models import TopUp
from apps.payments.services import topup_path, topup_start
from apps.payments.sweeps import topups_sweep
from tests.checkout import Checkout
from tests.payments.test_handling import crash_at
from tests.payments.test_pages import FORM, HTMX, offered, page_of, text
from tests.payments.topups import TopUps, handled, state

COMPLETED = "checkout.session.completed"
ARRIVED, BOUNCED = "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"


@pytest.fixture(autouse=True)
def _banks(settings: Any) -> None:
    settings.STRIPE_BANK_METHODS = {"EUR": "sepa_debit", "GBP": "bacs_debit"}


@pytest.fixture
def promised(topups: TopUps, checkout: Checkout) -> TopUp:
    """A top-up that a bank has promised to pay, and whose promise we have heard."""
    quote = topups.quote()
    topup_start(membership=topups.olga, quote_id=quote.id, method="sepa_debit", now=timezone.now())
    topup = TopUp.objects.get(quote=quote)
    checkout.pay_by_bank(topup.checkout_url)
    handled(checkout.events(topup.id)[COMPLETED])
    return topup


def rate(price_micro: int) -> None:
    """Let NOS cost so much from now on."""
    now = timezone.now()
    Rate.objects.create(currency="EUR", price_micro=price_micro, at=now, source="test", read_at=now)


def mails(template: str) -> list[str]:
    """Return whom we wrote to with this template."""
    return list(Mail.objects.filter(key__endswith=f":{template}").values_list("to", flat=True))


def test_a_promise_credits_nothing_and_says_by_mail_what_comes(promised: TopUp) -> None:
    assert (state(promised), promised.closed_at) == ("processing", None)
    assert wallet(promised.organisation_id).available_micro == 0
    assert not InvoiceDue.objects.exists()
    assert mails("topup_processing") == ["olga@acme.example"]


def test_what_arrives_is_credited_at_the_rate_of_that_moment(promised: TopUp, checkout: Checkout) -> None:
    rate(840_000)  # twice as dear
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    handled(checkout.events(promised.id)[ARRIVED])
    assert state(promised) == "paid"
    settled = promised.price
    assert (settled.rate_micro, settled.total_minor) == (840_000, promised.quote.total_minor)
    assert (settled.vat_minor, settled.vat_rule) == (promised.quote.vat_minor, promised.quote.vat_rule)
    assert wallet(promised.organisation_id).available_micro == settled.credits_micro
    assert settled.credits_micro < promised.quote.credits_micro
    facts = InvoiceDue.objects.get().facts
    assert (facts["rate_micro"], facts["payment"]["method"]) == (840_000, "sepa_debit")
    assert mails("topup_arrived") == ["olga@acme.example"]


def test_news_of_the_arrival_again_and_in_another_order_credits_once(promised: TopUp, checkout: Checkout) -> None:
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    events = checkout.events(promised.id)
    handled(events["payment_intent.succeeded"])
    rate(100_000)
    for kind in (ARRIVED, COMPLETED, ARRIVED):
        handled(events[kind])
    assert (state(promised), Lot.objects.count(), Quote.objects.count()) == ("paid", 1, 2)
    assert wallet(promised.organisation_id).available_micro == promised.quote.credits_micro
    assert (len(mails("topup_processing")), len(mails("topup_arrived"))) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_crash_anywhere_in_the_arrival_leaves_a_promise_and_a_repeat_credits(
    promised: TopUp, checkout: Checkout
) -> None:
    """Break the handler at each of its statements in turn, then let the message run again."""
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    event = checkout.events(promised.id)[ARRIVED]
    event_store(event, now=timezone.now())
    broken_at = 0
    while state(promised) != "paid":
        assert (Quote.objects.count(), Lot.objects.count(), mails("topup_arrived")) == (1, 0, [])
        broken_at += 1
        with crash_at(broken_at):
            event_handle(event_id=event["id"], now=timezone.now())
    assert broken_at > 10  # it really was broken, many times
    assert (Quote.objects.count(), Lot.objects.count(), len(mails("topup_arrived"))) == (2, 1, 1)
    assert wallet(promised.organisation_id).available_micro == promised.price.credits_micro


def test_a_debit_that_bounces_ends_the_topup_with_the_banks_words(promised: TopUp, checkout: Checkout) -> None:
    checkout.settle(promised.stripe_session_id or "", "failed")
    handled(checkout.events(promised.id)[BOUNCED])
    assert (state(promised), promised.closed_at is not None) == ("failed", True)
    assert promised.reason
    assert wallet(promised.organisation_id).available_micro == 0
    assert mails("topup_failed") == ["olga@acme.example"]
    assert promised.reason in Mail.objects.get(key__endswith=":topup_failed").text


def test_without_a_fresh_rate_the_arrival_waits_for_one(promised: TopUp, checkout: Checkout) -> None:
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    event = checkout.events(promised.id)[ARRIVED]
    Rate.objects.update(at=timezone.now() - timedelta(minutes=11))
    event_store(event, now=timezone.now())
    with pytest.raises(Exception, match="not known well enough"):
        event_handle(event_id=event["id"], now=timezone.now())
    later = timezone.now() + timedelta(hours=2)
    topups_sweep(now=later)
    assert (state(promised), promised.parked_reason) == ("processing", "")
    Rate.objects.update(at=later)
    topups_sweep(now=later)
    assert state(promised) == "paid"


def test_the_sweep_asks_about_a_promise_once_an_hour(promised: TopUp) -> None:
    now = timezone.now() + timedelta(minutes=5)
    assert [topups_sweep(now=now + timedelta(minutes=after)) for after in (0, 10, 61)] == [1, 0, 1]


def test_pay_again_while_the_money_is_on_its_way_shows_the_topup(topups: TopUps, promised: TopUp) -> None:
    url = topup_start(membership=topups.olga, quote_id=promised.quote_id, now=timezone.now())
    assert url == topup_path(promised)


def test_the_session_takes_the_chosen_method_alone_and_says_when_the_rate_is_taken(
    promised: TopUp, checkout: Checkout
) -> None:
    session = checkout.session(promised.stripe_session_id or "")
    assert session["payment_method_types"] == ["sepa_debit"]
    assert "at the rate of that moment" in session["custom_text"]["submit"]["message"]


@pytest.mark.parametrize("method", ["us_bank_account", "", "paypal", "\0"])
def test_a_way_to_pay_that_is_not_offered_is_refused(topups: TopUps, method: str) -> None:
    quote = topups.quote()
    with pytest.raises(MethodRefused, match="choose one of the ways"):
        topup_start(membership=topups.olga, quote_id=quote.id, method=method, now=timezone.now())
    assert not TopUp.objects.exists()


def test_the_quote_of_a_settlement_is_kept(promised: TopUp, checkout: Checkout) -> None:
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    handled(checkout.events(promised.id)[ARRIVED])
    assert quotes_purge(now=timezone.now() + timedelta(days=30)) == 0


@pytest.fixture
def olga(topups: TopUps) -> Client:
    return topups.world.client(topups.world.olga)


def test_the_page_says_before_paying_that_the_rate_is_taken_later(olga: Client) -> None:
    by_bank = olga.get(FORM, {"method": "sepa_debit"}, headers=HTMX | {"HX-Target": "price"})
    assert "The rate is not fixed yet." in text(by_bank)
    assert "SEPA Direct Debit takes about five business days" in text(by_bank)
    assert "about 233.426704 credits" in text(by_bank)
    assert "The rate is not fixed yet." not in text(olga.get(FORM))


def test_the_form_pays_by_the_method_that_was_shown(olga: Client) -> None:
    page = olga.get(FORM, {"method": "sepa_debit"})
    assert '<input type="hidden" name="method" value="sepa_debit">' in page.content.decode()
    olga.post(f"{FORM}checkout/", {"quote": offered(page), "method": "sepa_debit"})
    assert TopUp.objects.get().method == "sepa_debit"


def test_a_currency_without_a_bank_method_is_paid_by_card(olga: Client) -> None:
    page = olga.get(FORM, {"currency": "USD", "method": "sepa_debit"})
    assert 'name="method" value="card"' in page.content.decode()
    assert "SEPA" not in text(page)


def test_the_topups_page_says_that_the_money_is_on_its_way(
    olga: Client, promised: TopUp, checkout: Checkout
) -> None:
    page = olga.get(page_of(promised))
    assert "Your payment is on its way" in text(page)
    assert "every 1s" not in page.content.decode()
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    handled(checkout.events(promised.id)[ARRIVED])
    assert 'data-state="credited"' in olga.get(page_of(promised)).content.decode()


def test_card_and_address_are_kept_as_proofs_of_the_place(topups: TopUps, checkout: Checkout) -> None:
    quote = topups.quote()
    topup_start(membership=topups.olga, quote_id=quote.id, ip_country="NL", now=timezone.now())
    topup = TopUp.objects.get(quote=quote)
    checkout.pay(topup.checkout_url, "4000002760000016")  # a German card
    handled(checkout.events(topup.id)[COMPLETED])
    assert (state(topup), topup.card_country, topup.ip_country) == ("paid", "DE", "NL")
    assert dict(PlaceProof.objects.values_list("kind", "country")) == {"card": "DE", "address": "NL"}


def test_a_bank_account_is_a_proof_under_its_own_name(promised: TopUp, checkout: Checkout) -> None:
    PlaceProof.objects.create(
        organisation=promised.organisation, kind="card", country="FR", seen_at=timezone.now()
    )
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    handled(checkout.events(promised.id)[ARRIVED])
    assert dict(PlaceProof.objects.values_list("kind", "country")) == {"card": "FR", "account": "DE"}
    assert PlaceProof.objects.get(kind="account").get_kind_display() == "Country of the bank account"


def test_a_consumers_invoice_holds_the_proofs(topups: TopUps, checkout: Checkout) -> None:
    topups.world.acme.country = "DE"
    topups.world.acme.save()
    quote = topups.quote()
    topup_start(membership=topups.olga, quote_id=quote.id, ip_country="DE", now=timezone.now())
    topup = TopUp.objects.get(quote=quote)
    checkout.pay(topup.checkout_url, "4000002760000016")
    handled(checkout.events(topup.id)[COMPLETED])
    places = [(place["kind"], place["country"]) for place in InvoiceDue.objects.get().facts["places"]]
    assert places == [("billing", "DE"), ("address", "DE"), ("card", "DE")]


def test_the_proxys_country_is_believed_only_from_a_proxy_we_trust(olga: Client, settings: Any) -> None:
    settings.GEO_COUNTRY_HEADER = "X-Country"
    for trusted, expected in (([], ""), (["127.0.0.1"], "FR")):
        settings.TRUSTED_PROXIES = trusted
        TopUp.objects.all().delete()
        olga.post(f"{FORM}checkout/", {"quote": offered(olga.get(FORM))}, headers={"X-Country": "fr"})
        assert TopUp.objects.get().ip_country == expected


def test_the_mails_are_sent_in_text_and_html(promised: TopUp, checkout: Checkout, drain: Any) -> None:
    checkout.settle(promised.stripe_session_id or "", "succeeded")
    handled(checkout.events(promised.id)[ARRIVED])
    drain()
    subjects = [message.subject for message in mail.outbox]
    assert "Your top-up of €121.00 is on its way" in subjects
    assert "233.426704 credits for Acme" in subjects
    assert all(message.alternatives for message in mail.outbox)  # type: ignore[attr-defined]
