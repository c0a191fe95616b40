"""The pages of a top-up, as each person sees them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.billing.models import Quote, Rate
from apps.organisations.models import TermsAcceptance
from apps.payments.models import TopUp
from tests.checkout import Checkout
from tests.payments.topups import TopUps, handled, state

FORM = "/o/acme/billing/top-up/"
HTMX = {"HX-Request": "true"}


def page_of(topup: TopUp) -> str:
    return f"{FORM}{topup.id}/"


def text(answer: Any) -> str:
    """Return what a person reads on the page: no tags, single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def olga(topups: TopUps) -> Client:
    return topups.world.client(topups.world.olga)


@pytest.fixture
def settled(paid: TopUp, checkout: Checkout) -> TopUp:
    """A top-up that was paid and credited; its invoice waits in the queue."""
    handled(checkout.events(paid.id)["checkout.session.completed"])
    return paid


def offered(answer: Any) -> str:
    """Return the price that the page's button pays."""
    found = re.search(r'name="quote" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("person", ["olga", "adam", "bea"])
def test_owner_admin_and_billing_may_top_up(topups: TopUps, person: str) -> None:
    assert topups.world.client(getattr(topups.world, person)).get(FORM).status_code == 200


@pytest.mark.parametrize("person", ["mia", "victor"])
def test_other_members_read_which_role_it_takes(topups: TopUps, opened: TopUp, person: str) -> None:
    client = topups.world.client(getattr(topups.world, person))
    for answer in (
        client.get(FORM),
        client.get(page_of(opened)),
        client.post(f"{FORM}checkout/", {"quote": opened.quote_id}),
    ):
        assert answer.status_code == 403
        assert "it takes the role owner, admin or billing" in text(answer)


def test_outsiders_find_nothing_and_strangers_are_asked_to_sign_in(topups: TopUps, opened: TopUp) -> None:
    xena = topups.world.client(topups.world.xena)
    assert [xena.get(url).status_code for url in (FORM, page_of(opened))] == [404, 404]
    assert xena.post(f"{FORM}checkout/", {"quote": opened.quote_id}).status_code == 404
    assert xena.get(page_of(opened).replace("acme", "xenon")).status_code == 404
    assert Client().get(FORM).status_code == 302


def test_the_price_box_shows_all_figures_before_paying(olga: Client) -> None:
    page = text(olga.get(FORM, {"currency": "EUR", "amount": "100"}))
    assert "You get 233.426704 credits" in page
    assert "€0.4284 per credit" in page
    assert "Spread in it 2 %" in page
    assert "VAT 21 % €21.00" in page
    assert "Total €121.00" in page
    assert "Pay €121.00" in page


def test_the_pay_button_carries_the_price_that_was_shown(olga: Client) -> None:
    price = offered(olga.get(FORM, {"currency": "GBP", "amount": "25,50"}))
    assert not Quote.objects.exists()  # looking writes nothing
    Rate.objects.update(price_micro=999_999)
    olga.post(f"{FORM}checkout/", {"quote": price})
    quote = Quote.objects.get()
    assert (quote.currency, quote.net_minor, quote.rate_micro) == ("GBP", 2_550, 420_000)


def test_while_typing_only_the_price_box_comes(olga: Client) -> None:
    headers = HTMX | {"HX-Target": "price"}
    answer = olga.get(FORM, {"currency": "EUR", "amount": "500"}, headers=headers)
    assert "Pay €605.00" in text(answer)
    assert "<html" not in answer.content.decode()
    assert "<select" not in answer.content.decode()


def test_the_amount_that_is_chosen_is_marked_also_while_typing(olga: Client) -> None:
    def marked(amount: str, **headers: str) -> list[str]:
        page = olga.get(FORM, {"currency": "EUR", "amount": amount}, headers=headers).content.decode()
        return re.findall(r'value="(\d+)" aria-pressed="true"', page)

    assert (marked("100"), marked("101"), marked("ten")) == (["100"], [], [])
    assert marked("25.00", **HTMX, **{"HX-Target": "price"}) == ["25"]


def test_a_preset_fills_in_the_amount(olga: Client) -> None:
    given = {"currency": "USD", "amount": "1", "preset": "25"}
    answer = olga.get(FORM, given, headers=HTMX | {"HX-Target": "topup"})
    assert 'value="25"' in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "US$25.00" in text(answer)


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("9.99", "between €10.00 and €10,000.00"),
        ("10000.01", "between €10.00 and €10,000.00"),
        ("", "This field is required"),
        ("ten", "Write the amount in figures, like 25 or 25.50."),
        ("-5", "Write the amount in figures"),
        ("1e3", "Write the amount in figures"),
        ("10.005", "Write the amount in figures"),
        ("1" * 30, "at most 20 characters"),
    ],
)
def test_an_amount_that_is_not_sold_gets_one_sentence_and_no_button(
    olga: Client, amount: str, sentence: str
) -> None:
    answer = olga.get(FORM, {"currency": "EUR", "amount": amount})
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert 'name="quote"' not in answer.content.decode()
    assert not Quote.objects.exists()


