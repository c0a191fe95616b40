"""What the addresses name: for each part of an address, a thing of one organisation that it can stand for."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

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
from apps.users.models import User
from tests.console.scene import markets_make
from tests.jobs.recipes import template_of, version_of
from tests.notifications.endpoints import chat_of, delivery_of, webhook_of
from tests.notifications.notices import notice_of, unsubscribe_token
from tests.organisations.people import invitation_token
from tests.organisations.sso import domain_of, visit_of
from tests.permissions.jobs import job_of, launch_json, note_of, owner_of, project_of
from tests.permissions.money import (
    budget_of,
    cap_of,
    card_of,
    card_setup_of,
    credit_note_of,
    dispute_of,
    invoice_of,
    limit_body,
    limit_json,
    quote_of,
    refundable_of,
    rule_body,
    rule_json,
    statement_of,
    topup_of,
)
from tests.support.scene import WORDS, announcement_make, feedback_of, item_of, ticket_body, ticket_of


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
    "support_api:tickets": lambda organisation: {
        "subject": "Why?",
        "text": "It stopped.",
        "job": str(job_of(organisation).pk),
    },
    "billing:cap_set": limit_body,
    "billing:budget_set": limit_body,
    "billing_api:caps": limit_json,
    "billing_api:budgets": lambda organisation: {
        **limit_json(organisation),
        "people": [owner_of(organisation).user.email],
    },
    "jobs_api:jobs": launch_json,
    "jobs_api:relabel": lambda organisation: {"project": project_of(organisation).slug, "reason": "Ours"},
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
