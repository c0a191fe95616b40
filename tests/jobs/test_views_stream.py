"""The live stream: backlog and live without gap or repeat, resumed where the browser was, ended with the job."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient
from django.utils import timezone

from apps.core.hub import READERS, hub
from apps.jobs import streams
from apps.jobs.models import Attempt, Job
from apps.jobs.services import Observation, Seen, job_observe, result_store
from apps.organisations.models import Membership
from apps.users.models import User
from tests.console.scene import NODE, credits_give, job_finish, job_list, job_log, job_make, job_run, markets_make
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(transactional_db: None) -> Iterator[Job]:
    """A job of Acme's that runs; its rows are really committed, for other connections to see."""
    world = World.build()
    credits_give(world.acme)
    made = job_make(Membership.objects.get(user=world.mia), markets_make()[0])
    job_list(made, timezone.now())
    job_run(made, timezone.now() - timedelta(seconds=5))
    yield made
    for reader in [READERS.submit(connections.close_all) for _ in range(8)]:
        reader.result()


@pytest.fixture(autouse=True)
def _only_notices_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may arrive here just because a keep-alive happened to look."""
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 60)


async def apart(act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Act on the database as another process would."""

    def run() -> Any:
        try:
            return act(*args, **kwargs)
        finally:
            connection.close()

    return await sync_to_async(run, thread_sensitive=False)()


async def client_of(email: str) -> AsyncClient:
    """Return a browser of the person."""
    client = AsyncClient()
    user = await apart(User.objects.get, email=email)
    await apart(client.force_login, user)
    return client


async def frames(events: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Yield (event, data) of each frame."""
    async for frame in events:
        lines = frame.strip().split("\n")
        name = next((line[7:] for line in lines if line.startswith("event: ")), "")
        yield name, "\n".join(line[6:] for line in lines if line.startswith("data: "))


async def lines_until(events: AsyncIterator[str], count: int) -> list[str]:
    """Return the texts of the first `count` log lines."""
    texts: list[str] = []
    async for name, data in frames(events):
        if name == "log":
            texts += [json.loads(line)["text"] for line in data.split("\n")]
        if len(texts) >= count:
            return texts
    return texts


def run(act: Awaitable[Any]) -> Any:
    """Run one test's story, at most half a minute."""

    async def timed() -> Any:
        return await asyncio.wait_for(act, 30)

    return asyncio.run(timed())


def test_old_and_new_lines_come_in_order_each_once(job: Job) -> None:
    job_log(job, [f"old {n}" for n in range(1500)])  # more than one page of the backlog

    async def story() -> list[str]:
        events = streams.job_events(job, after=0)
        reading = asyncio.create_task(lines_until(events, 1560))
        for n in range(60):
            await apart(job_log, job, [f"new {n}"], start=1500 + n)
        return await reading

    assert run(story()) == [f"old {n}" for n in range(1500)] + [f"new {n}" for n in range(60)]


def test_a_browser_that_comes_back_gets_what_it_missed_and_nothing_twice(job: Job) -> None:
    job_log(job, [f"line {n}" for n in range(10)])

    async def story() -> list[str]:
        client = await client_of("mia@acme.example")
        url = f"/o/acme/jobs/{job.pk}/stream/"
        response = await client.get(url, headers={"Last-Event-ID": "7"})
        assert response.headers["Content-Type"] == "text/event-stream"
        texts = (piece.decode() async for piece in response.streaming_content)
        return await lines_until(texts, 3)

    assert run(story()) == ["line 7", "line 8", "line 9"]


def test_a_first_look_at_a_long_log_begins_near_its_end_and_says_so(job: Job) -> None:
    job_log(job, [f"line {n}" for n in range(50)])

    async def story() -> list[tuple[str, str]]:
        seen = []
        async for name, data in frames(streams.job_events(job, after=0, tail=5)):
            seen.append((name, data))
            if name == "log":
                break
        return seen

    seen = run(story())
    assert ("skipped", "45") in seen
    assert [json.loads(line)["seq"] for line in seen[-1][1].split("\n")] == [46, 47, 48, 49, 50]


def test_the_stream_tells_each_change_once_and_ends_when_all_is_settled(job: Job) -> None:
    job_log(job, ["the only line"])
    began = timezone.now() - timedelta(seconds=5)

    async def story() -> list[tuple[str, str]]:
        seen: list[tuple[str, str]] = []
        async for name, data in frames(streams.job_events(job, after=0)):
            seen.append((name, data))
            if name == "state" and json.loads(data)["state"] == "running":
                await apart(job_finish, job, started=began, ended=began + timedelta(seconds=3))
        return seen

    seen = run(story())
    states = [json.loads(data) for name, data in seen if name == "state"]
    assert [state["state"] for state in states][0] == "running"
    assert states[-1]["state"] == "completed"
    assert len({state["seen"] for state in states}) == len(states)
    assert seen[-1][0] == "end"
    assert sum(name == "log" for name, _ in seen) == 1


def test_a_log_is_whole_once_its_result_is_here_before_the_cost_is_final(job: Job) -> None:
    job_log(job, ["the only line"])

    async def story() -> list[str]:
        seen: list[str] = []
        async for name, _ in frames(streams.job_events(job, after=0)):
            seen.append(name)
            if seen.count("state") == 1 and name == "state":
                await apart(job_end, job)
            if name == "whole":
                break
        return seen

    seen = run(story())
    assert seen.count("log") == 1
    assert seen[-1] == "whole"
    assert not Attempt.objects.filter(job=job).exclude(settled_at=None).exists()


def job_end(job: Job) -> None:
    """End it as the chain confirms it, with its result, and nothing final yet."""
    assert job.attempt
    now = timezone.now()
    done = Observation(seen=Seen.DONE, slot=4290, node=NODE, started_at=now - timedelta(seconds=5), ended_at=now)
    job_observe(attempt_id=job.attempt.pk, observation=done, now=now)
    result_store(attempt_id=job.attempt.pk, cid="", result={"status": "success", "opStates": []}, now=now)


def test_a_quiet_stream_keeps_the_line_open(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 0.05)

    async def story() -> str:
        async for frame in streams.job_events(job, after=0):
            if frame.startswith(":"):
                return frame
        return ""

    assert run(story()) == ": still here\n\n"


def test_many_watchers_share_one_connection_and_leave_nothing_behind(job: Job) -> None:
    def listeners() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE '%LISTEN%' AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    async def story() -> tuple[list[list[str]], int, int]:
        watchers = [streams.job_events(job, after=0) for _ in range(40)]
        readings = [asyncio.create_task(lines_until(watcher, 20)) for watcher in watchers]
        while hub().watching < 40:
            await asyncio.sleep(0.01)
        connected = await apart(listeners)
        for n in range(20):
            await apart(job_log, job, [f"line {n}"], start=n)
        texts = await asyncio.gather(*readings)
        for watcher in watchers:
            await watcher.aclose()
        return texts, connected, hub().watching

    texts, connected, left = run(story())
    assert texts == [[f"line {n}" for n in range(20)]] * 40
    assert connected == 1
    assert left == 0


def test_a_lost_database_connection_loses_no_line(job: Job) -> None:
    began = timezone.now()  # what was connected before is another test's, and may be used again

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_start > %s",
                [began],
            )
            assert cursor.fetchone() > (0,)

    async def story() -> list[str]:
        reading = asyncio.create_task(lines_until(streams.job_events(job, after=0), 2))
        await apart(job_log, job, ["before"])
        while not hub().watching:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        await apart(cut)
        await apart(job_log, job, ["after"], start=1)
        return await reading

    connection.close()
    assert run(story()) == ["before", "after"]


