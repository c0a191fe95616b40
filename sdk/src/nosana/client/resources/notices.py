"""Notices: what people hear of, and the channels of chats that hear of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, given, listed
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import Channel, Event, Notice, NoticeChoices
    from nosana.client.pages import Pages


class Notices(Resource[M]):
    """What happened, for people. A service key reads them, but is no reader: it can mark and choose nothing."""

    def list(
        self, *, unread: bool | None = None, kind: str | None = None, limit: int | None = None
    ) -> Pages[M, Notice]:
        """Return those the caller may read, newest first: all, or the unread ones, or those of a kind."""
        return self._pages("Notice", "notices", limit=limit, unread=unread, kind=kind)

    @act
    async def read(self, notice_id: str, *, idempotency_key: str | None = None) -> Notice:
        """Mark one as read; a repeat changes nothing. Raises NotFound."""
        return await self._post("Notice", part("notices", notice_id, "read"), None, idempotency_key)

    @act
    async def read_all(self, *, idempotency_key: str | None = None) -> datetime:
        """Mark everything there is as read, and return until when."""
        answer = await self._post(None, "notices/read", None, idempotency_key)
        return datetime.fromisoformat(answer["read_until"].replace("Z", "+00:00"))

    @act
    async def choices(self) -> NoticeChoices:
        """Return what the caller hears of, and when."""
        return await self._get("NoticeChoices", "notice-choices")

    @act
    async def choose(
        self,
        *,
        kinds: Mapping[str, Mapping[str, Any]] | None = None,
        quiet: tuple[int, int] | None = None,
        time_zone: str | None = None,
        daily_hour: int | None = None,
    ) -> NoticeChoices:
        """Choose; what is left out stays. `kinds` has `here` (True, False) and `mail` (none, now, daily) by kind.

        `quiet` are two hours (0 to 23) between which mails wait. Raises Invalid.
        """
        body = given(kinds=kinds, time_zone=time_zone, daily_hour=daily_hour)
        return await self._send("NoticeChoices", "PATCH", "notice-choices", body | _quiet(quiet))


class Channels(Resource[M]):
    """Channels of chats: Slack, Discord, Microsoft Teams."""

    def list(self, *, limit: int | None = None) -> Pages[M, Channel]:
        """Return them, oldest first."""
        return self._pages("Channel", "chat-hooks", limit=limit)

    @act
    async def get(self, channel_id: str) -> Channel:
        """Return one, without its address. Raises NotFound."""
        return await self._get("Channel", part("chat-hooks", channel_id))

    @act
    async def create(
        self,
        url: str,
        *,
        kind: str,
        description: str | None = None,
        types: Sequence[str] | None = None,
        project: str | None = None,
        quiet: tuple[int, int] | None = None,
        idempotency_key: str | None = None,
    ) -> Channel:
        """Set one up (`kind` is slack, discord or teams) for events of these types, else for all.

        `project` (slug) narrows it to one project's jobs; between the `quiet` hours messages wait.
        """
        body = given(url=url, kind=kind, description=description, types=listed(types), project=project)
        return await self._post("Channel", "chat-hooks", body | _quiet(quiet), idempotency_key)

    @act
    async def update(
        self,
        channel_id: str,
        *,
        url: str | None = None,
        description: str | None = None,
        types: Sequence[str] | None = None,
        project: str | None = None,
        quiet: tuple[int, int] | None = None,
        on: bool | None = None,
    ) -> Channel:
        """Change it, or turn it on or off: all that is given, or nothing."""
        body = given(url=url, description=description, types=listed(types), project=project, on=on)
        return await self._send("Channel", "PATCH", part("chat-hooks", channel_id), body | _quiet(quiet))

    @act
    async def remove(self, channel_id: str) -> None:
        """Remove it and what waits for it."""
        await self._send(None, "DELETE", part("chat-hooks", channel_id))

    @act
    async def test(self, channel_id: str, *, idempotency_key: str | None = None) -> Event:
        """Send it a test message."""
        return await self._post("Event", part("chat-hooks", channel_id, "test"), None, idempotency_key)


def _quiet(hours: tuple[int, int] | None) -> dict[str, int]:
    return {} if hours is None else {"quiet_from": hours[0], "quiet_until": hours[1]}
