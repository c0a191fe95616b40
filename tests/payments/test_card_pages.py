"""The pages and endpoints of cards and automatic top-ups."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import Message
from apps.payments.models import Card, CardSetup, TopUp, TopUpRule
from apps.payments.services import card_setups_sweep
from tests.payments.automatic import Automatic, rule_now

CARDS, AUTOMATIC, API = "/o/acme/billing/cards/", "/o/acme/billing/automatic/", "/api/v1/organisations/acme/"


@pytest.fixture
def olga(automatic: Automatic) -> Client:
    return automatic.world.client(automatic.world.olga)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def form(automatic: Automatic, **changes: Any) -> dict[str, Any]:
    fields = {"mode": "threshold", "below": "50", "amount": "100", "currency": "EUR", "month_cap": "500"}
    return {**fields, "card": str(Card.objects.get(default=True).id), **changes}


def test_a_card_is_added_on_stripes_page_and_shown_when_it_is_there(olga: Client, automatic: Automatic) -> None:
    assert "No card is kept" in text(olga, CARDS)
    answer = olga.post(f"{CARDS}add/")
    setup = CardSetup.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, setup.url)
    back = automatic.checkout.pay(setup.url).headers["location"].removeprefix("http://127.0.0.1:8000")
    assert "Waiting for Stripe" in text(olga, back)
    htmx = {"headers": {"HX-Request": "true"}}
    assert olga.get(back, **htmx).status_code == 204
    card_setups_sweep(now=timezone.now() + timedelta(minutes=1))
    told = olga.get(back, **htmx)
    assert (told.status_code, "Visa •••• 4242 is kept" in told.content.decode()) == (286, True)
    assert "Visa •••• 4242" in text(olga, CARDS)


def test_default_and_removal_by_page(olga: Client, automatic: Automatic) -> None:
    first, second = automatic.card(), automatic.card("pm_card_mastercard")
    assert olga.post(f"{CARDS}{second.id}/default/").status_code == 302
    assert "Mastercard •••• 4444 is the default card." in text(olga, CARDS)
    assert "Remove Visa •••• 4242?" in text(olga, f"{CARDS}{first.id}/remove/")
    assert Card.objects.filter(removed_at=None).count() == 2
    assert olga.post(f"{CARDS}{first.id}/remove/").status_code == 302
    assert list(Card.objects.filter(removed_at=None)) == [second]


def test_the_card_of_the_rule_is_refused_with_the_next_step(olga: Client, automatic: Automatic) -> None:
    automatic.rule()
    answer = olga.post(f"{CARDS}{Card.objects.get().id}/remove/")
    assert answer.status_code == 409
    assert "switch them off, first" in answer.content.decode()


def test_switching_on_and_off_by_page(olga: Client, automatic: Automatic) -> None:
    assert "First, a card" in text(olga, AUTOMATIC)
    automatic.card()
    assert olga.post(AUTOMATIC, form(automatic)).status_code == 302
    rule = rule_now()
    assert (rule.on, rule.below_micro, rule.amount_minor, rule.month_cap_minor) == (
        True,
        50 * 10**6,
        10_000,
        50_000,
    )
    shown = text(olga, AUTOMATIC)
    assert "€0.00 of €500.00" in shown
    assert olga.post(f"{AUTOMATIC}off/").status_code == 302
    assert not rule_now().on


def test_forecast_by_page_needs_no_threshold(olga: Client, automatic: Automatic) -> None:
    automatic.card()
    assert olga.post(AUTOMATIC, form(automatic, mode="forecast", days="7", below="", amount="")).status_code == 302
    assert (rule_now().days, rule_now().below_micro) == (7, None)


def test_what_stands_in_the_fields_of_the_other_mode_hinders_nobody(olga: Client, automatic: Automatic) -> None:
    automatic.card()
    assert olga.post(AUTOMATIC, form(automatic, mode="forecast", days="7", amount="ten")).status_code == 302
    assert olga.post(AUTOMATIC, form(automatic, days="soon")).status_code == 302
    assert (rule_now().days, rule_now().amount_minor) == (None, 10_000)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "1"}, "A top-up is between"),
        ({"amount": "ten"}, "Write the amount in figures"),
        ({"below": ""}, "Say below how many credits"),
        ({"month_cap": "50"}, "The most for a month must be between"),
        ({"card": "x"}, "Select a valid choice"),
        ({"mode": "forecast", "days": "0"}, "1 to 90"),
    ],
)
def test_a_bad_field_says_so_beside_it_and_keeps_what_was_typed(
    olga: Client, automatic: Automatic, changes: dict[str, Any], sentence: str
) -> None:
    automatic.card()
    answer = olga.post(AUTOMATIC, form(automatic, **changes))
    assert 400 <= answer.status_code < 500
    assert sentence in answer.content.decode()
    assert not TopUpRule.objects.exists()


def test_the_page_says_what_a_declined_card_did(olga: Client, automatic: Automatic) -> None:
    automatic.charged("pm_card_chargeCustomerFail")
    shown = text(olga, AUTOMATIC)
    assert "came to nothing" in shown
    assert "Your card was declined." in shown


def test_the_page_of_an_automatic_topup_under_way_offers_no_second_payment(
    olga: Client, automatic: Automatic
) -> None:
    topup = automatic.begun()
    shown = text(olga, f"/o/acme/billing/top-up/{topup.id}/")
    assert "is being charged" in shown
    assert "Go to payment" not in shown


def test_the_pages_cost_a_known_number_of_queries(
    olga: Client, automatic: Automatic, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    automatic.charged()
    for path in (CARDS, AUTOMATIC):
        olga.get(path)
        with django_assert_max_num_queries(18):
            olga.get(path)


# programs


def test_cards_by_api(olga: Client, automatic: Automatic) -> None:
    first, second = automatic.card(), automatic.card("pm_card_mastercard")
    listed = olga.get(f"{API}cards").json()["items"]
    assert [one["last4"] for one in listed] == ["4444", "4242"]
    assert set(listed[0]) == {
        "id",
        "brand",
        "last4",
        "expires_month",
        "expires_year",
        "country",
        "default",
        "created_at",
    }
    kind = {"content_type": "application/json"}
    assert olga.post(f"{API}cards/{second.id}/default", {}, **kind).json()["default"] is True
    for _ in range(2):
        assert olga.post(f"{API}cards/{first.id}/remove", {}, **kind).json() == {"removed": True}
    assert Message.objects.filter(name="payments.card_detach").count() == 1


def test_automatic_topups_by_api(olga: Client, automatic: Automatic) -> None:
    assert olga.get(f"{API}automatic-top-up").status_code == 404
    automatic.card()
    body = {
        "on": True,
        "mode": "threshold",
        "below_micro": 50_000_000,
        "amount_minor": 10_000,
        "currency": "EUR",
        "month_cap_minor": 50_000,
    }
    kind = {"content_type": "application/json"}
    answer = olga.put(f"{API}automatic-top-up", body, **kind)
    assert (answer.status_code, answer.json()["month_left_minor"]) == (200, 50_000)
    assert olga.get(f"{API}automatic-top-up").json()["card"] == str(Card.objects.get().id)
    refused = olga.put(f"{API}automatic-top-up", body | {"amount_minor": 1}, **kind)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["amount"])
    assert olga.put(f"{API}automatic-top-up", body | {"colour": "red"}, **kind).status_code == 400


def test_topups_by_api_lead_to_one_page_per_key(olga: Client, automatic: Automatic) -> None:
    ask = {"content_type": "application/json", "headers": {"Idempotency-Key": "k1"}}
    body = {"currency": "EUR", "amount_minor": 10_000}
    first = olga.post(f"{API}top-ups", body, **ask)
    assert first.status_code == 201, first.content
    made = first.json()
    assert (made["total_minor"], made["state"]) == (12_100, "open")
    assert made["checkout_url"].startswith("http")
    assert olga.post(f"{API}top-ups", body, **ask).json()["id"] == made["id"]
    assert TopUp.objects.count() == 1
    assert olga.get(f"{API}top-ups").json()["items"][0]["id"] == made["id"]
    assert olga.get(f"{API}top-ups/{made['id']}").json()["credits_micro"] == made["credits_micro"]
    assert olga.post(f"{API}top-ups", {"currency": "EUR", "amount_minor": 1}, **ask).status_code == 409
    bad = olga.post(f"{API}top-ups", {"currency": "EUR", "amount_minor": 1}, content_type="application/json")
    assert bad.status_code == 400
