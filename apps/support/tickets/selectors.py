"""Questions about tickets: a person's own, or all of the organisation's for its owner and admins; staff's list."""

import uuid
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.support.tickets.models import Ticket

LISTED = 100
AGES = {"1": timedelta(days=1), "3": timedelta(days=3), "7": timedelta(days=7)}


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


def tickets_found(*, now: datetime, state: str, age: str, words: str) -> list[Ticket]:
    """Return staff's list, who waits longest first: at most 100.

    `state` is one of a ticket, else any; `age` a key of AGES; `words` part of a subject, an organisation's name or
    address, or of the address of who asked.
    """
    rows = _whole(Ticket.objects.all())
    if state in Ticket.State.values:
        rows = rows.filter(state=state)
    if age in AGES:
        rows = rows.filter(moved_at__lt=now - AGES[age])
    if words:
        parts = ("subject", "organisation__name", "organisation__slug", "opened_by__email")
        rows = rows.filter(Q(*((f"{part}__icontains", words) for part in parts), _connector=Q.OR))
    return list(rows.order_by(F("waits_since").asc(nulls_last=True), "-moved_at")[:LISTED])


def ticket_whole(ticket_id: uuid.UUID) -> Ticket:
    """Return any ticket, for staff. Raises NotFound."""
    found = _whole(Ticket.objects.filter(pk=ticket_id)).first()
    if found is None:
        raise NotFound
    return found


def _whole(rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return rows.select_related("organisation", "opened_by", "job", "invoice").defer(
        "invoice__pdf", "invoice__data"
    )