def test_a_currency_that_is_not_sold_gets_a_sentence(olga: Client) -> None:
    assert "XAU" in text(olga.get(FORM, {"currency": "XAU", "amount": "100"}))
    assert not Quote.objects.exists()


def test_without_a_fresh_rate_the_page_says_so_and_sells_nothing(olga: Client) -> None:
    Rate.objects.update(at=timezone.now() - timedelta(minutes=11))
    answer = olga.get(FORM)
    assert answer.status_code == 200
    assert 'name="quote"' not in answer.content.decode()
    assert "try again in a minute" in text(answer)


def test_pay_leads_to_checkout_and_the_same_click_again_to_the_same(olga: Client) -> None:
    quote = {"quote": offered(olga.get(FORM))}
    first, second = (olga.post(f"{FORM}checkout/", quote) for _ in range(2))
    assert (first.status_code, first["Location"]) == (303, TopUp.objects.get().checkout_url)
    assert second["Location"] == first["Location"]


def test_an_offer_is_for_one_organisation(topups: TopUps, olga: Client) -> None:
    price = offered(olga.get(FORM))
    answer = topups.world.client(topups.world.xena).post(
        FORM.replace("acme", "xenon") + "checkout/", {"quote": price}
    )
    assert answer.status_code == 404
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    "quote", ["", "nonsense", "\0", "a:b:c", "é" * 5_000, "019aaaaa-0000-7000-8000-000000000000"]
)
def test_pay_without_a_price_leads_back(olga: Client, quote: str) -> None:
    answer = olga.post(f"{FORM}checkout/", {"quote": quote})
    assert (answer.status_code, "open the top-up page again" in text(answer)) == (404, True)


def test_the_page_waits_and_asks_again_by_itself(olga: Client, opened: TopUp) -> None:
    page = olga.get(page_of(opened), {"returned": "paid"}).content.decode()
    assert 'data-state="waiting"' in page
    assert 'hx-trigger="every 1s"' in page
    seen = re.search(r'\?seen=([^"]+)"', page)
    assert seen
    assert olga.get(page_of(opened), {"seen": seen[1]}, headers=HTMX).status_code == 204


def test_credits_appear_then_the_invoice_and_then_the_page_stops_asking(
    olga: Client, settled: TopUp, drain: Any
) -> None:
    answer = olga.get(page_of(settled), {"seen": "open.False."}, headers=HTMX)
    assert answer["HX-Refresh"] == "true"  # the balance stands in the frame too
    answer = olga.get(page_of(settled))
    assert 'data-state="credited"' in answer.content.decode()
    assert "Your balance is now 233.426704 credits" in text(answer)
    assert "The invoice is being written" in text(answer)
    assert "?seen=paid.False." in answer.content.decode()
    drain()
    answer = olga.get(page_of(settled), {"seen": "paid.False."}, headers=HTMX)
    assert answer.status_code == 286
    assert "every 1s" not in answer.content.decode()
    assert re.search(r'href="/o/acme/billing/invoices/[^"]+\.pdf"', answer.content.decode())


