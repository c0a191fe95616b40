"""Endpoints that are told of events, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, given, listed
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import Delivery, Event, EventType, Replay, Webhook
    from nosana.client.pages import Pages


class Webhooks(Resource[M]):
    """The organisation's endpoints."""

    def list(self, *, limit: int | None = None) -> Pages[M, Webhook]:
        """Return them, oldest first."""
        return self._pages("Webhook", "webhooks", limit=limit)

    @act
    async def get(self, webhook_id: str) -> Webhook:
        """Return one, without its secret. Raises NotFound."""
        return await self._get("Webhook", part("webhooks", webhook_id))

    @act
    async def create(
        self,
        url: str,
        *,
        description: str | None = None,
        types: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Set one up, for events of these types, else for all; `secret` is what signs, here and never again."""
        body = given(url=url, description=description, types=listed(types))
        return await self._post("Webhook", "webhooks", body, idempotency_key)

    @act
    async def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        description: str | None = None,
        types: Sequence[str] | None = None,
        on: bool | None = None,
    ) -> Webhook:
        """Change it, or turn it on or off: all that is given, or nothing. Turned on, what waits goes at once.

        `types` of nothing ([]) means events of every type. Raises Invalid, NotFound and Conflict.
        """
        body = given(url=url, description=description, types=listed(types), on=on)
        return await self._send("Webhook", "PATCH", part("webhooks", webhook_id), body)

    @act
    async def remove(self, webhook_id: str) -> None:
        """Remove it and what waits for it."""
        await self._send(None, "DELETE", part("webhooks", webhook_id))

    @act
    async def rotate(
        self, webhook_id: str, *, overlap_hours: int = 24, idempotency_key: str | None = None
    ) -> Webhook:
        """Give it a new secret; the old one signs too for `overlap_hours`."""
        path = part("webhooks", webhook_id, "rotate")
        return await self._post("Webhook", path, {"overlap_hours": overlap_hours}, idempotency_key)

    @act
    async def test(self, webhook_id: str, *, idempotency_key: str | None = None) -> Event:
        """Send it a `webhook.test`, at once and once; `deliveries` tell its answer. Raises Conflict while it is off."""
        return await self._post("Event", part("webhooks", webhook_id, "test"), None, idempotency_key)

    @act
    async def replay(
        self, webhook_id: str, *, since: datetime, everything: bool = False, idempotency_key: str | None = None
    ) -> Replay:
        """Send again what was given up since then, or everything; what waits for its next try goes at once.

        `count` of the answer is how many are sent. Raises Conflict while the endpoint is off.
        """
        body = {"since": since.isoformat(), "everything": everything}
        return await self._post("Replay", part("webhooks", webhook_id, "replay"), body, idempotency_key)

    def deliveries(
        self, webhook_id: str, *, state: str | None = None, limit: int | None = None
    ) -> Pages[M, Delivery]:
        """Return what was or is to be delivered, newest first."""
        return self._pages("Delivery", part("webhooks", webhook_id, "deliveries"), state=state, limit=limit)

    @act
    async def delivery(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Return one delivery with its tries. Raises NotFound."""
        return await self._get("Delivery", part("webhooks", webhook_id, part("deliveries", delivery_id)))

    @act
    async def resend(self, webhook_id: str, delivery_id: str, *, idempotency_key: str | None = None) -> Delivery:
        """Send it once more, whatever became of it."""
        path = part("webhooks", webhook_id, part("deliveries", delivery_id, "resend"))
        return await self._post("Delivery", path, None, idempotency_key)

    def events(
        self,
        *,
        type: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Pages[M, Event]:
        """Return what happened in the last 30 days, newest first, whether or not an endpoint was told.

        Of one type, of one thing (noun:<id>), in a span of time (`until` left out of it).
        """
        return self._pages("Event", "events", type=type, subject=subject, since=since, until=until, limit=limit)

    def event_types(self) -> Pages[M, EventType]:
        """Return the kinds of events there are, each with an example."""
        return self._items("EventType", "event-types")