@pytest.mark.parametrize(("email", "status"), [("xena@acme.example", 404), ("victor@acme.example", 200)])
def test_only_members_follow_a_log(job: Job, email: str, status: int) -> None:
    async def story() -> list[int]:
        client = await client_of(email)
        urls = (f"/o/acme/jobs/{job.pk}/stream/", f"/o/acme/jobs/{job.pk}/log.txt")
        return [(await client.get(url)).status_code for url in urls]

    assert run(story()) == [status, status]


def test_strangers_follow_nothing(job: Job) -> None:
    async def story() -> int:
        return int((await AsyncClient().get(f"/o/acme/jobs/{job.pk}/stream/")).status_code)

    assert run(story()) == 401


def test_the_log_downloads_whole_with_time_and_operation(job: Job) -> None:
    job_log(job, [f"line {n}" for n in range(1200)])

    async def story() -> str:
        client = await client_of("victor@acme.example")
        response = await client.get(f"/o/acme/jobs/{job.pk}/log.txt")
        assert "attachment" in response.headers["Content-Disposition"]
        return "".join([piece.decode() async for piece in response.streaming_content])

    text = run(story())
    assert text.count("\n") == 1200
    assert text.splitlines()[-1].endswith("Z primes stdout: line 1199")


def test_the_log_downloads_whole_as_one_object_a_line(job: Job) -> None:
    job_log(job, [f"line {n}" for n in range(1200)])

    async def story() -> str:
        client = await client_of("victor@acme.example")
        response = await client.get(f"/o/acme/jobs/{job.pk}/log.ndjson")
        return "".join([piece.decode() async for piece in response.streaming_content])

    lines = [json.loads(line) for line in run(story()).splitlines()]
    assert [(line["seq"], line["text"]) for line in lines] == [(n + 1, f"line {n}") for n in range(1200)]
    assert set(lines[0]) == {"seq", "op", "stream", "at", "text"}


def test_a_part_of_the_log_is_answered_by_its_numbers(job: Job) -> None:
    job_log(job, [f"line {n}" for n in range(1, 31)])

    async def story() -> list[list[int]]:
        client = await client_of("victor@acme.example")
        answers = []
        for asked in ("after=10&until=13", "after=27", "after=20&until=5", "after=x&until=2"):
            response = await client.get(f"/o/acme/jobs/{job.pk}/log.ndjson?{asked}")
            text = "".join([piece.decode() async for piece in response.streaming_content])
            answers.append([json.loads(line)["seq"] for line in text.splitlines()])
        return answers

    assert run(story()) == [[11, 12, 13], [28, 29, 30], [], [1, 2]]
