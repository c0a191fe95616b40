"""A stream ends by itself once whoever follows it no longer may: key revoked, membership or session ended."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from apps.core.hub import READERS
from apps.jobs import streams
from apps.jobs.models import Job
from apps.organisations.models import ApiKey, Membership, Project
from apps.organisations.roles import Role
from tests.console.scene import credits_give, job_list, job_log, job_make, job_run, markets_make
from tests.jobs.test_views_stream import apart, client_of, frames, run
from tests.organisations.keys import key_make, limit, member
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    """The cast, really committed."""
    return World.build()


@pytest.fixture
def job(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job of Acme's that runs and says nothing, or all the time."""
    monkeypatch.setattr(streams, "RECHECK_S", 0.2)
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 60)  # the end must not wait for the next keep-alive
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.adam), markets_make()[0])
    job_list(made, timezone.now())
    job_run(made, timezone.now())
    yield made
    for reader in [READERS.submit(connections.close_all) for _ in range(8)]:
        reader.result()


@dataclass
class Program:
    """A client that sends a key with each request."""

    token: str

    async def get(self, path: str) -> Any:
        """Ask."""
        return await AsyncClient().get(path, headers={"Authorization": f"Bearer {self.token}"})


async def follow(client: AsyncClient | Program, job: Job) -> AsyncIterator[tuple[str, str]]:
    """Yield the events of the job's stream."""
    answer = await client.get(f"/o/acme/jobs/{job.pk}/stream/")
    assert answer.status_code == 200, answer.content
    async for event in frames(piece.decode() async for piece in answer.streaming_content):
        yield event


async def followed(
    client: AsyncClient | Program, job: Job, change: Callable[[], Any], *, after: str = "state"
) -> list[tuple[str, str]]:
    """Return the events up to the stream's end; the change happens after those of that name."""
    seen = []
    async for name, data in follow(client, job):
        seen.append((name, data))
        if name == after:
            await apart(change)
    return seen


def test_a_stream_ends_when_its_key_is_revoked(world: World, job: Job) -> None:
    new = key_make(world.mia, "jobs.view")
    revoke = ApiKey.objects.filter(pk=new.key.pk).update
    seen = run(followed(Program(new.token), job, lambda: revoke(revoked_at=timezone.now())))
    assert seen[-1][0] == "refused"
    assert "key_revoked" in seen[-1][1]


def test_also_while_lines_keep_coming(world: World, job: Job) -> None:
    new = key_make(world.mia, "jobs.view")

    async def talk() -> None:
        for n in range(10_000):
            await apart(job_log, job, [f"line {n}"], start=n)
            await asyncio.sleep(0.01)

    async def story() -> list[tuple[str, str]]:
        talking = asyncio.create_task(talk())
        revoke = ApiKey.objects.filter(pk=new.key.pk).update
        try:
            return await followed(Program(new.token), job, lambda: revoke(revoked_at=timezone.now()), after="log")
        finally:
            talking.cancel()

    seen = run(story())
    assert seen[-1][0] == "refused"
    assert any(name == "log" for name, _ in seen)


def test_a_stream_ends_with_the_membership(world: World, job: Job) -> None:
    mia = member(world.mia)

    async def story() -> list[tuple[str, str]]:
        return await followed(await client_of("mia@acme.example"), job, mia.delete)

    assert run(story())[-1][0] == "refused"


def test_a_stream_ends_when_its_follower_is_limited_to_other_projects(world: World, job: Job) -> None:
    Project.objects.create(organisation=world.acme, name="Lab", slug="lab")

    async def story() -> list[tuple[str, str]]:
        return await followed(await client_of("mia@acme.example"), job, lambda: limit(world.mia, lab=Role.VIEWER))

    assert run(story())[-1][0] == "refused"


def test_a_stream_ends_when_its_session_does(world: World, job: Job) -> None:
    async def story() -> list[tuple[str, str]]:
        client = await client_of("mia@acme.example")
        return await followed(client, job, lambda: client.session.delete())

    assert run(story())[-1][0] == "refused"


def test_whoever_still_may_goes_on_reading(world: World, job: Job) -> None:
    new = key_make(world.mia, "jobs.view")

    async def story() -> list[str]:
        names = []
        async for name, _ in follow(Program(new.token), job):
            names.append(name)
            if len(names) > 8:
                break
        return names

    assert "refused" not in run(story())


@pytest.mark.parametrize(
    ("scopes", "project", "status"),
    [(["keys.manage"], None, 403), (["jobs.view"], "lab", 404), (["jobs.view"], "default", 200)],
)
def test_a_key_follows_what_its_scopes_and_project_allow(
    world: World, job: Job, scopes: list[str], project: str | None, status: int
) -> None:
    Project.objects.create(organisation=world.acme, name="Lab", slug="lab")
    chosen = Project.objects.get(organisation=world.acme, slug=project) if project else None
    token = key_make(world.mia, *scopes, project=chosen).token

    answer = run(Program(token).get(f"/o/acme/jobs/{job.pk}/stream/"))
    assert answer.status_code == status
    assert answer["Content-Type"] == ("text/event-stream" if status == 200 else "application/problem+json")
