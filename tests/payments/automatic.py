"""Builders of cards and automatic top-ups for tests."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.billing.services import hold_settle
from apps.organisations.models import Grant, Organisation
from apps.organisations.services import Actor
from apps.payments.models import Card, TopUp, TopUpRule
from apps.payments.services import RuleWish, auto_top_up, card_apply, customer_ensure, rule_set, topup_charge
from apps.payments.services.cards import card_fetch
from tests.billing.money import grant, hold
from tests.checkout import Checkout
from tests.payments.topups import TopUps
from tests.world import World

GOOD, DECLINES, ASKS = "pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"
MICRO = 10**6


@dataclass
class Automatic:
    """Gives Acme cards and a rule, and looks whether a top-up is due."""

    topups: TopUps
    checkout: Checkout

    @property
    def world(self) -> World:
        return self.topups.world

    @property
    def grant(self) -> Grant:
        return Grant.of_member(self.topups.olga)

    @property
    def actor(self) -> Actor:
        return Actor.person(self.world.olga)

    def card(self, token: str = GOOD) -> Card:
        """Return a card that Acme keeps, known here."""
        made = self.checkout.keep(customer_ensure(organisation=self.world.acme, now=timezone.now()), token)
        news = card_fetch(made)
        assert news is not None
        with transaction.atomic():
            card_apply(news, now=timezone.now())
        return Card.objects.get(payment_method=made["id"])

    def rule(self, token: str = GOOD, **changes: Any) -> TopUpRule:
        """Switch on: €100 whenever fewer than 50 credits are left, at most €500 a month, with a new card."""
        wish: dict[str, Any] = {
            "on": True,
            "mode": "threshold",
            "currency": "EUR",
            "month_cap_minor": 50_000,
            "below_micro": 50 * MICRO,
            "amount_minor": 10_000,
            "card_id": changes.pop("card_id", None) or self.card(token).id,
        }
        return rule_set(grant=self.grant, wish=RuleWish(**(wish | changes)), actor=self.actor, now=timezone.now())

    def look(self, *, now: datetime | None = None) -> TopUp | None:
        """Look whether a top-up is due, as a worker does that hears of the balance."""
        return auto_top_up(organisation_id=self.world.acme.id, now=now or timezone.now())

    def begun(self, token: str = GOOD, **changes: Any) -> TopUp:
        """Return an automatic top-up that has begun and whose card was not charged yet."""
        self.rule(token, **changes)
        topup = self.look()
        assert topup is not None
        return topup

    def charged(self, token: str = GOOD, **changes: Any) -> TopUp:
        """Return an automatic top-up whose card was charged."""
        topup = self.begun(token, **changes)
        topup_charge(topup_id=topup.id, now=timezone.now())
        topup.refresh_from_db()
        return topup


def rule_now() -> TopUpRule:
    """Return the one rule as it is in the database."""
    return TopUpRule.objects.select_related("organisation").get()


def spent(organisation: Organisation, credits: int, *, days_ago: float = 0.5) -> None:
    """Let a job have cost whole credits, paid from a gift, settled a while ago."""
    at, source = timezone.now() - timedelta(days=days_ago), f"job:{credits}:{days_ago}"
    grant(organisation, credits, key=source)
    hold(organisation, credits, source=source, now=at - timedelta(hours=1))
    hold_settle(source=source, network_micro=credits * MICRO, seconds=3600, platform_fee_micro=0, now=at)
