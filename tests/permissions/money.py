"""What addresses of money name."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.billing.models import Budget, Cap, CreditNote, Invoice, InvoiceDue, Lot, Quote, Rate, Statement
from apps.billing.services import (
    budget_set,
    credit_note_due,
    credit_note_issue,
    invoice_issue,
    lot_grant,
    quote_create,
    statement_close,
    topup_credit,
)
from apps.organisations.models import (
    Organisation,
)
from apps.organisations.services import (
    Actor,
)
from apps.payments.models import Card, CardSetup, Dispute, StripeCustomer, TopUp, TopUpRule
from tests.permissions.jobs import owner_of, project_of


def quote_of(organisation: Organisation) -> Quote:
    """Return a price the organisation was shown."""
    now = timezone.now()
    if not Rate.objects.exists():
        Rate.objects.create(currency="EUR", price_micro=420_000, at=now, source="test", read_at=now)
    found = Quote.objects.filter(organisation=organisation, topup=None).first()
    return found or quote_create(organisation=organisation, currency="EUR", net_minor=10_000, now=now)


def topup_of(organisation: Organisation) -> TopUp:
    """Return a top-up that waits to be paid."""
    owner, quote = owner_of(organisation), quote_of(organisation)
    return TopUp.objects.create(organisation=organisation, user=owner.user, quote=quote)


def refundable_of(organisation: Organisation) -> TopUp:
    """Return a paid top-up of which nothing is spent."""
    quote_of(organisation)
    now, reference = timezone.now(), str(uuid.uuid4())
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=5_000, now=now)
    paid = {"stripe_session_id": f"cs_{reference}", "payment_intent": f"pi_{reference}", "paid_at": now}
    topup = TopUp.objects.create(
        organisation=organisation, user=owner_of(organisation).user, quote=quote, state="paid", **paid
    )
    topup_credit(
        organisation_id=organisation.id, topup_id=topup.id, quote=quote, payment_reference=reference, now=now
    )
    return topup


def dispute_of(organisation: Organisation) -> Dispute:
    """Return a dispute that waits for an answer."""
    return Dispute.objects.create(
        organisation=organisation,
        topup=refundable_of(organisation),
        dispute_id=f"du_{uuid.uuid4()}",
        status="needs_response",
        amount_minor=6_050,
        currency="EUR",
        opened_at=timezone.now(),
    )


def card_of(organisation: Organisation) -> Card:
    """Return a card the organisation keeps."""
    now = timezone.now()
    StripeCustomer.objects.get_or_create(
        organisation=organisation,
        defaults={
            "customer_id": f"cus_{organisation.slug}",
            "name": organisation.name,
            "email": owner_of(organisation).user.email,
            "asked_at": now,
        },
    )
    facts = {"brand": "visa", "last4": "4242", "expires_month": 12, "expires_year": 2040}
    return Card.objects.create(
        organisation=organisation,
        payment_method=f"pm_{uuid.uuid4().hex}",
        default=not organisation.cards.filter(default=True).exists(),
        created_at=now,
        checked_at=now,
        **facts,
    )


def card_setup_of(organisation: Organisation) -> CardSetup:
    """Return a setup whose page at Stripe is open."""
    now = timezone.now()
    return CardSetup.objects.create(
        organisation=organisation, user=owner_of(organisation).user, created_at=now, expires_at=now
    )


def rule_body(organisation: Organisation) -> dict[str, Any]:
    """Return a form, or a body, that switches automatic top-ups on with a card of the organisation."""
    return {
        "mode": "threshold",
        "below": "50",
        "amount": "100",
        "currency": "EUR",
        "month_cap": "500",
        "card": str(card_of(organisation).pk),
    }


def rule_json(organisation: Organisation) -> dict[str, Any]:
    """Return a body that switches automatic top-ups on, where a rule is there already."""
    card = card_of(organisation)
    user = owner_of(organisation).user
    facts = {"mode": "threshold", "below_micro": 10**7, "amount_minor": 10_000, "currency": "EUR"}
    TopUpRule.objects.get_or_create(
        organisation=organisation,
        defaults={**facts, "month_cap_minor": 10_000, "user": user, "updated_at": timezone.now()},
    )
    return {**facts, "on": True, "month_cap_minor": 50_000, "card": str(card.pk)}


def invoice_of(organisation: Organisation) -> Invoice:
    """Return an invoice that is printed."""
    quote_of(organisation)
    reference, now = str(uuid.uuid4()), timezone.now()
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=5_000, now=now)
    topup_credit(
        organisation_id=organisation.id, topup_id=reference, quote=quote, payment_reference=reference, now=now
    )
    return invoice_issue(invoice_due_id=InvoiceDue.objects.get(topup_id=reference).pk, now=now)


def credit_note_of(organisation: Organisation) -> CreditNote:
    """Return a credit note that is printed."""
    topup_id, now = invoice_of(organisation).due.topup_id, timezone.now()
    due = credit_note_due(topup_id=topup_id, net_minor=100, vat_minor=21, key=f"refund:{topup_id}", now=now)
    return credit_note_issue(credit_note_due_id=due.pk, now=now)


def statement_of(organisation: Organisation) -> Statement:
    """Return the statement of a month in which no other organisation has one."""
    now = timezone.now()
    months_ago = 1 + Organisation.objects.filter(slug__lt=organisation.slug).count()
    month = now.date()
    for _ in range(months_ago):
        month = (month.replace(day=1) - timedelta(days=1)).replace(day=1)
    then = datetime(month.year, month.month, 2, tzinfo=UTC)
    lot_grant(
        organisation_id=organisation.pk,
        kind=Lot.Kind.PROMOTIONAL,
        micro=1_000_000,
        key=f"statement:{organisation.pk}",
        now=then,
        expires_at=None,
    )
    statement = statement_close(organisation_id=organisation.pk, month=month, now=now)
    assert statement is not None
    return statement


def cap_of(organisation: Organisation) -> Cap:
    """Return a cap on the organisation's spending."""
    now = timezone.now()
    key = {"organisation": organisation, "level": "organisation", "period": "month"}
    made = Cap.objects.get_or_create(**key, defaults={"limit_micro": 10**12, "created_at": now, "updated_at": now})
    return made[0]


def budget_of(organisation: Organisation) -> Budget:
    """Return a budget of the organisation, told to its owner."""
    owner, now = owner_of(organisation), timezone.now()
    return budget_set(
        membership=owner,
        actor=Actor.person(owner.user),
        level="organisation",
        subject_id="",
        period="month",
        limit_micro=10**12,
        marks=[50],
        forecast=True,
        people=[owner.user.pk],
        now=now,
    )


def limit_body(organisation: Organisation) -> dict[str, Any]:
    """Return a form that limits a project of the organisation."""
    subject = f"project:{project_of(organisation).pk}"
    people = [str(owner_of(organisation).user.pk)]
    return {"subject": subject, "period": "day", "amount": "5", "marks": "50", "people": people}


def limit_json(organisation: Organisation) -> dict[str, Any]:
    """Return a JSON body that limits a project of the organisation."""
    subject = str(project_of(organisation).pk)
    return {"level": "project", "subject": subject, "period": "day", "limit_micro": 5_000_000}
