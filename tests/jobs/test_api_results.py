"""What came of a job, for programs: its events, tries, result and log."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from apps.core.hub import READERS
from apps.jobs.models import Job
from tests.console.scene import job_finish, job_list, job_log, job_run
from tests.jobs.conftest import JOBS
from tests.organisations.keys import key_make
from tests.organisations.programs import Program, refused
from tests.world import World


@pytest.fixture
def done(rich: World, launched: dict[str, Any]) -> Job:
    """A job that has run to its end, with three lines of log."""
    job = Job.objects.select_related("attempt").get()
    now = timezone.now()
    job_list(job, now)
    job_run(job, now)
    job_log(job, ["one", "two", "three"], now=now)
    job_finish(job, started=now, ended=now + timedelta(seconds=5))
    return job


def test_a_program_reads_what_happened_and_what_came_of_it(program: Program, done: Job) -> None:
    path = f"{JOBS}/{done.pk}"
    kinds = [one["kind"] for one in program.get(f"{path}/events", limit="100").json()["items"]]
    assert (kinds[0], kinds[-1]) == ("submitted", "result")
    (attempt,) = program.get(f"{path}/attempts").json()["items"]
    assert (attempt["number"], attempt["seconds"]) == (1, 5)
    result = program.get(f"{path}/result").json()
    assert result["operations"] == [
        {
            "operation": "primes",
            "status": "success",
            "exit_code": 0,
            "values": {"primes": ["148933"]},
            "errors": [],
        }
    ]
    whole = program.get(f"{path}/result.json")
    assert "attachment" in whole["Content-Disposition"]
    assert whole.json()["status"] == "success"
    job = program.get(path).json()
    assert (job["state"], job["settled"]) == ("completed", True)
    assert job["cost_micro"] == attempt["cost_micro"] + attempt["fee_micro"]


def test_a_result_that_is_not_there_yet_is_refused_with_a_sentence(
    program: Program, launched: dict[str, Any]
) -> None:
    path = f"{JOBS}/{launched['id']}"
    refused(program.get(f"{path}/result.json"), 409, "result_missing")
    assert program.get(f"{path}/result").json()["operations"] == []


def test_a_log_is_read_by_pages(program: Program, done: Job) -> None:
    path = f"{JOBS}/{done.pk}/log"
    page = program.get(path, limit="2").json()
    assert [line["text"] for line in page["lines"]] == ["one", "two"]
    assert [line["text"] for line in program.get(path, after=str(page["next_after"])).json()["lines"]] == ["three"]


def test_what_is_not_a_get_is_refused_by_the_files_of_a_log(program: Program, done: Job) -> None:
    for ending in ("log.txt", "log.ndjson", "log/stream"):
        answer = program.post(f"{JOBS}/{done.pk}/{ending}", {})
        refused(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD"
        for asked in ({"colour": "red"}, {"after": "x"}):
            answer = program.get(f"{JOBS}/{done.pk}/{ending}", **asked)
            refused(answer, 400, "invalid")
            assert list(answer.json()["fields"]) == list(asked)
        anonymous = Program("nos_sandbox_" + "a" * 55).get(f"{JOBS}/{done.pk}/{ending}")
        refused(anonymous, 401, "key_unknown")


@pytest.fixture
def readers_close() -> Iterator[None]:
    """Close the connections of the threads that read for streams."""
    yield
    for reader in [READERS.submit(connections.close_all) for _ in range(8)]:
        reader.result()


def test_a_program_follows_a_log_as_text_as_json_and_live(
    transactional_db: None, done: Job, rich: World, readers_close: None
) -> None:
    token = key_make(rich.mia, "jobs.view").token

    async def read(ending: str, **headers: str) -> str:
        known = {"Authorization": f"Bearer {token}", **headers}
        answer = await AsyncClient().get(f"{JOBS}/{done.pk}/{ending}", headers=known)
        assert answer.status_code == 200
        return "".join([piece.decode() async for piece in answer.streaming_content])

    async def story() -> tuple[str, str, str]:
        return (
            await read("log.txt"),
            await read("log.ndjson"),
            await read("log/stream", **{"Last-Event-ID": "2"}),
        )

    text, rows, live = asyncio.run(asyncio.wait_for(story(), 60))
    assert [line.rpartition(": ")[2] for line in text.splitlines()] == ["one", "two", "three"]
    assert [json.loads(line)["text"] for line in rows.splitlines()] == ["one", "two", "three"]
    assert '"three"' in live
    assert '"two"' not in live
    assert "event: end" in live
