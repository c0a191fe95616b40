"""Lines are stored in order and once; results without their logs, within bounds."""

import json

import psycopg
import pytest
from django.db import connection

from apps.jobs.models import Job
from apps.jobs.selectors import log_after, log_positions
from apps.jobs.services import LogEntry, loglines_add, result_store
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


def test_a_gap_is_filled(submit) -> None:
    job = submit()
    loglines_add(job.attempt.pk, lines("three", start=2))
    assert loglines_add(job.attempt.pk, lines("one", "two", "three")) == 2


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
        notices = [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)]
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
