"""Hand-made items of reconciliation, announcements and tickets, for tests and pictures of their pages."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.organisations.models import Grant, Organisation
from apps.support.announcements.services import announcement_save
from apps.support.feedback.services import feedback_send
from apps.support.models import Announcement, Feedback, ReconciliationDay, ReconciliationItem, Ticket
from apps.support.tickets.acts import ticket_answer, ticket_open, ticket_reply
from apps.support.tickets.subjects import About
from apps.users.models import User
from tests.permissions.jobs import job_of, owner_of

# What stands in the addresses of staff pages, by route and part.
WORDS = {
    "reconciliation_act.act": "comment",
    "job_act.act": "end",
    "close_act.act": "sign",
    "close_export.name": "chart",
}


def item_of(organisation: Organisation) -> ReconciliationItem:
    """Return an open item of the organisation, on a day that was read."""
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    ReconciliationDay.objects.get_or_create(day=date(2026, 11, 2), defaults={"finished_at": at, "runs": 1})
    return ReconciliationItem.objects.get_or_create(
        side="stripe",
        reference=f"txn_{organisation.slug}",
        defaults={
            "day": date(2026, 11, 2),
            "at": at,
            "pair": "stripe",
            "kind": "payment",
            "match": f"movement:txn_{organisation.slug}",
            "currency": "EUR",
            "amount": 12_100,
            "organisation_id": organisation.pk,
        },
    )[0]


def announcement_make(**changes: Any) -> Announcement:
    """Return an announcement that is shown since a minute and for an hour."""
    now = timezone.now()
    words = {"text_en": "We move house tonight.", "text_de": "Wir ziehen heute Nacht um."}
    moments = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(hours=1)}
    made = Announcement(**{**words, **moments, **changes})
    announcement_save(announcement=made, now=now)
    return made


def ticket_of(organisation: Organisation) -> Ticket:
    """Return an open ticket of a developer, or of the owner where there is none."""
    members = organisation.memberships.select_related("user", "organisation")
    member = members.filter(role="developer").first() or owner_of(organisation)
    return ticket_open(
        grant=Grant.of_member(member),
        subject="The log stops at line 7",
        text="It ran for an hour and then nothing more came.\nWhat can I do?",
        about=About(),
        key=uuid.uuid5(uuid.NAMESPACE_URL, organisation.slug),
        now=timezone.now(),
    )


def feedback_of(
    organisation: Organisation, text: str = "The first job ran at once. How do I see its files?"
) -> Feedback:
    """Return what a member told us on the page of jobs, not answered yet."""
    member = owner_of(organisation)
    return feedback_send(
        grant=Grant.of_member(member),
        text=text,
        page=f"/o/{organisation.slug}/jobs/",
        key=uuid.uuid5(uuid.NAMESPACE_URL, f"{organisation.slug}:{text}"),
        now=timezone.now(),
    )


def thread_of(organisation: Organisation) -> Ticket:
    """Return a ticket that staff answered, and that was asked about again; once."""
    ticket = ticket_of(organisation)
    if ticket.messages.count() == 1:
        staff = User.objects.get_or_create(
            email="sara@nosana-web.example", defaults={"name": "Sara", "is_staff": True}
        )
        now, first = timezone.now(), ticket.messages.get()
        text = (
            "The node went away at that moment; you paid for the seconds before.\n\nRun it again, it starts anew."
        )
        ticket_answer(
            ticket_id=ticket.pk, text=text, solved=False, seen=first.pk, key=uuid.uuid4(), user=staff[0], now=now
        )
        member = organisation.memberships.select_related("user", "organisation").get(user=first.author)
        ticket_reply(
            grant=Grant.of_member(member), ticket_id=ticket.pk, text="Thank you, I try.", solved=False,
            key=uuid.uuid4(), now=now,
        )  # fmt: skip
        ticket.refresh_from_db()
    return ticket


def ticket_body(organisation: Organisation) -> dict[str, Any]:
    """Return a form that asks about a job of the organisation."""
    about = f"job:{job_of(organisation).pk}"
    return {"subject": "Why?", "text": "It stopped.", "about": about, "key": str(uuid.uuid4())}
