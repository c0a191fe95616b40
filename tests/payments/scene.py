"""Hand-made cards and automatic top-ups, for pictures of their pages."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.billing.models import Rate
from apps.billing.services import quote_create, topup_credit
from apps.organisations.models import Membership
from apps.payments.models import Card, CardSetup, StripeCustomer, TopUp, TopUpRule


def cards_make(membership: Membership) -> dict[str, str]:
    """Give the organisation three cards, a rule that is on, and three automatic top-ups; return ids for addresses."""
    organisation, user, now = membership.organisation, membership.user, timezone.now()
    StripeCustomer.objects.get_or_create(
        organisation=organisation,
        defaults={"customer_id": "cus_1", "name": organisation.name, "email": user.email, "asked_at": now},
    )
    facts = {"organisation": organisation, "created_at": now, "checked_at": now, "user": user}
    rows = [
        ("visa", "4242", 4, 2029, "NL"),
        ("mastercard", "4444", now.month, now.year, "DE"),
        ("amex", "0005", 1, 2026, "US"),
    ]
    cards = [
        Card.objects.create(
            **facts,
            payment_method=f"pm_{last4}",
            brand=brand,
            last4=last4,
            expires_month=month,
            expires_year=year,
            country=country,
            default=last4 == "4242",
        )
        for brand, last4, month, year, country in rows
    ]
    TopUpRule.objects.create(
        organisation=organisation,
        on=True,
        below_micro=250_000_000,
        amount_minor=10_000,
        currency="EUR",
        card=cards[0],
        month_cap_minor=50_000,
        user=user,
        declines=1,
        paused_until=now + timedelta(minutes=50),
        updated_at=now,
    )
    if not Rate.objects.filter(currency="EUR").exists():
        Rate.objects.create(currency="EUR", price_micro=420_000, at=now, source="test", read_at=now)
    made = [_topup(membership, cards[0], number) for number in range(3)]
    TopUp.objects.filter(id=made[0].id).update(
        state="paid", payment_intent="pi_1", paid_at=now, closed_at=now, fee_minor=150
    )
    topup_credit(
        organisation_id=organisation.id,
        topup_id=made[0].id,
        quote=made[0].quote,
        payment_reference="pi_1",
        now=now,
    )
    TopUp.objects.filter(id=made[1].id).update(state="failed", reason="Your card was declined.", closed_at=now)
    TopUp.objects.filter(id=made[2].id).update(
        state="open", stripe_session_id="cs_1", checkout_url="https://x.example"
    )
    return {"card": str(cards[1].id), "asking": str(made[2].id), "paid": str(made[0].id)} | setups_make(cards[0])


def setups_make(card: Card) -> dict[str, str]:
    """Let somebody have gone to Stripe's page three times: for a card that came, one that is awaited, and none."""
    now = timezone.now()
    ends = {"kept": {"card": card, "closed_at": now}, "awaited": {}, "none": {"closed_at": now}}
    return {
        f"setup-{name}": str(
            CardSetup.objects.create(
                organisation=card.organisation, user=card.user, created_at=now, expires_at=now, **end
            ).id
        )
        for name, end in ends.items()
    }


def topups_make(membership: Membership) -> dict[str, str]:
    """Give the organisation a top-up that people pay in each state that has a page of its own; return their ids."""
    now = timezone.now()
    states: dict[str, dict[str, Any]] = {
        "waiting": {"state": "open"},
        "cancelled": {"state": "cancelled"},
        "processing": {"state": "processing", "method": "sepa_debit"},
        "expired": {"state": "expired", "closed_at": now},
        "failed": {"state": "failed", "closed_at": now, "reason": "The bank did not pay."},
        "held": {"state": "held", "held_reason": "A risk", "payment_intent": "pi_held", "paid_at": now},
        "parked": {"state": "open", "parked_reason": "Stripe has €1.00; the quote says €121.00."},
    }
    made = {}
    for name, facts in states.items():
        quote = quote_create(organisation=membership.organisation, currency="EUR", net_minor=10_000, now=now)
        topup = TopUp.objects.create(
            organisation=membership.organisation,
            quote=quote,
            user=membership.user,
            stripe_session_id=f"cs_{name}",
            checkout_url="https://x.example",
            **facts,
        )
        made[name] = str(topup.id)
    return made


def _topup(membership: Membership, card: Card, number: int) -> TopUp:
    organisation, now = membership.organisation, timezone.now()
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=10_000, now=now)
    topup = TopUp(organisation=organisation, quote=quote, user=membership.user, automatic=True, card=card)
    topup.closed_at = now if number < 2 else None
    topup.save(force_insert=True)
    return topup
