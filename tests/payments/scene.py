"""Hand-made cards and automatic top-ups, for pictures of their pages."""

from datetime import timedelta

from django.utils import timezone

from apps.billing.models import Rate
from apps.billing.services import quote_create, topup_credit
from apps.organisations.models import Membership
from apps.payments.models import Card, StripeCustomer, TopUp, TopUpRule


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
    return {"card": str(cards[1].id), "asking": str(made[2].id)}


def _topup(membership: Membership, card: Card, number: int) -> TopUp:
    organisation, now = membership.organisation, timezone.now()
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=10_000, now=now)
    topup = TopUp(organisation=organisation, quote=quote, user=membership.user, automatic=True, card=card)
    topup.closed_at = now if number < 2 else None
    topup.save(force_insert=True)
    return topup
