"""Cards: kept on Stripe's page, one the default, removed once, and told of before they end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.billing.selectors import wallet
from apps.core.errors import Denied, NotFound
from apps.core.models import Mail, Message
from apps.organisations.models import AuditEvent, Grant
from apps.payments import gateway
from apps.payments.models import Card, CardSetup, StripeEvent, TopUp
from apps.payments.services import (
    card_default_set,
    card_detach,
    card_remove,
    card_setup_start,
    card_setups_sweep,
    cards_expiring_tell,
    cards_sweep,
    customer_ensure,
    topup_confirm,
    topup_start,
)
from apps.payments.services.card_setups import MOST_CARDS, TooManyCards
from apps.payments.services.cards import CardInUse
from tests.ledger.threads import at_once
from tests.payments.automatic import Automatic, rule_now
from tests.payments.test_automatic import mails
from tests.payments.topups import handled, state

COMPLETED = "checkout.session.completed"


def started(automatic: Automatic) -> CardSetup:
    """Return a setup whose page is open."""
    card_setup_start(membership=automatic.topups.olga, now=timezone.now())
    return CardSetup.objects.latest("id")


def remove(automatic: Automatic, card: Card) -> None:
    card_remove(grant=automatic.grant, card_id=card.id, actor=automatic.actor, now=timezone.now())


def prefer(automatic: Automatic, card: Card) -> Card:
    return card_default_set(grant=automatic.grant, card_id=card.id, actor=automatic.actor, now=timezone.now())


def session_event(automatic: Automatic, setup: CardSetup) -> dict[str, object]:
    """Return the event that tells of the setup's completion."""
    events = automatic.checkout._get("/v1/events", limit="100", type=COMPLETED)["data"]
    return next(dict(one) for one in events if one["data"]["object"]["id"] == setup.stripe_session_id)


@pytest.mark.parametrize("by", ["event", "sweep"])
def test_a_card_typed_on_stripes_page_is_kept_and_is_the_default(automatic: Automatic, by: str) -> None:
    setup = started(automatic)
    assert automatic.checkout.pay(setup.url).status_code == 303
    if by == "event":
        assert handled(session_event(automatic, setup)).handled_at is not None
    else:
        card_setups_sweep(now=timezone.now() + timedelta(minutes=1))
    setup.refresh_from_db()
    card = Card.objects.get()
    assert (str(card), card.expires_text, card.country, card.default) == ("Visa •••• 4242", "12/2034", "US", True)
    assert (setup.card, card.user, setup.closed_at is not None) == (card, automatic.world.olga, True)


def test_the_setups_event_twice_and_the_cards_own_keep_one_card(automatic: Automatic) -> None:
    setup = started(automatic)
    automatic.checkout.pay(setup.url)
    handled(session_event(automatic, setup))
    StripeEvent.objects.update(handled_at=None)
    handled(session_event(automatic, setup))
    handled(automatic.checkout.card_event(Card.objects.get().payment_method, "payment_method.attached"))
    assert Card.objects.count() == 1


def test_a_page_that_nobody_used_ends(automatic: Automatic) -> None:
    setup = started(automatic)
    automatic.checkout.expire(setup.stripe_session_id or "")
    card_setups_sweep(now=timezone.now() + timedelta(minutes=1))
    setup.refresh_from_db()
    assert (setup.closed_at is not None, Card.objects.count()) == (True, 0)


def test_an_organisation_keeps_so_many_cards_and_no_more(automatic: Automatic) -> None:
    card = automatic.card()
    now = timezone.now()
    Card.objects.bulk_create(
        Card(
            organisation=card.organisation,
            payment_method=f"pm_{number}",
            brand="visa",
            last4="4242",
            expires_month=1,
            expires_year=2030,
            created_at=now,
            checked_at=now,
        )
        for number in range(MOST_CARDS - 1)
    )
    with pytest.raises(TooManyCards, match="remove one first"):
        started(automatic)


def test_a_card_of_another_stripe_customer_is_parked(automatic: Automatic) -> None:
    other = gateway.customer_create(key="other", name="Other", email="other@boreal.example", metadata={})
    made = automatic.checkout.keep(other)
    event = handled(automatic.checkout.card_event(made["id"], "payment_method.attached"))
    assert "no organisation here is that one" in event.parked_reason


def test_the_first_card_is_the_default_and_another_can_be(automatic: Automatic) -> None:
    first, second = automatic.card(), automatic.card("pm_card_mastercard")
    assert (first.default, second.default) == (True, False)
    assert prefer(automatic, second).default
    assert prefer(automatic, second).default  # again
    assert list(Card.objects.filter(default=True)) == [second]
    assert AuditEvent.objects.filter(act="card.default_set").count() == 1


