"""What the addresses name: for each part of an address, a thing of one organisation that it can stand for."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
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
from apps.jobs.models import Market
from apps.organisations.models import (
    ApiKey,
    Approval,
    AuditEvent,
    Grant,
    Invitation,
    Membership,
    Organisation,
)
from apps.organisations.selectors.approvals import approval_link_sign
from apps.organisations.services import (
    Actor,
    api_key_create,
    approval_request,
    audit_days_close,
    audit_record,
    invitation_send,
)
from apps.payments.models import Card, CardSetup, Dispute, StripeCustomer, TopUp, TopUpRule
from apps.users.models import User
from tests.console.scene import markets_make
from tests.jobs.recipes import template_of, version_of
from tests.notifications.endpoints import chat_of, delivery_of, webhook_of
from tests.notifications.notices import notice_of, unsubscribe_token
from tests.organisations.people import invitation_token
from tests.organisations.sso import domain_of, visit_of
from tests.permissions.jobs import job_of, launch_json, note_of, owner_of, project_of
from tests.support.scene import WORDS, announcement_make, feedback_of, item_of, ticket_body, ticket_of


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


def key_of(organisation: Organisation) -> ApiKey:
    """Return a developer's key, or the owner's where there is no developer: its member and admins see it."""
    members = organisation.memberships.select_related("user", "organisation")
    member = members.filter(role="developer").first() or owner_of(organisation)
    return api_key_create(
        grant=Grant.of_member(member),
        name="CI",
        scopes=["jobs.view"],
        actor=Actor.person(member.user),
        now=timezone.now(),
    ).key


def approval_of(organisation: Organisation) -> Approval:
    """Return a request of a developer, or of the owner where there is none, that waits for somebody to decide it."""
    if not Market.objects.exists():
        markets_make()
    now, member = timezone.now(), owner_of(organisation)
    member = (
        organisation.memberships.select_related("user", "organisation").filter(role="developer").first() or member
    )
    second = User.objects.get_or_create(email="second@nosana-web.example")[0]
    if not organisation.memberships.filter(role="admin").exists():
        Membership.objects.create(organisation=organisation, user=second, role="admin")
    return approval_request(
        organisation_id=organisation.pk,
        kind="job",
        subject=f"submission:{uuid.uuid4().hex}",
        amount_micro=10_000_000,
        worst_case="It costs at most 10 credits.",
        reason="",
        requester=member,
        facts={},
        deadline=now + timedelta(days=7),
        actor=Actor.person(member.user),
        now=now,
    )


def event_of(organisation: Organisation) -> AuditEvent:
    """Return an event of a day that is closed."""
    then = timezone.now() - timedelta(days=2)
    with transaction.atomic():
        audit_record(
            organisation_id=organisation.pk, actor=Actor.system(), act="cap.set", subject="cap:1", now=then
        )
    audit_days_close(now=timezone.now())
    return organisation.audit_events.filter(act="cap.set").latest("id")


def invitation_of(organisation: Organisation) -> Invitation:
    """Return an open invitation."""
    owner, now = owner_of(organisation), timezone.now()
    email = f"nina.{organisation.slug}@boreal.example"
    actor = Actor.person(owner.user)
    waiting = organisation.invitations.first()
    return waiting or invitation_send(membership=owner, email=email, role="viewer", actor=actor, now=now)


def token_of(organisation: Organisation) -> str:
    """Return the token of the link that the invitation's mail brings."""
    return invitation_token(invitation_of(organisation))


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


