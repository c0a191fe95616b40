"""Lines are stored in order and once; results without their logs, within bounds."""

import json

import psycopg
import pytest
from django.db import connection

from apps.jobs.models import Job, LogBook
from apps.jobs.selectors import log_after, log_positions
from apps.jobs.services import LogEntry, batch_of, loglines_add, loglines_store, result_store
from apps.jobs.services.logs import PLACES_LIMIT, TEXT_LIMIT
from apps.jobs.services.results import RESULT_LIMIT, result_slim
from tests.jobs.conftest import NOW


def lines(*texts: str, start: int = 0, op_id: str = "a", stream: str = "container") -> list[LogEntry]:
    return [LogEntry(op_id, start + number, stream, NOW, text) for number, text in enumerate(texts)]


def test_lines_get_their_sequence_once_whatever_is_replayed(submit) -> None:
    job = submit()
    assert loglines_add(job.attempt.pk, lines("one", "two")) == 2
    assert loglines_add(job.attempt.pk, lines("one", "two", "three")) == 1
    assert loglines_add(job.attempt.pk, lines("pulling", stream="info")) == 1
    stored = [(line.seq, line.text) for line in log_after(job)]
    assert stored == [(1, "one"), (2, "two"), (3, "three"), (4, "pulling")]
    assert [line.text for line in log_after(job, 2)] == ["three", "pulling"]
    assert log_positions(job.attempt.pk) == {("a", "container"): 3, ("a", "info"): 1}


def test_lines_of_several_jobs_are_stored_together_each_in_its_order(submit) -> None:
    first, second = submit(), submit(submission_key="two")
    batches = [batch_of(job.attempt.pk, lines("one", "two")) for job in (first, second)]
    assert loglines_store([*batches, batch_of(first.attempt.pk, lines("three", start=2))]) == 5
    assert [(line.seq, line.text) for line in log_after(first)] == [(1, "one"), (2, "two"), (3, "three")]
    assert [(line.seq, line.text) for line in log_after(second)] == [(1, "one"), (2, "two")]


def test_a_log_that_is_full_says_so_and_counts_what_it_drops(submit, settings) -> None:
    settings.JOB_LOG_BYTES = 10
    job = submit()
    assert loglines_add(job.attempt.pk, lines("12345", "12345", "lost", "lost too")) == 3
    assert loglines_add(job.attempt.pk, lines("12345", "12345", "lost", "lost too", "lost as well")) == 0
    assert [line.stream for line in log_after(job)] == ["container", "container", "note"]
    assert "the most that is kept" in log_after(job)[2].text
    book = LogBook.objects.get(job=job)
    assert (book.dropped_lines, book.dropped_bytes, book.bytes) == (3, 24, 10)


def test_a_line_that_is_too_long_is_cut_and_says_so(submit) -> None:
    job = submit()
    loglines_add(job.attempt.pk, lines("x" * (TEXT_LIMIT + 1_234)))
    assert log_after(job)[0].text == "x" * TEXT_LIMIT + "… (1,234 characters more were cut off)"


def test_a_node_that_invents_operations_is_not_believed_without_end(submit) -> None:
    job = submit()
    invented = [LogEntry(f"op-{number}", 0, "container", NOW, "x") for number in range(PLACES_LIMIT + 5)]
    assert loglines_add(job.attempt.pk, invented) == PLACES_LIMIT


def test_what_postgresql_cannot_keep_is_replaced(submit) -> None:
    job = submit()
    loglines_add(job.attempt.pk, lines("a\x00b\ud800c"))
    assert log_after(job)[0].text == "a\ufffdb?c"
    result_store(attempt_id=job.attempt.pk, cid="Qm", result={"opStates": [], "x": "a\x00\ud800"}, now=NOW)
    assert Job.objects.get(pk=job.pk).result["x"] == "a\ufffd?"


@pytest.mark.django_db(transaction=True)
def test_whoever_listens_hears_of_new_lines(submit) -> None:
    job = submit()
    given = connection.get_connection_params()
    options = {name: given[name] for name in ("host", "dbname", "user", "password", "port") if given.get(name)}
    with psycopg.connect(autocommit=True, **options) as listener:
        listener.execute(f"LISTEN job_{job.pk.hex}")
        loglines_add(job.attempt.pk, lines("one", "two"))
        notices = [notice.payload for notice in listener.notifies(timeout=30, stop_after=1)]
    assert notices == ["log 2"]


def test_a_result_is_stored_once_without_logs_and_secrets(submit) -> None:
    job = submit()
    state = {"operationId": "a", "exitCode": 0, "logs": [{"log": "x"}], "results": {"n": "1"}}
    result = {"status": "success", "secrets": {"k": "v"}, "opStates": [state]}
    assert result_store(attempt_id=job.attempt.pk, cid="Qm", result=result, now=NOW)
    assert not result_store(attempt_id=job.attempt.pk, cid="Qm", result={"status": "other"}, now=NOW)
    kept = Job.objects.get(pk=job.pk).result
    assert kept == {
        "status": "success",
        "opStates": [{"operationId": "a", "exitCode": 0, "results": {"n": "1"}}],
    }


@pytest.mark.parametrize(
    "states", [None, 7, "x", [1, None, {"operationId": "a", "results": {"n": "x" * RESULT_LIMIT}}]]
)
def test_a_result_is_bounded_whatever_a_node_pins(states: object) -> None:
    kept = result_slim({"status": "s" * 10, "startTime": 1, "endTime": {"no": "time"}, "opStates": states})
    assert len(json.dumps(kept)) < 10_000
    assert kept["status"] == "s" * 10


def test_a_notice_outside_a_transaction_is_refused(submit) -> None:
    assert loglines_add(submit().attempt.pk, []) == 0
