"""Tickets and feedback: what people ask and tell the staff of the platform."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, given
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import Ticket, Visit
    from nosana.client.pages import Pages


class Tickets(Resource[M]):
    """Questions to our staff, each with its thread. A person asks: a service key cannot."""

    def list(
        self, *, state: str | None = None, number: int | None = None, limit: int | None = None
    ) -> Pages[M, Ticket]:
        """Return the tickets the caller sees, newest first, without their messages.

        `state` is open (waits for our staff), waiting (for you) or solved; `number` is what people call a ticket.
        """
        return self._pages("Ticket", "tickets", limit=limit, state=state, number=number)

    @act
    async def get(self, ticket_id: str) -> Ticket:
        """Return one with its messages. Raises NotFound."""
        return await self._get("Ticket", part("tickets", ticket_id))

    @act
    async def open(
        self,
        subject: str,
        text: str,
        *,
        job: str | None = None,
        invoice: str | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Open one, about a job (its id) or an invoice (its number) or neither; the answer comes by mail.

        At most 150 characters of subject and 4,000 of text, and 20 messages an hour. Raises Invalid and RateLimited.
        """
        body = given(subject=subject, text=text, job=job, invoice=invoice)
        return await self._post("Ticket", "tickets", body, idempotency_key)

    @act
    async def reply(
        self, ticket_id: str, text: str = "", *, solved: bool = False, idempotency_key: str | None = None
    ) -> Ticket:
        """Write on, which opens it again, or call it solved, or both. Raises NotFound, Invalid and RateLimited."""
        body = {"text": text, "solved": solved}
        return await self._post("Ticket", part("tickets", ticket_id, "reply"), body, idempotency_key)


class Visits(Resource[M]):
    """Looks of the platform's staff into the organisation."""

    def list(self) -> Pages[M, Visit]:
        """Return the newest 50, also those that staff only asked for."""
        return self._items("Visit", "visits")

    @act
    async def revoke(self, visit_id: str, *, idempotency_key: str | None = None) -> Visit:
        """End a visit at once, or the yes that was given for one; a repeat changes nothing. Raises NotFound."""
        return await self._post("Visit", part("visits", visit_id, "revoke"), None, idempotency_key)


class FeedbackBox(Resource[M]):
    """What people tell us: `client.feedback`."""

    @act
    async def send(self, text: str, *, job: str | None = None, idempotency_key: str | None = None) -> datetime:
        """Tell our staff something, of a job if it is about one (its id); return when they got it."""
        told = await self._post(None, "feedback", given(text=text, job=job), idempotency_key)
        return datetime.fromisoformat(told["at"].replace("Z", "+00:00"))