def test_coming_back_without_paying_says_so_and_offers_the_same_price(olga: Client, opened: TopUp) -> None:
    answer = olga.get(page_of(opened), {"returned": "cancelled"}, follow=True)
    assert answer.redirect_chain == [(page_of(opened), 303)]
    assert "You cancelled; nothing was charged." in text(answer)
    assert f'name="quote" value="{opened.quote_id}"' in answer.content.decode()
    assert state(opened) == "cancelled"


def test_an_expired_topup_offers_todays_price(olga: Client, opened: TopUp, checkout: Checkout) -> None:
    checkout.expire(opened.stripe_session_id or "")
    handled(checkout.events(opened.id)["checkout.session.expired"])
    answer = olga.get(page_of(opened))
    assert "ran out before it was paid; nothing was charged" in text(answer)
    assert "?currency=EUR&amp;amount=100.00" in answer.content.decode()


def test_a_failed_topup_says_why(olga: Client, opened: TopUp) -> None:
    TopUp.objects.update(state="failed", reason="The bank said no.", closed_at=timezone.now())
    assert "The bank said no. Nothing was charged." in text(olga.get(page_of(opened)))


def test_a_parked_topup_says_that_a_person_is_looking(olga: Client, opened: TopUp) -> None:
    TopUp.objects.update(parked_reason="Stripe has €1.00")
    page = text(olga.get(page_of(opened)))
    assert "You need not pay again" in page
    assert "Stripe has €1.00" not in page


def test_the_form_lists_the_latest_topups(olga: Client, settled: TopUp) -> None:
    page = olga.get(FORM)
    assert page_of(settled) in page.content.decode()


@pytest.mark.parametrize(("headers", "queries"), [({}, 13), (HTMX | {"HX-Target": "price"}, 10)])
def test_the_form_costs_a_known_number_of_queries(
    olga: Client, headers: Any, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        olga.get(FORM, headers=headers)


def test_the_list_costs_the_same_for_many_topups(
    olga: Client, topups: TopUps, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        TopUp.objects.create(organisation=topups.world.acme, quote=topups.quote(), user=topups.world.olga)
    with django_assert_num_queries(13):
        olga.get(FORM)


@pytest.mark.parametrize(("headers", "queries"), [({}, 6), (HTMX, 4)])
def test_the_waiting_page_costs_few_queries(
    olga: Client, opened: TopUp, headers: Any, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        olga.get(page_of(opened), {"seen": "open.False."}, headers=headers)


def test_before_the_first_topup_the_terms_are_accepted_by_a_tick(topups: TopUps) -> None:
    TermsAcceptance.objects.all().delete()
    bea = topups.world.client(topups.world.bea)
    assert 'name="terms"' in bea.get(FORM).content.decode()
    quote = {"quote": str(topups.quote().id)}
    answer = bea.post(f"{FORM}checkout/", quote)
    assert answer.status_code == 409
    assert "/o/acme/settings/terms/" in answer.content.decode()
    assert not TopUp.objects.exists()
    assert bea.post(f"{FORM}checkout/", quote | {"terms": settings.TERMS_VERSION}).status_code == 303
    assert 'name="terms"' not in bea.get(FORM).content.decode()


def test_the_pages_leave_the_navigations_count_of_approvals_alone(olga: Client, opened: TopUp) -> None:
    assert '<span class="count">' not in olga.get(f"/o/acme/billing/top-up/{opened.id}/").content.decode()


@pytest.mark.parametrize(
    ("state", "credits"), [("failed", "none"), ("expired", "none"), ("cancelled", "233.426704")]
)
def test_a_topup_that_ended_promises_no_credits(olga: Client, opened: TopUp, state: str, credits: str) -> None:
    TopUp.objects.update(state=state, closed_at=None if state == "cancelled" else timezone.now())
    page = olga.get(f"/o/acme/billing/top-up/{opened.id}/").content.decode()
    assert f"<dt>Credits</dt><dd>{credits}</dd>" in page
