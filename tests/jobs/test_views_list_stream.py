"""The live rows of the list: each change once, what is new as a count, nothing to whoever may not see."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from apps.core.hub import READERS
from apps.jobs import live
from apps.jobs.models import Job
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_list, job_make, job_run, markets_make
from tests.jobs.test_views_stream import apart, client_of, frames, run
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/o/acme/jobs/live/"


@pytest.fixture
def job(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job of Acme's in the queue; its rows are really committed."""
    monkeypatch.setattr(live, "PAUSE_S", 0)
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 60)
    world = World.build()
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.mia), markets_make()[0])
    job_list(made, timezone.now())
    yield made
    for reader in [READERS.submit(connections.close_all) for _ in range(8)]:
        reader.result()


async def follow(client: AsyncClient, query: str) -> AsyncIterator[tuple[str, str]]:
    """Yield the events of the list's stream."""
    answer = await client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    async for event in frames(piece.decode() async for piece in answer.streaming_content):
        yield event


def test_a_row_that_changes_is_sent_with_how_it_is_read_out(job: Job) -> None:
    async def story() -> list[dict[str, Any]]:
        rows = []
        async for name, data in follow(await client_of("mia@acme.example"), f"id={job.pk}"):
            if name != "row":
                continue
            rows.append(json.loads(data))
            if len(rows) == 2:
                break
            await apart(job_run, job, timezone.now())
        return rows

    first, second = run(story())
    assert "Queued" in first["html"]
    assert second["id"] == str(job.pk)
    assert second["said"] == "Prime numbers: Running"
    assert f'id="job-{job.pk}"' in second["html"]


def test_new_jobs_are_counted_and_not_pushed_in(job: Job) -> None:
    market = job.market

    async def story() -> str:
        mia = Membership.objects.select_related("organisation", "user")
        membership = await apart(mia.get, user__email="mia@acme.example")
        asked = False
        async for name, data in follow(await client_of("mia@acme.example"), f"news={job.pk}"):
            if name == "news":
                return data
            if not asked:
                asked = True
                await apart(job_make, membership, market)
        return ""

    assert run(story()) == "1"


def test_strangers_follow_nothing_and_rows_of_others_stay_unseen(job: Job) -> None:
    async def story() -> tuple[int, int, list[str]]:
        xena, nobody = await client_of("xena@acme.example"), AsyncClient()
        codes = (await xena.get(URL)).status_code, (await nobody.get(URL)).status_code
        answer = await xena.get(f"/o/xenon/jobs/live/?id={job.pk}&news=nonsense&id=nonsense")
        names = []
        async for piece in answer.streaming_content:
            names.append(piece.decode())
            break
        return (*codes, names)

    theirs, nobodys, seen = run(story())
    assert theirs == 404
    assert nobodys == 401
    assert seen == ["retry: 1000\n\n"]


def test_the_stream_ends_when_the_follower_is_removed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECHECK_S", 0.2)

    async def story() -> list[str]:
        names = []
        async for name, _data in follow(await client_of("victor@acme.example"), f"id={job.pk}"):
            names.append(name)
            if name == "row":
                await apart(Membership.objects.filter(user__email="victor@acme.example").delete)
        return names

    assert run(story())[-1] == "refused"
