"""Tickets, and visits of the platform's staff."""

from __future__ import annotations

from datetime import datetime

from nosana.client.models.base import Model


class TicketMessage(Model):
    """A message of a thread; `author` is None for our staff, `solved` says that it called the ticket solved."""

    author: str | None
    by_staff: bool
    text: str
    solved: bool
    at: datetime


class Ticket(Model):
    """A question to our staff: open waits for them, waiting for the customer. `messages` is None in lists."""

    id: str
    number: int
    subject: str
    state: str
    opened_by: str
    job: str | None = None
    invoice: str | None = None
    opened_at: datetime
    moved_at: datetime
    messages: list[TicketMessage] | None = None


class Visit(Model):
    """A look of staff, as a member, changing nothing; `ended_how` is "" until it has ended.

    `glass_broken` says that it began without the organisation's yes; `pages` is how many they saw.
    """

    id: str
    staff: str
    member: str
    reason: str
    minutes: int
    glass_broken: bool
    approved_at: datetime | None = None
    began_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: str = ""
    pages: int = 0
