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
    """One event for one endpoint; `log` has its tries, newest first, where one delivery was asked for.

    `state` is waiting, delivered or dead (given up); `behind` says that it waits until an earlier event of the same
    subject arrived.
    """

    id: str
    event: Event
    state: str
    behind: bool = False
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    log: list[DeliveryTry] = []


class Notice(Model):
    """An event in words for people; `alarm` is about security, or money at risk. `url` is the page it is about."""

    id: str
    kind: str
    title: str
    text: str
    alarm: bool
    unread: bool
    subject: str
    url: str
    at: datetime


class NoticeKind(Model):
    """A kind of notice, and what was chosen of it: listed `here`, and by `mail` (none, now, daily)."""

    kind: str
    label: str
    here: bool
    mail: str
    alarm: bool


class NoticeChoices(Model):
    """What a person hears of; hours (0 to 23) are those of `time_zone`, else the organisation's."""

    kinds: list[NoticeKind]
    quiet_from: int | None
    quiet_until: int | None
    time_zone: str
    daily_hour: int


class Channel(Model):
    """A channel of a chat; `url` names the host of its address alone. `types` empty means all."""

    id: str
    kind: str
    url: str
    description: str
    types: list[str]
    project: str | None
    quiet_from: int | None
    quiet_until: int | None
    failing_since: datetime | None
    off_at: datetime | None
    off_reason: str
    created_at: datetime


class Replay(Model):
    """How many deliveries are sent again."""

    count: int
