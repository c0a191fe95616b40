"""The whole log: searched, downloaded, kept as long as the organisation says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.jobs.models import Job, LogBook, LogKeeping, LogLine
from apps.jobs.selectors import logs as log_questions
from apps.jobs.services import LogEntry, loglines_add, logs_expire
from apps.organisations.models import AuditEvent
from tests.jobs.conftest import NOW
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(submit: Any) -> Job:
    """A job that wrote 25 lines."""
    made: Job = submit()
    assert made.attempt
    texts = [f"step {n} of 25: {'Loss <b>rose</b>' if n % 10 == 0 else 'fine'}" for n in range(1, 26)]
    loglines_add(made.attempt.pk, [LogEntry("a", n, "container", NOW, text) for n, text in enumerate(texts)])
    return made


def url(job: Job, rest: str) -> str:
    """Return an address below the job's page."""
    return f"/o/acme/jobs/{job.pk}/{rest}"


def test_a_search_finds_lines_in_any_case_and_shows_them_as_text(world: World, job: Job) -> None:
    page = world.client(world.victor).get(url(job, "log/?q=LOSS"))
    assert page.status_code == 200
    assert page.content.count(b'class="line container"') == 2
    assert b"<mark>Loss</mark> &lt;b&gt;rose" in page.content
    assert b"No line of the log holds" in world.client(world.victor).get(url(job, "log/?q=nothing")).content


def test_a_long_log_is_searched_in_windows(world: World, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_questions, "WINDOW", 4)
    found = log_questions.log_search(job, "loss")
    assert ([line.seq for line in found.lines], found.next_after) == ([10, 20], None)
    found = log_questions.log_search(job, "loss", limit=1)
    assert ([line.seq for line in found.lines], found.next_after) == ([10], 10)
    monkeypatch.setattr(log_questions, "SEARCH_S", 0.0)
    found = log_questions.log_search(job, "loss", after=12)
    assert (found.lines, found.next_after) == ([], 12)


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "x" * 5000])
def test_odd_words_are_words(world: World, job: Job, words: str) -> None:
    page = world.client(world.victor).get(url(job, "log/"), {"q": words})
    assert page.status_code == 200
    assert b'class="line' not in page.content


def test_outsiders_find_no_log(world: World, job: Job) -> None:
    for rest in ("log/?q=x", "log.ndjson"):
        assert world.client(world.xena).get(url(job, rest)).status_code == 404


def test_programs_read_and_search_the_log(world: World, job: Job) -> None:
    client, path = world.client(world.victor), f"/api/v1/organisations/acme/jobs/{job.pk}/log"
    first = client.get(path, {"limit": 20}).json()
    assert ([line["seq"] for line in first["lines"]], first["next_after"]) == (list(range(1, 21)), 20)
    second = client.get(path, {"after": 20}).json()
    assert (len(second["lines"]), second["next_after"]) == (5, None)
    found = client.get(path, {"q": "loss"}).json()
    assert [(line["seq"], line["stream"]) for line in found["lines"]] == [(10, "container"), (20, "container")]
    for odd in ({"limit": 0}, {"after": "x"}, {"after": -1}, {"limit": 10**9}, {"unknown": 1}, {"after": 2**40}):
        assert client.get(path, odd).status_code == 400
    assert Client().get(path).status_code == 401


def test_the_organisation_says_how_long_logs_are_kept(world: World) -> None:
    olga, address = world.client(world.olga), "/o/acme/settings/logs/"
    assert b'value="90"' in olga.get(address).content
    for _ in range(2):
        assert olga.post(address, {"days": 7}).status_code == 302
    assert LogKeeping.objects.get().days == 7
    assert AuditEvent.objects.filter(act="log_keeping.set").count() == 1
    for odd in ("", "0", "x", "99999"):
        assert olga.post(address, {"days": odd}).status_code == 422
    assert world.client(world.mia).post(address, {"days": 1}).status_code == 403
    assert world.client(world.mia).get(address).status_code == 200
    assert world.client(world.xena).get(address).status_code == 404
    assert LogKeeping.objects.get().days == 7


def test_lines_are_deleted_when_their_time_is_over(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.jobs.services.keeping.LINES_AT_ONCE", 10)
    later = NOW + timedelta(days=91)
    assert logs_expire(now=later) == 0  # the job lives
    Job.objects.filter(pk=job.pk).update(state="stopped", ended_at=NOW)
    assert logs_expire(now=NOW + timedelta(days=89)) == 0
    LogKeeping.objects.create(organisation=world.acme, days=7)
    assert logs_expire(now=NOW + timedelta(days=8)) == 1
    assert logs_expire(now=later) == 0
    assert not LogLine.objects.exists()
    assert LogBook.objects.get().deleted_at == NOW + timedelta(days=8)
    page = world.client(world.victor).get(url(job, ""))
    assert b"The log was deleted on" in page.content
    assert loglines_add(job.attempt.pk, [LogEntry("a", 0, "container", NOW, "again")]) == 0  # type: ignore[union-attr]
