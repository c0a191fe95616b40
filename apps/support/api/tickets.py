"""Tickets and feedback: by the same acts as the pages, so with the same answers, mails and limits."""

import uuid
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError
from apps.core.rest import Body, Flag, PageQuestion, Text, page_answer
from apps.core.rest.schema import described
from apps.jobs.selectors import job_get
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.support.feedback.services import feedback_send
from apps.support.tickets.acts import ticket_open, ticket_reply
from apps.support.tickets.models import SUBJECT_LONGEST, TEXT_LONGEST, Ticket, TicketMessage
from apps.support.tickets.selectors import ticket_get, tickets_of
from apps.support.tickets.subjects import INVOICE, JOB, about_get

SEE = Permission.JOBS_VIEW


class TicketShape(serializers.ModelSerializer[Ticket]):
    """A question to our staff: `open` waits for them, `waiting` for the customer; `invoice` for who may see it."""

    opened_by = serializers.CharField(source="opened_by.email")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    invoice = serializers.SerializerMethodField()

    class Meta:
        model = Ticket
        fields: Any = ("id", "number", "subject", "state", "opened_by", "job", "invoice", "opened_at", "moved_at")

    def get_invoice(self, ticket: Ticket) -> str | None:
        """Return the number of the invoice it is about."""
        seen = ticket.invoice is not None and self.context["grant"].may(Permission.BILLING_VIEW)
        return ticket.invoice.number if seen and ticket.invoice else None


class TicketMessageShape(serializers.ModelSerializer[TicketMessage]):
    """A message of the thread; `author` is null for our staff, `solved` says that it called the ticket solved."""

    author = serializers.SerializerMethodField()
    solved = serializers.SerializerMethodField()

    class Meta:
        model = TicketMessage
        fields = ("author", "by_staff", "text", "solved", "at")

    def get_author(self, message: TicketMessage) -> str | None:
        """Return the address of the person, null for our staff."""
        return None if message.by_staff else message.author.email

    def get_solved(self, message: TicketMessage) -> bool:
        """Return whether it called the ticket solved."""
        return message.state == Ticket.State.SOLVED


class TicketWhole(TicketShape):
    """A ticket with its messages, the oldest first."""

    messages = TicketMessageShape(many=True)

    class Meta(TicketShape.Meta):
        fields = (*TicketShape.Meta.fields, "messages")


class TicketsQuestion(PageQuestion):
    """Which tickets: all, those in one state, or the one of a number."""

    state = serializers.ChoiceField(choices=Ticket.State.choices, required=False)
    number = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class TicketNew(Body):
    """A question, and the job or the invoice it is about, if any. Never write passwords, keys or card numbers."""

    subject = Text(max_length=SUBJECT_LONGEST)
    text = Text(max_length=TEXT_LONGEST)
    job = serializers.UUIDField(required=False, allow_null=True)
    invoice = Text(max_length=60, required=False, allow_null=True, help_text="Its number.")


class ReplyNew(Body):
    """What is written on, or that the ticket is solved, or both."""

    text = Text(max_length=TEXT_LONGEST, required=False, allow_blank=True, default="")
    solved = Flag(required=False, default=False)


class Tickets(Endpoint):
    """The tickets of a person; of everybody in the organisation for its owner and admins."""

    @described(TicketShape, page=True, question=TicketsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the tickets the caller sees, newest first: their own, or with audit.view those of everybody."""
        grant = self.grant(SEE)
        return page_answer(
            request,
            tickets_of(grant),
            lambda row: TicketShape(row, context={"grant": grant}).data,
            newest_first=True,
            question=TicketsQuestion,
            narrow=_narrow,
        )

    @described(TicketWhole, body=TicketNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Open a ticket with its first message; the answer of our staff comes by mail, and as `ticket.answered`."""
        grant = _of_person(self.grant(SEE))
        wanted = TicketNew(data=request.data).read()
        about = about_get(grant, _about(wanted))

        def act() -> Any:
            ticket = ticket_open(
                grant=grant,
                subject=wanted["subject"],
                text=wanted["text"],
                about=about,
                key=uuid.uuid4(),
                now=timezone.now(),
            )
            return _whole(grant, ticket.pk)

        return self.once(grant, act)


def _of_person(grant: Grant) -> Grant:
    """Return the grant of somebody whom our staff can answer. Raises Denied for a service key."""
    return replace(grant, membership=grant.member)


def _narrow(rows: QuerySet[Ticket], asked: dict[str, Any]) -> QuerySet[Ticket]:
    return rows.filter(**{name: asked[name] for name in ("state", "number") if name in asked})


def _about(wanted: dict[str, Any]) -> str:
    job, invoice = wanted.get("job"), wanted.get("invoice")
    if job and invoice:
        sentence = _("A ticket is about a job or an invoice, not both; leave one out.")
        raise AppError(sentence, code="invalid", fields={"invoice": [sentence]})
    return f"{JOB}:{job}" if job else f"{INVOICE}:{invoice}" if invoice else ""


def _whole(grant: Grant, ticket_id: UUID) -> Any:
    ticket = ticket_get(grant, ticket_id)
    thread = ticket.messages.select_related("author")
    known = TicketShape(ticket, context={"grant": grant}).data
    return {**known, "messages": TicketMessageShape(thread, many=True).data}


class OneTicket(Endpoint):
    """A ticket with its thread."""

    @described(TicketWhole)
    def get(self, request: Request, slug: str, ticket_id: UUID) -> Response:
        """Read a ticket with its messages."""
        return Response(_whole(self.grant(SEE), ticket_id))


class TicketReply(Endpoint):
    """The customer's next message."""

    @described(TicketWhole, body=ReplyNew)
    def post(self, request: Request, slug: str, ticket_id: UUID) -> Response:
        """Write on in a ticket, which opens it again, or call it solved; one that is solved can be called so again."""
        grant = self.grant(SEE)
        ticket_get(grant, ticket_id)
        grant = _of_person(grant)
        wanted = ReplyNew(data=request.data).read()
        if not wanted["text"] and not wanted["solved"]:
            sentence = _("Write what you want to ask or tell.")
            raise AppError(sentence, code="invalid", fields={"text": [sentence]})

        def act() -> Any:
            ticket_reply(
                grant=grant,
                ticket_id=ticket_id,
                text=wanted["text"],
                solved=wanted["solved"],
                key=uuid.uuid4(),
                now=timezone.now(),
            )
            return _whole(grant, ticket_id)

        return self.once(grant, act, status=200)


class FeedbackNew(Body):
    """A question, something that does not work, or an idea; and the job it is about, if any."""

    text = Text(max_length=TEXT_LONGEST)
    job = serializers.UUIDField(required=False, allow_null=True)


class FeedbackShape(serializers.Serializer[Any]):
    """That it was told, and when."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()


class Feedback(Endpoint):
    """What people tell us."""

    @described(FeedbackShape, body=FeedbackNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Tell our staff something; if it needs an answer, that comes once, by mail."""
        grant = _of_person(self.grant(Permission.ORGANISATION_VIEW))
        wanted = FeedbackNew(data=request.data).read()
        job = job_get(grant, wanted["job"]) if wanted.get("job") else None
        page = reverse("jobs:detail", args=[slug, job.pk]) if job else ""

        def act() -> Any:
            told = feedback_send(grant=grant, text=wanted["text"], page=page, key=uuid.uuid4(), now=timezone.now())
            return FeedbackShape(told).data

        return self.once(grant, act)
