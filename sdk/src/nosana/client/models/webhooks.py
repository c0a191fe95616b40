"""Endpoints of webhooks, events and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nosana.client.models.base import Model


class Webhook(Model):
    """An endpoint. `secret` is what signs, in the answer that made it, None ever after; `types` empty means all."""

    id: str
    url: str
    description: str
    types: list[str]
    secret: str | None = None
    failing_since: datetime | None
    off_at: datetime | None
    off_reason: str
    old_secret_until: datetime | None
    created_at: datetime


class EventType(Model):
    """A kind of event, with an example of its data."""

    name: str
    sentence: str
    example: dict[str, Any]


class Event(Model):
    """A fact about `subject`; `sequence` numbers its events 1, 2, 3 without a gap."""

    id: str
    type: str
    subject: str
    sequence: int
    data: dict[str, Any]
    at: datetime


class DeliveryTry(Model):
    """One sending, and what the endpoint answered."""

    at: datetime
    status: int | None
    milliseconds: int | None
    error: str
    answer: str


class Delivery(Model):
    """One event for one endpoint; `log` has its tries, newest first, where one delivery was asked for."""

    id: str
    event: Event
    state: str
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    log: list[DeliveryTry] = []


class Replay(Model):
    """How many deliveries are sent again."""

    count: int