def test_a_removed_card_goes_at_stripe_too_and_hands_the_default_on(
    automatic: Automatic, drain: Callable[[], int]
) -> None:
    first, second = automatic.card(), automatic.card("pm_card_mastercard")
    remove(automatic, first)
    remove(automatic, first)  # again
    drain()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.detached_at is not None, first.default, second.default) == (True, False, True)
    assert automatic.checkout.card(first.payment_method)["customer"] is None
    assert AuditEvent.objects.filter(act="card.removed").count() == 1


def test_a_removal_is_finished_after_a_crash_on_either_side_of_stripes_answer(automatic: Automatic) -> None:
    before, after = automatic.card(), automatic.card("pm_card_mastercard")
    for card in (before, after):
        remove(automatic, card)
    Message.objects.all().delete()  # as if the worker had died
    automatic.checkout.detach(after.payment_method)  # this time after Stripe had done it
    assert cards_sweep(now=timezone.now() + timedelta(minutes=2)) == 2
    assert Card.objects.filter(detached_at__isnull=False).count() == 2
    card_detach(card_id=after.id, now=timezone.now())  # again


def test_when_stripe_is_away_the_removal_waits(automatic: Automatic, settings: Settings) -> None:
    card = automatic.card()
    remove(automatic, card)
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    with pytest.raises(gateway.StripeUnavailable):
        card_detach(card_id=card.id, now=timezone.now())
    assert Card.objects.get().detached_at is None


def test_older_news_does_not_bring_a_removed_card_back(automatic: Automatic) -> None:
    card = automatic.card()
    remove(automatic, card)
    handled(automatic.checkout.card_event(card.payment_method, "payment_method.attached"))
    card.refresh_from_db()
    assert card.removed_at is not None


def test_the_card_of_automatic_topups_is_not_removed_before_another_is_chosen(automatic: Automatic) -> None:
    rule = automatic.rule()
    with pytest.raises(CardInUse, match="choose another card for them, or switch them off"):
        remove(automatic, Card.objects.get())
    type(rule).objects.update(on=False)
    remove(automatic, Card.objects.get())


@pytest.mark.parametrize("by", ["event", "sweep"])
def test_a_card_removed_at_stripe_is_gone_here_and_switches_automatic_topups_off(
    automatic: Automatic, by: str
) -> None:
    automatic.rule()
    card = Card.objects.get()
    automatic.checkout.detach(card.payment_method)
    if by == "event":
        handled(automatic.checkout.card_event(card.payment_method, "payment_method.detached"))
    else:
        cards_sweep(now=timezone.now() + timedelta(days=2))
    card.refresh_from_db()
    assert (card.removed_at is not None, card.detached_at is not None) == (True, True)
    assert (rule_now().on, rule_now().off_reason) == (False, "The card Visa •••• 4242 was removed at Stripe.")
    assert len(mails("off")) == 1


@pytest.mark.parametrize(
    ("month", "year", "told"), [(12, 2026, True), (11, 2026, True), (1, 2027, False), (10, 2026, True)]
)
def test_a_card_that_ends_within_30_days_is_told_of_once(
    automatic: Automatic, month: int, year: int, told: bool
) -> None:
    automatic.card()
    Card.objects.update(expires_month=month, expires_year=year)
    now = timezone.now().replace(2026, 12, 3)
    if (month, year) == (10, 2026):
        now = now.replace(2026, 11, 5)
    cards_expiring_tell(now=now)
    cards_expiring_tell(now=now)
    assert Mail.objects.filter(key__startswith="card-expiring:").count() == told


def test_who_may_not_manage_billing_may_not_touch_cards(automatic: Automatic) -> None:
    card = automatic.card()
    victor = Grant.of_member(automatic.world.acme.memberships.get(user=automatic.world.victor))
    for act in (card_remove, card_default_set):
        with pytest.raises(Denied, match="owner, admin or billing"):
            act(grant=victor, card_id=card.id, actor=automatic.actor, now=timezone.now())
    assert Card.objects.get().removed_at is None


def test_another_organisations_card_is_not_found(automatic: Automatic) -> None:
    card = automatic.card()
    xena = Grant.of_member(automatic.world.other.memberships.get())
    for act in (card_remove, card_default_set):
        with pytest.raises(NotFound):
            act(grant=xena, card_id=card.id, actor=automatic.actor, now=timezone.now())


