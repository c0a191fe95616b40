"""The live bell: its number at once, a new one as soon as something is told, and an end with the right to read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from apps.core.hub import READERS
from apps.notifications import live
from tests.jobs.test_views_stream import apart, client_of, frames, run
from tests.notifications.notices import notice_make
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = "/o/acme/notices/live/"


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """The cast, really committed."""
    yield World.build()
    for reader in [READERS.submit(connections.close_all) for _ in range(8)]:
        reader.result()


def told(world: World) -> None:
    """Tell Acme's people something."""
    notice_make(world.acme, "balance.low", data={"available_micro": 1}, at=timezone.now())


def test_the_bell_shows_its_number_at_once_and_again_when_something_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 60)  # nothing may arrive because a keep-alive happened to look

    async def story() -> list[dict[str, str]]:
        client = await client_of("olga@acme.example")
        answer: Any = await client.get(STREAM)
        seen = []
        async for name, data in frames(piece.decode() async for piece in answer.streaming_content):
            if name == "bell":
                seen.append(json.loads(data))
                if len(seen) == 2:
                    return seen
                await apart(told, world)
        return seen

    first, second = run(story())
    assert 'class="count"' not in first["html"]
    assert first["said"] == ""
    assert '<span class="count">1<' in second["html"]
    assert second["said"] == "1 unread notice"


def test_whoever_may_no_longer_follow_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECHECK_S", 0.1)

    async def story() -> list[str]:
        client = await client_of("victor@acme.example")
        answer: Any = await client.get(STREAM)
        names = []
        async for name, _data in frames(piece.decode() async for piece in answer.streaming_content):
            names.append(name)
            if name == "bell":
                await apart(world.acme.memberships.filter(user=world.victor).delete)
        return names

    assert run(story())[-1] == "refused"


def test_nobody_and_outsiders_hear_nothing(world: World) -> None:
    async def story() -> tuple[int, int]:
        outsider, mia = await client_of("xena@acme.example"), await client_of("mia@acme.example")
        return (await outsider.get(STREAM)).status_code, (await mia.post(STREAM)).status_code

    assert run(story()) == (404, 405)
    assert Client().get(STREAM).status_code in (302, 401)
