"""What a top-up costs and brings."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.billing.errors import QuoteRefused, QuoteUnknown, RateUnavailable
from apps.billing.models import Quote
from apps.billing.pricing import cost_of, credits_for, platform_fee, rate_text, rate_with_spread
from apps.billing.services import (
    quote_accept,
    quote_create,
    quote_offer,
    quote_preview,
    quotes_purge,
    rate_latest,
)
from apps.payments.models import TopUp
from tests.billing.money import NOW, rate
from tests.world import World


def test_a_quote_shows_net_vat_total_rate_and_credits(world: World) -> None:
    rate(420_000)
    quote = quote_create(organisation=world.acme, currency="EUR", net_minor=10_000, now=NOW)
    assert (quote.net_minor, quote.vat_minor, quote.total_minor) == (10_000, 2_100, 12_100)
    assert (quote.rate_micro, quote.spread_bp, quote.rate_charged_micro) == (420_000, 200, 428_400)
    assert quote.credits_micro == 233_426_704  # 100 / 0.4284, rounded down
    assert quote.rate_text == "€0.4284"
    assert quote.expires_at == NOW + timedelta(minutes=60)


def test_a_preview_has_the_same_figures_and_keeps_nothing(world: World) -> None:
    rate(420_000)
    terms = quote_preview(organisation=world.acme, currency="EUR", net_minor=2_500, now=NOW)
    assert not Quote.objects.exists()
    quote = quote_create(organisation=world.acme, currency="EUR", net_minor=2_500, now=NOW)
    assert (terms.credits_micro, terms.total_minor, terms.rate_text) == (
        quote.credits_micro,
        quote.total_minor,
        quote.rate_text,
    )


@pytest.mark.parametrize("net_minor", [0, -1, 999, 1_000_001, 10.5])
def test_an_amount_outside_the_limits_is_refused_with_the_limits(world: World, net_minor: int) -> None:
    rate()
    with pytest.raises(QuoteRefused, match=r"between €10\.00 and €10,000\.00") as refusal:
        quote_preview(organisation=world.acme, currency="EUR", net_minor=net_minor, now=NOW)
    assert "amount" in refusal.value.fields


def test_a_currency_that_is_not_sold_is_refused_with_those_that_are(world: World) -> None:
    with pytest.raises(QuoteRefused, match="choose EUR, USD or GBP"):
        quote_preview(organisation=world.acme, currency="CHF", net_minor=10_000, now=NOW)


def test_a_rate_older_than_ten_minutes_sells_nothing(world: World) -> None:
    rate(at=NOW - timedelta(minutes=10))
    assert rate_latest("EUR", NOW).price_micro == 420_000
    with pytest.raises(RateUnavailable, match="try again in a minute"):
        rate_latest("EUR", NOW + timedelta(seconds=1))
    with pytest.raises(RateUnavailable):
        rate_latest("USD", NOW)


def test_the_newest_rate_counts(world: World) -> None:
    rate(500_000, at=NOW - timedelta(minutes=1))
    rate(400_000, at=NOW - timedelta(minutes=2))
    assert rate_latest("EUR", NOW).price_micro == 500_000


@pytest.mark.parametrize(
    ("country", "rule", "vat_minor"),
    [("NL", "domestic", 2100), ("DE", "eu_consumer", 1900), ("US", "outside_eu", 0)],
)
def test_the_customers_country_decides_the_vat(world: World, country: str, rule: str, vat_minor: int) -> None:
    rate()
    world.acme.country = country
    quote = quote_create(organisation=world.acme, currency="EUR", net_minor=10_000, now=NOW)
    assert (quote.vat_rule, quote.vat_minor) == (rule, vat_minor)
    assert bool(quote.vat_note) == (country != "NL")


@given(net=st.integers(1, 10**9), price=st.integers(1, 10**9), spread=st.integers(0, 5_000))
def test_credits_are_rounded_down_by_less_than_one_micro_nos(net: int, price: int, spread: int) -> None:
    charged = rate_with_spread(price, spread)
    assert 0 <= charged - Decimal(price) * (10_000 + spread) / 10_000 < 1
    bought = credits_for(net, charged)
    worth = Decimal(net) * 10**4 * 10**6
    assert bought * charged <= worth < (bought + 1) * charged


def test_fees_round_down_and_costs_never_go_below_zero() -> None:
    assert platform_fee(199) == 9  # 5 % of 199 is 9.95
    assert cost_of(48, 60) == 2_880
    assert cost_of(48, -3) == 0
    assert rate_text(1_000_000, "USD") == "US$1.00"


def offered(world: World, now: datetime = NOW) -> str:
    rate(420_000)
    terms = quote_preview(organisation=world.acme, currency="EUR", net_minor=10_000, now=now)
    return quote_offer(organisation=world.acme, terms=terms)


def test_an_offer_becomes_the_quote_it_shows_once(world: World) -> None:
    offer = offered(world)
    assert not Quote.objects.exists()
    rate(999_999, at=NOW + timedelta(minutes=1))
    quotes = [
        quote_accept(organisation=world.acme, offer=offer, now=NOW + timedelta(minutes=59)) for _ in range(2)
    ]
    assert quotes[0] == quotes[1]
    assert (quotes[0].rate_micro, quotes[0].expires_at) == (420_000, NOW + timedelta(minutes=60))


def test_an_offer_that_has_run_out_is_refused_but_its_quote_stays(world: World) -> None:
    offer, late = offered(world), NOW + timedelta(minutes=60)
    with pytest.raises(QuoteRefused, match="has run out"):
        quote_accept(organisation=world.acme, offer=offer, now=late)
    quote = quote_accept(organisation=world.acme, offer=offer, now=NOW)
    assert quote_accept(organisation=world.acme, offer=offer, now=late) == quote


@pytest.mark.parametrize("change", ["x", ":", "\0"])
def test_what_was_not_offered_is_not_found(world: World, change: str) -> None:
    offer = offered(world)
    with pytest.raises(QuoteUnknown):
        quote_accept(organisation=world.acme, offer=offer + change, now=NOW)
    with pytest.raises(QuoteUnknown):
        quote_accept(organisation=world.other, offer=offer, now=NOW)
    assert not Quote.objects.exists()


def test_quotes_nobody_used_are_deleted_a_day_after_they_ran_out(world: World) -> None:
    rate()
    unused, used = (
        quote_create(organisation=world.acme, currency="EUR", net_minor=10_000, now=NOW) for _ in range(2)
    )
    TopUp.objects.create(organisation=world.acme, quote=used, user=world.olga)
    assert quotes_purge(now=unused.expires_at + timedelta(hours=24)) == 0
    assert quotes_purge(now=unused.expires_at + timedelta(hours=25)) == 1
    assert list(Quote.objects.all()) == [used]