@pytest.mark.parametrize("keep", [True, False])
def test_the_card_of_a_topup_is_kept_if_its_payer_chose_so(automatic: Automatic, keep: bool) -> None:
    quote = automatic.topups.quote()
    url = topup_start(membership=automatic.topups.olga, quote_id=quote.id, keep_card=keep, now=timezone.now())
    automatic.checkout.pay(url)
    events = automatic.checkout._get("/v1/events", limit="10", type="payment_method.attached")["data"]
    ours = [one for one in events if one["data"]["object"]["customer"] == automatic_customer(automatic)]
    for event in ours:
        handled(event)
    assert Card.objects.count() == keep


# kept cards at Checkout


def pay_page(automatic: Automatic, *, keep: bool = False) -> TopUp:
    """Return a top-up that somebody is about to pay."""
    quote = automatic.topups.quote()
    topup_start(membership=automatic.topups.olga, quote_id=quote.id, keep_card=keep, now=timezone.now())
    return TopUp.objects.get(quote=quote)


def test_checkout_offers_the_kept_cards_and_the_chosen_one_pays(automatic: Automatic) -> None:
    first, second = automatic.card(), automatic.card("pm_card_mastercard")
    topup = pay_page(automatic)
    shown = automatic.checkout.page(topup.checkout_url)
    assert ("Visa •••• 4242" in shown, "Mastercard •••• 4444" in shown) == (True, True)
    assert automatic.checkout.pay_kept(topup.checkout_url, first.payment_method).status_code == 303
    handled(automatic.checkout.events(topup.id)[COMPLETED])
    (intent,) = automatic.checkout.intents(topup.id)
    assert (state(topup), intent["payment_method"]) == ("paid", first.payment_method)
    assert wallet(topup.organisation_id).available_micro == topup.quote.credits_micro
    assert {first, second} == set(Card.objects.filter(removed_at=None))


def test_a_removed_card_and_those_of_others_are_not_offered(
    automatic: Automatic, drain: Callable[[], int]
) -> None:
    other = gateway.customer_create(key="x", name="Xenon", email="xena@xenon.example", metadata={})
    foreign = automatic.checkout.keep(other, "pm_card_amex")
    gone = automatic.card()
    remove(automatic, gone)
    drain()
    topup = pay_page(automatic)
    assert 'name="saved"' not in automatic.checkout.page(topup.checkout_url)
    automatic.card("pm_card_mastercard")
    for card in (gone.payment_method, foreign["id"]):
        assert automatic.checkout.pay_kept(topup.checkout_url, card).status_code == 402
    assert automatic.checkout.intents(topup.id) == []


@pytest.mark.parametrize(("save", "kept"), [(True, 1), (False, 0)])
def test_the_payer_chooses_at_checkout_whether_the_card_is_kept(
    automatic: Automatic, save: bool, kept: int
) -> None:
    topup = pay_page(automatic)
    assert "Save this card" in automatic.checkout.page(topup.checkout_url)
    automatic.checkout.pay(topup.checkout_url, save=save)
    events = automatic.checkout._get("/v1/events", limit="10", type="payment_method.attached")["data"]
    for event in events:
        if event["data"]["object"]["customer"] == automatic_customer(automatic):
            handled(event)
    assert Card.objects.count() == kept


def test_who_chose_to_keep_the_card_reads_at_the_button_what_that_allows(automatic: Automatic) -> None:
    shown = automatic.checkout.page(pay_page(automatic, keep=True).checkout_url)
    assert "You chose to keep this card" in shown
    assert "later top-ups of Acme" in shown
    assert "Save this card" not in shown  # it was asked once
    assert "You chose" not in automatic.checkout.page(pay_page(automatic).checkout_url)


def test_a_bank_that_asks_is_answered_with_the_kept_card(automatic: Automatic) -> None:
    topup = automatic.charged("pm_card_authenticationRequired")
    topup_confirm(topup_id=topup.id, now=timezone.now())
    topup.refresh_from_db()
    answer = automatic.checkout.pay_kept(topup.checkout_url)
    assert "Your bank asks you to confirm" in answer.text


@pytest.mark.django_db(transaction=True)
def test_many_cards_heard_of_at_once_leave_one_default(automatic: Automatic) -> None:
    made = automatic.checkout.keep(automatic_customer(automatic))
    events = [made, automatic.checkout.keep(made["customer"]), automatic.checkout.keep(made["customer"])]
    told = [automatic.checkout.card_event(one["id"], "payment_method.attached") for one in events]
    assert all(isinstance(one, StripeEvent) for one in at_once(3, lambda index: handled(told[index])))
    assert (Card.objects.count(), Card.objects.filter(default=True).count()) == (3, 1)


def automatic_customer(automatic: Automatic) -> str:
    return customer_ensure(organisation=automatic.world.acme, now=timezone.now())
