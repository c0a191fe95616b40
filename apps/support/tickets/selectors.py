"""Questions about tickets: a person's own, or all of the organisation's for its owner and admins; staff's list."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.support.tickets.models import Ticket
from apps.users.models import User

NUMBER = re.compile(r"#?([0-9]{1,18})")
ANY, MINE, OTHERS, NOBODY = "any", "mine", "others", "nobody"
AGES = {"1": timedelta(days=1), "3": timedelta(days=3), "7": timedelta(days=7)}
OWNERS: dict[str, Callable[[User], Q]] = {
    MINE: lambda staff: Q(owner=staff),
    OTHERS: lambda staff: Q(owner__isnull=False) & ~Q(owner=staff),
    NOBODY: lambda staff: Q(owner=None),
}


def sees_all(grant: Grant) -> bool:
    """Return whether the person sees every ticket of the organisation: its owner and admins do."""
    return grant.may(Permission.AUDIT_VIEW)


def tickets_of(grant: Grant) -> QuerySet[Ticket]:
    """Return the tickets the person sees, with who opened them and what they are about."""
    rows = Ticket.objects.filter(organisation=grant.organisation)
    if not sees_all(grant):
        rows = rows.filter(opened_by=grant.member.user)
    return _whole(rows)


def ticket_get(grant: Grant, ticket_id: uuid.UUID) -> Ticket:
    """Return a ticket the person sees. Raises NotFound."""
    found = tickets_of(grant).filter(pk=ticket_id).first()
    if found is None:
        raise NotFound(_("There is no such question of yours here; choose one from the list."))
    return found


def tickets_found(
    *, now: datetime, state: str = "", age: str = "", owner: str = "", staff: User, words: str = ""
) -> QuerySet[Ticket]:
    """Return the tickets staff look for; without a state those that wait for us.

    `state` is one of a ticket, or ANY; `age` a key of AGES: no message for so many days; `owner` is MINE (of `staff`),
    OTHERS or NOBODY; `words` a number, or part of a subject, of an organisation's name or address, or of the address
    of who asked.
    """
    rows = _whole(Ticket.objects.all())
    if state != ANY:
        rows = rows.filter(state=state or Ticket.State.OPEN)
    if age in AGES:
        rows = rows.filter(moved_at__lt=now - AGES[age])
    if owner in OWNERS:
        rows = rows.filter(OWNERS[owner](staff))
    if words:
        parts = ("subject", "organisation__name", "organisation__slug", "opened_by__email", "opened_by__name")
        named = Q(*((f"{part}__icontains", words) for part in parts), _connector=Q.OR)
        number = ticket_number(words)
        rows = rows.filter(named | Q(number=number) if number else named)
    return rows


def tickets_mine(staff: User) -> int:
    """Return how many tickets of the person wait for us."""
    return Ticket.objects.filter(owner=staff, state=Ticket.State.OPEN).count()


def ticket_number(words: str) -> int | None:
    """Return the number that the words are, with or without a # before it."""
    found = NUMBER.fullmatch(words.strip())
    return int(found[1]) if found else None


def ticket_whole(ticket_id: uuid.UUID) -> Ticket:
    """Return any ticket, for staff. Raises NotFound."""
    found = _whole(Ticket.objects.filter(pk=ticket_id)).first()
    if found is None:
        raise NotFound
    return found


def _whole(rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return rows.select_related("organisation", "opened_by", "owner", "job", "invoice").defer(
        "invoice__pdf", "invoice__data"
    )