# One line per name in an address. Where a name means different things, write "app:route.name".
THINGS: dict[str, Callable[[Organisation], Any]] = {
    "slug": lambda organisation: organisation.slug,
    "address": lambda organisation: f"Job{organisation.slug}",
    "job_id": lambda organisation: job_of(organisation).pk,
    "organisation_id": lambda organisation: organisation.pk,
    "topup_id": lambda organisation: topup_of(organisation).pk,
    "dispute_id": lambda organisation: dispute_of(organisation).pk,
    "payments:refund_ask.topup_id": lambda organisation: refundable_of(organisation).pk,
    "card_id": lambda organisation: card_of(organisation).pk,
    "setup_id": lambda organisation: card_setup_of(organisation).pk,
    "note_id": lambda organisation: note_of(organisation).pk,
    "jobs:result.number": lambda organisation: 0 if organisation.slug == "acme" else 7,
    "market": lambda organisation: job_of(organisation).market.slug,
    "project": lambda organisation: project_of(organisation).slug,
    "key_id": lambda organisation: key_of(organisation).pk,
    "webhook_id": lambda organisation: webhook_of(organisation).pk,
    **{
        f"{route}.webhook_id": lambda organisation: chat_of(organisation).pk
        for route in ("notifications:chat_edit", "notifications_api:chat", "notifications_api:chat_test")
    },
    "delivery_id": lambda organisation: delivery_of(organisation).pk,
    "notice_id": lambda organisation: notice_of(organisation).pk,
    "cap_id": lambda organisation: cap_of(organisation).pk,
    "budget_id": lambda organisation: budget_of(organisation).pk,
    "approval_id": lambda organisation: approval_of(organisation).pk,
    "payments_api:refund_ask.topup_id": lambda organisation: refundable_of(organisation).pk,
    "billing_api:credit_note_xml.number": lambda organisation: credit_note_of(organisation).number,
    "organisations:approval_link.token": lambda organisation: approval_link_sign(
        approval_of(organisation), owner_of(organisation).user
    ),
    "event_id": lambda organisation: event_of(organisation).pk,
    "member_id": lambda organisation: organisation.memberships.order_by("-id")[0].pk,
    "invitation_id": lambda organisation: invitation_of(organisation).pk,
    "token": lambda organisation: token_of(organisation),
    "notifications:unsubscribe.token": lambda organisation: unsubscribe_token(owner_of(organisation)),
    "number": lambda organisation: invoice_of(organisation).number,
    "billing:credit_note_pdf.number": lambda organisation: credit_note_of(organisation).number,
    "billing:credit_note_xml.number": lambda organisation: credit_note_of(organisation).number,
    "billing:credit_note_json.number": lambda organisation: credit_note_of(organisation).number,
    "billing_api:credit_note.number": lambda organisation: credit_note_of(organisation).number,
    "billing_api:credit_note_pdf.number": lambda organisation: credit_note_of(organisation).number,
    "template": lambda organisation: template_of(organisation).slug,
    "jobs:template_version.number": lambda organisation: version_of(organisation),
    "jobs:template_restore.number": lambda organisation: version_of(organisation),
    "jobs_api:template_version.number": lambda organisation: version_of(organisation),
    "jobs_api:template_restore.number": lambda organisation: version_of(organisation),
    "domain_id": lambda organisation: domain_of(organisation).pk,
    "visit_id": lambda organisation: visit_of(organisation).pk,
    "announcement_id": lambda organisation: announcement_make().pk,
    "month": lambda organisation: statement_of(organisation).number,
    "item_id": lambda organisation: item_of(organisation).pk,
    "ticket_id": lambda organisation: ticket_of(organisation).pk,
    "feedback_id": lambda organisation: feedback_of(organisation).pk,
    "day": lambda organisation: item_of(organisation).day.isoformat(),
    **{f"support:{place}": lambda _, word=word: word for place, word in WORDS.items()},
}

# What a form or a JSON body names; an address without a line here is sent an empty one.
BODIES: dict[str, Callable[[Organisation], dict[str, Any]]] = {
    "organisations:key_new": lambda organisation: {
        "name": "CI",
        "scopes": ["jobs.view"],
        "project": project_of(organisation).slug,
        "submission_key": str(uuid.uuid4()),
    },
    "organisations_api:keys": lambda organisation: {
        "name": "CI",
        "scopes": ["jobs.view"],
        "project": project_of(organisation).slug,
    },
    "organisations:invite": lambda organisation: {
        "email": "nadia@boreal.example",
        "role": "developer",
        f"project-{project_of(organisation).pk}": "viewer",
    },
    "organisations_api:invitations": lambda organisation: {
        "email": "nadia@boreal.example",
        "role": "developer",
        "projects": {project_of(organisation).slug: "viewer"},
    },
    "organisations_api:invitations_many": lambda organisation: {
        "table": f"nadia@boreal.example,developer,{project_of(organisation).slug}:viewer"
    },
    "organisations_api:member_projects": lambda organisation: {
        "projects": {project_of(organisation).slug: "viewer"}
    },
    "support:ticket_new": ticket_body,
    "billing:cap_set": limit_body,
    "billing:budget_set": limit_body,
    "billing_api:caps": limit_json,
    "billing_api:budgets": lambda organisation: {
        **limit_json(organisation),
        "people": [owner_of(organisation).user.email],
    },
    "jobs_api:jobs": launch_json,
    "billing_api:moves": lambda organisation: {"target": project_of(organisation).slug, "micro": 1},
    "billing:move": lambda organisation: {
        "source": "here",
        "target": f"project:{project_of(organisation).pk}",
        "amount": "1",
        "key": str(uuid.uuid4()),
    },
    "payments:automatic": rule_body,
    "payments_api:automatic": rule_json,
    "payments:topup_start": lambda organisation: {"quote": str(quote_of(organisation).pk)},
}
