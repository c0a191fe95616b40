"""The search through all logs: by pages where there are some, line by line where there are none yet."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core.errors import AppError
from apps.jobs.grams import grams_of
from apps.jobs.models import Job, LogBook, LogPage
from apps.jobs.selectors import LogWanted, logs_search
from apps.jobs.services import LogEntry, log_pages, loglines_add, logs_expire, logs_page
from apps.organisations.models import Grant, Membership
from tests.jobs.conftest import NOW
from tests.world import World


def wrote(job: Job, texts: list[str], *, start: int = 0, stream: str = "container") -> None:
    """Let the job write these lines, a second apart."""
    assert job.attempt
    loglines_add(
        job.attempt.pk,
        [LogEntry("a", n, stream, NOW + timedelta(seconds=n), text) for n, text in enumerate(texts, start)],
    )


@pytest.fixture
def jobs(submit: Any, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Two jobs of 25 lines each, in pages of ten; the last five of each are not paged yet."""
    monkeypatch.setattr(log_pages, "PAGE_LINES", 10)
    made = [submit(submission_key=str(n), name=f"Run {n}") for n in range(2)]
    for job in made:
        wrote(job, [f"step {n}: {'Loss ROSE_%' if n % 12 == 0 else 'fine'}" for n in range(1, 26)])
    assert logs_page(now=NOW) == 4
    return made


@pytest.fixture
def mia_sees(mia: Membership) -> Grant:
    """What Mia may see."""
    return Grant.of_member(mia)


def found(
    grant: Grant, words: str, before: str = "", *, limit: int = 100, **narrowed: Any
) -> list[tuple[str, int]]:
    """Return job name and line of what is found."""
    lines = logs_search(grant, LogWanted(words, **narrowed), before, limit=limit).lines
    return [(line.job.name, line.seq) for line in lines]


def test_lines_are_found_in_any_case_newest_first_paged_or_not(jobs: list[Job], mia_sees: Grant) -> None:
    everything = [("Run 1", 24), ("Run 1", 12), ("Run 0", 24), ("Run 0", 12)]
    assert found(mia_sees, "loss rose_%") == everything
    assert found(mia_sees, "step 13") == [("Run 1", 13), ("Run 0", 13)]
    assert found(mia_sees, "nowhere") == []
    assert LogBook.objects.filter(paged=20, lines=25).count() == 2


def test_findings_come_by_the_page_without_gap_or_repeat(
    jobs: list[Job], mia_sees: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pages_read in (100, 1):
        monkeypatch.setattr("apps.jobs.selectors.findings.PAGES_READ", pages_read)
        seen, before = [], ""
        while True:
            page = logs_search(mia_sees, LogWanted("fine"), before, limit=7)
            seen += [(line.job.name, line.seq) for line in page.lines]
            if page.next_before is None:
                break
            before = page.next_before
        assert len(seen) == len(set(seen)) == 46
        assert seen == sorted(seen, key=lambda one: (one[0], one[1]), reverse=True)


def test_findings_are_narrowed_by_job_project_time_and_level(
    jobs: list[Job], mia_sees: Grant, rich: World
) -> None:
    assert found(mia_sees, "loss", job_id=jobs[0].pk) == [("Run 0", 24), ("Run 0", 12)]
    assert found(mia_sees, "loss", since=NOW + timedelta(seconds=20), job_id=jobs[0].pk) == [("Run 0", 24)]
    assert found(mia_sees, "loss", until=NOW + timedelta(seconds=20), job_id=jobs[0].pk) == [("Run 0", 12)]
    assert found(mia_sees, "loss", project_id=rich.acme.projects.create(name="Lab", slug="lab").pk) == []
    wrote(jobs[0], ["WARNING: loss is odd", "Error: loss is NaN", "a loss of terror"], start=25)
    assert found(mia_sees, "loss", level="error") == [("Run 0", 27)]
    assert found(mia_sees, "loss", level="warning") == [("Run 0", 27), ("Run 0", 26)]


def test_it_takes_four_questions_however_many_logs_there_are(
    jobs: list[Job], mia_sees: Grant, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):
        assert len(found(mia_sees, "loss")) == 4


def test_other_organisations_find_nothing_and_odd_questions_are_refused(
    jobs: list[Job], mia_sees: Grant, rich: World
) -> None:
    xena = Grant.of_member(rich.other.memberships.select_related("organisation", "user").get())
    assert found(xena, "loss") == []
    assert found(xena, "loss", job_id=jobs[0].pk) == []
    with pytest.raises(AppError, match="three letters"):
        found(mia_sees, "lo")
    for mark in ("x", "x:1", f"{jobs[0].pk.hex}:", f"{jobs[0].pk.hex}:²", ":"):
        with pytest.raises(AppError, match="marks no line"):
            found(mia_sees, "loss", mark)


def test_the_last_page_is_made_when_the_job_is_over_and_goes_with_its_lines(
    jobs: list[Job], mia_sees: Grant
) -> None:
    Job.objects.update(state="stopped", ended_at=NOW)
    assert (logs_page(now=NOW), logs_page(now=NOW)) == (2, 0)
    assert list(LogPage.objects.filter(job=jobs[0]).values_list("first_seq", "last_seq")) == [
        (1, 10),
        (11, 20),
        (21, 25),
    ]
    assert len(found(mia_sees, "loss")) == 4
    wrote(jobs[1], ["a late loss"], start=25)
    assert found(mia_sees, "late loss") == [("Run 1", 26)]
    assert logs_expire(now=NOW + timedelta(days=91)) == 2
    assert not LogPage.objects.exists()
    assert found(mia_sees, "loss") == []


def test_grams_are_exact_and_know_no_case() -> None:
    assert grams_of("ab") == set()
    assert grams_of("ABCd") == grams_of("abc") | grams_of("BCD")
    assert grams_of("abc") != grams_of("acb")
    assert max(grams_of("\U0010ffff" * 3)) < 2**63
