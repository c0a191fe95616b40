"""What the addresses name: for each part of an address, a thing of one organisation that it can stand for."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.billing.models import Invoice, InvoiceDue, Quote, Rate
from apps.billing.services import invoice_issue, quote_create, topup_credit
from apps.jobs.models import Job, Market
from apps.organisations.models import (
    ApiKey,
    Approval,
    AuditEvent,
    Grant,
    Invitation,
    Membership,
    Organisation,
    Project,
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
from apps.payments.models import TopUp
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.people import invitation_token


def owner_of(organisation: Organisation) -> Membership:
    """Return the owner's membership."""
    return organisation.memberships.select_related("user", "organisation").get(role="owner")


def quote_of(organisation: Organisation) -> Quote:
    """Return a price the organisation was shown."""
    now = timezone.now()
    if not Rate.objects.exists():
        Rate.objects.create(currency="EUR", price_micro=420_000, at=now, source="test", read_at=now)
    found = Quote.objects.filter(organisation=organisation, topup=None).first()
    return found or quote_create(organisation=organisation, currency="EUR", net_minor=10_000, now=now)


def job_of(organisation: Organisation) -> Job:
    """Return a job of the organisation."""
    if not Market.objects.exists():
        markets_make()
    credits_give(organisation)
    return job_make(owner_of(organisation), Market.objects.get(slug="nvidia-4090"))


def topup_of(organisation: Organisation) -> TopUp:
    """Return a top-up that waits to be paid."""
    owner, quote = owner_of(organisation), quote_of(organisation)
    return TopUp.objects.create(organisation=organisation, user=owner.user, quote=quote)


def invoice_of(organisation: Organisation) -> Invoice:
    """Return an invoice that is printed."""
    quote_of(organisation)
    reference, now = str(uuid.uuid4()), timezone.now()
    quote = quote_create(organisation=organisation, currency="EUR", net_minor=5_000, now=now)
    topup_credit(
        organisation_id=organisation.id, topup_id=reference, quote=quote, payment_reference=reference, now=now
    )
    return invoice_issue(invoice_due_id=InvoiceDue.objects.get(topup_id=reference).pk, now=now)


def project_of(organisation: Organisation) -> Project:
    """Return a project whose address no other organisation has."""
    slug = f"lab-{organisation.slug}"
    return organisation.projects.filter(slug=slug).first() or organisation.projects.create(name="Lab", slug=slug)


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


# One line per name in an address. Where a name means different things, write "app:route.name".
THINGS: dict[str, Callable[[Organisation], Any]] = {
    "slug": lambda organisation: organisation.slug,
    "job_id": lambda organisation: job_of(organisation).pk,
    "topup_id": lambda organisation: topup_of(organisation).pk,
    "project": lambda organisation: project_of(organisation).slug,
    "key_id": lambda organisation: key_of(organisation).pk,
    "approval_id": lambda organisation: approval_of(organisation).pk,
    "organisations:approval_link.token": lambda organisation: approval_link_sign(
        approval_of(organisation), owner_of(organisation).user
    ),
    "event_id": lambda organisation: event_of(organisation).pk,
    "invitation_id": lambda organisation: invitation_of(organisation).pk,
    "token": lambda organisation: token_of(organisation),
    "member_id": lambda organisation: organisation.memberships.order_by("-id")[0].pk,
    "number": lambda organisation: invoice_of(organisation).number,
}

# What a form or a JSON body names. An address without a line here is sent an empty one.
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
    "payments:topup_start": lambda organisation: {"quote": str(quote_of(organisation).pk)},
}
