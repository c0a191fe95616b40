"""Acts about tickets: a person opens one and writes on, staff take it and answer; each message brings its mail once."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.core.mail import mail_write
from apps.notifications.services import event_emit
from apps.organisations.models import Grant, Membership
from apps.organisations.roles import Role
from apps.support.events import TICKET_ANSWERED
from apps.support.tickets.models import Ticket, TicketHandover, TicketMessage
from apps.support.tickets.selectors import ticket_get
from apps.support.tickets.subjects import About
from apps.users.models import User

AN_HOUR = 20  # messages of one person
State = Ticket.State


def ticket_open(*, grant: Grant, subject: str, text: str, about: About, key: uuid.UUID, now: datetime) -> Ticket:
    """Open a ticket with its first message and promise staff a mail; the same key again is the same ticket.

    `about` is what the person sees already. Raises AppError for too many messages in an hour.
    """
    with transaction.atomic():
        person = _writing(grant)
        made = Ticket.objects.filter(opened_by=person, key=key).first()
        if made is not None:
            return made
        _not_often(person, now)
        ticket = Ticket.objects.create(
            organisation=grant.organisation,
            opened_by=person,
            key=key,
            subject=subject,
            job=about.job,
            invoice=about.invoice,
            opened_at=now,
            moved_at=now,
            waits_since=now,
        )
        message = _message(ticket, person, text, key=key, state=State.OPEN, now=now)
        _tell_staff(ticket, message, grant.member)
    return ticket


def ticket_reply(
    *, grant: Grant, ticket_id: uuid.UUID, text: str, solved: bool, key: uuid.UUID, now: datetime
) -> Ticket:
    """Write on, which opens the ticket again, or call it solved; the same key again changes nothing.

    Raises NotFound for a ticket the person does not see, AppError for too many messages in an hour.
    """
    with transaction.atomic():
        person = _writing(grant)
        ticket_get(grant, ticket_id)
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        if ticket.messages.filter(key=key).exists() or (solved and not text and ticket.state == State.SOLVED):
            return ticket
        _not_often(person, now)
        state = State.SOLVED if solved else State.OPEN
        message = _message(ticket, person, text, key=key, state=state, now=now)
        _stand(ticket, state, now)
        if text:
            _tell_staff(ticket, message, grant.member)
    return ticket


def ticket_answer(
    *, ticket_id: uuid.UUID, text: str, solved: bool, seen: int, key: uuid.UUID, user: User, now: datetime
) -> Ticket:
    """Answer for the staff, and wait for the customer or call it solved; the people of the thread get a mail.

    A ticket without an owner becomes that of whoever answers. `seen` is the id of the last message that was read: a
    newer one of the customer is read first. The same key again changes nothing. Raises NotFound, and Conflict where
    the customer wrote meanwhile.
    """
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
        if ticket is None:
            raise NotFound
        if ticket.messages.filter(key=key).exists():
            return ticket
        if ticket.messages.filter(by_staff=False, pk__gt=seen).exists():
            raise Conflict("The customer wrote meanwhile: read it above, then send your answer again.")
        state = State.SOLVED if solved else State.WAITING
        message = _message(ticket, user, text, key=key, state=state, now=now, by_staff=True)
        _stand(ticket, state, now)
        if ticket.owner_id is None:
            _hand_over(ticket, user, by=user, now=now)
        if text:
            _tell_people(ticket, message, now)
    return ticket


def ticket_assign(*, ticket_id: uuid.UUID, owner: User | None, user: User, now: datetime) -> Ticket:
    """Make a member of staff see to the ticket, or nobody; a colleague who gets it is told by mail, once.

    A repeat changes nothing. Raises NotFound, and AppError for somebody who may not answer tickets.
    """
    if owner is not None and not (owner.is_staff and owner.is_active and owner.has_perm("support.change_ticket")):
        sentence = f"{owner.email} may not answer tickets; choose somebody who may."
        raise AppError(sentence, code="ticket_owner_unfit", status=422)
    with transaction.atomic():
        ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
        if ticket is None:
            raise NotFound
        if ticket.owner_id != (owner.pk if owner else None):
            handover = _hand_over(ticket, owner, by=user, now=now)
            if owner is not None and owner != user:
                _tell_owner(ticket, handover, owner)
    return ticket


def _hand_over(ticket: Ticket, owner: User | None, *, by: User, now: datetime) -> TicketHandover:
    ticket.owner = owner
    ticket.save(update_fields=["owner"])
    return TicketHandover.objects.create(ticket=ticket, owner=owner, by=by, at=now)


def _writing(grant: Grant) -> User:
    """Lock the person's membership, so that what they send at once is counted one after the other."""
    Membership.objects.select_for_update().get(pk=grant.member.pk)
    return grant.member.user


def _not_often(person: User, now: datetime) -> None:
    lately = TicketMessage.objects.filter(author=person, by_staff=False, at__gt=now - timedelta(hours=1))
    if lately.count() >= AN_HOUR:
        raise AppError(
            _("You have written much in the last hour, and we read all of it; write again a little later."),
            code="tickets_often",
            status=429,
        )


def _message(
    ticket: Ticket, author: User, text: str, *, key: uuid.UUID, state: State, now: datetime, by_staff: bool = False
) -> TicketMessage:
    return TicketMessage.objects.create(
        ticket=ticket, author=author, by_staff=by_staff, key=key, text=text, state=state, at=now
    )


def _stand(ticket: Ticket, state: State, now: datetime) -> None:
    waits = (ticket.waits_since or now) if state == State.OPEN else None
    ticket.state, ticket.moved_at, ticket.waits_since = state, now, waits
    ticket.save(update_fields=["state", "moved_at", "waits_since"])


def _tell_staff(ticket: Ticket, message: TicketMessage, member: Membership) -> None:
    """Write to the owner of the ticket; to all of the staff where it has none, or one who left."""
    owner = ticket.owner
    mail_write(
        key=f"ticket:{ticket.pk}:{message.pk}:staff",
        to=owner.email if owner and owner.is_staff and owner.is_active else settings.STAFF_EMAIL,
        template="ticket_asked",
        context={
            "ticket": ticket,
            "message": message,
            "person": member.user,
            "role": member.role,
            "organisation": ticket.organisation,
            "url": _desk_url(ticket),
        },
    )


def _tell_owner(ticket: Ticket, handover: TicketHandover, owner: User) -> None:
    mail_write(
        key=f"ticket:{ticket.pk}:handover:{handover.pk}",
        to=owner.email,
        template="ticket_given",
        context={
            "ticket": ticket,
            "by": handover.by,
            "organisation": ticket.organisation,
            "url": _desk_url(ticket),
        },
        language=owner.language,
    )


def _desk_url(ticket: Ticket) -> str:
    return f"{settings.BASE_URL}/admin/tickets/{ticket.pk}/"


def _tell_people(ticket: Ticket, message: TicketMessage, now: datetime) -> None:
    """Write to whoever wrote in the thread and is still a member, else to the owner; the first of them has a notice."""
    wrote = ticket.messages.filter(by_staff=False).values("author")
    members = ticket.organisation.memberships.select_related("user").filter(user__is_active=True)
    people = list(members.filter(user__in=wrote).order_by("id")) or list(members.filter(role=Role.OWNER))
    for member in people:
        mail_write(
            key=f"ticket:{ticket.pk}:{message.pk}:{member.user_id}",
            to=member.user.email,
            template="ticket_answered",
            context={
                "ticket": ticket,
                "message": message,
                "organisation": ticket.organisation,
                "url": f"{settings.BASE_URL}/o/{ticket.organisation.slug}/support/{ticket.pk}/",
            },
            language=member.user.language,
        )
    if people:
        asked = next((one for one in people if one.user_id == ticket.opened_by_id), people[0])
        event_emit(
            organisation_id=ticket.organisation_id,
            type=TICKET_ANSWERED.name,
            subject=f"ticket:{ticket.pk}",
            key=f"ticket:{ticket.pk}:answered:{message.pk}",
            data={
                "ticket": str(ticket.pk),
                "number": ticket.number,
                "subject": ticket.subject,
                "state": message.state,
            },
            person_id=asked.user_id,
            mailed=[one.user.email for one in people],
            now=now,
        )
