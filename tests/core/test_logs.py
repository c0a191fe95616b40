"""Every line says what it is about, an id leads from an answer to all its lines, and no field holds a secret."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from structlog.contextvars import get_contextvars

from apps.core import queue
from apps.core.logs import JsonFormatter, LineFormatter, bind, bound
from apps.core.models import Message
from tests.world import World

SECRET = "sk_live_" + "a" * 20 + "7777"


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is logged meanwhile, as the objects that production writes."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    roots = [logging.getLogger(), logging.getLogger("django"), logging.getLogger("nosana_web.requests")]
    for logger in roots[:2]:
        logger.addHandler(handler)
    level = roots[2].level
    roots[2].setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    roots[2].setLevel(level)
    for logger in roots[:2]:
        logger.removeHandler(handler)


def written(formatter: logging.Formatter, words: str, *values: object, **extra: object) -> str:
    """Return the record as the formatter writes it."""
    record = logging.LogRecord("apps.x", logging.WARNING, "", 1, words, values, None)
    record.__dict__ |= extra
    return formatter.format(record)


def test_a_line_carries_what_is_bound_and_what_it_brings() -> None:
    with bound(organisation_id="o1", job_id="j1", order_id=None):
        line = json.loads(written(JsonFormatter(), "took %s", "long", order_id="r1"))
        assert written(LineFormatter(), "took %s", "long") == "W apps.x took long [job=j1 organisation=o1]"
    assert {"event": "took long", "level": "warning", "logger": "apps.x"}.items() <= line.items()
    assert (line["organisation_id"], line["job_id"], line["order_id"]) == ("o1", "j1", "r1")
    assert line["timestamp"].endswith("Z")
    assert get_contextvars() == {}


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_no_colours_of_the_server_reach_a_line(formatter: logging.Formatter) -> None:
    assert "36m" not in written(formatter, "Started [%d]", 7, color_message="Started [\x1b[36m%d\x1b[0m]")


@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_no_field_however_deep_holds_a_secret(formatter: logging.Formatter) -> None:
    deep = {"headers": [{"Authorization": "Basic abc"}], "card": 4242424242424242, "password": "short"}
    with bound(job_id=SECRET):
        text = written(formatter, "asked %s", SECRET, sent=deep, api_key="tiny", note=f"whsec_{'b' * 24}")
    for secret in ("aaaa", "Basic abc", "4242424242424242", "short", "tiny", "bbbbb"):
        assert secret not in text
    assert "sk_live_•••" in text or "sk_live_\\u2022" in text


def test_a_value_forges_no_line() -> None:
    with bound(job_id="a\nE apps.y forged"):
        assert "\n" not in written(LineFormatter(), "b\nc %s", "\x1b[2J")


def test_an_answer_names_its_request_and_so_do_the_lines_and_tasks_it_caused(
    world: World, client: Client, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        queue.enqueue("core.after", thing_id="t1")
        raise RuntimeError("broke")

    monkeypatch.setitem(queue.TASKS, "core.broken", queue.Task("core.broken", fail, attempts=3))
    with bound(request_id="req-12345678"):
        message = queue.enqueue("core.broken", organisation_id=str(world.acme.pk), job_id="j1")
    assert queue.message_run(str(message.pk), now=timezone.now()) is False
    (line,) = [line for line in lines() if "failed" in line["event"]]
    assert (line["request_id"], line["organisation_id"], line["job_id"]) == (
        "req-12345678",
        str(world.acme.pk),
        "j1",
    )
    assert (line["task"], line["message_id"]) == ("core.broken", str(message.pk))
    assert "RuntimeError: broke" in line["exception"]
    assert Message.objects.get(name="core.after").request_id == "req-12345678"
    assert get_contextvars() == {}


def test_what_one_statement_enqueues_carries_the_request_too(db: None) -> None:
    with bound(request_id="req-12345678"):
        assert queue.enqueue_with("core.x", "SELECT 1 AS one", [])
    assert Message.objects.get().request_id == "req-12345678"


def test_pages_and_problems_tell_the_number_and_lines_the_organisation(
    world: World, client: Client, lines: Any
) -> None:
    client.force_login(world.olga)
    page = client.get("/o/nobody/jobs/")
    assert page.status_code == 404
    assert page["X-Request-ID"] in page.content.decode()
    problem = client.get("/api/v1/nothing/")
    assert problem.json()["request_id"] == problem["X-Request-ID"] != page["X-Request-ID"]
    home = client.get(f"/o/{world.acme.slug}/jobs/")
    (line,) = [line for line in lines() if line.get("request_id") == home["X-Request-ID"]]
    assert line["event"] == "GET /o/<slug:slug>/jobs/: 200"
    assert line["organisation_id"] == str(world.acme.pk)
    assert get_contextvars() == {}


def test_our_own_failure_shows_the_number_that_its_line_has(
    world: World, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broke")

    monkeypatch.setattr("apps.core.middleware.refusal_answer", broken)
    client = Client(raise_request_exception=False)
    answer = client.get("/?a=%00")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    failed = [line for line in lines() if "RuntimeError: broke" in line.get("exception", "")]
    assert [line["request_id"] for line in failed] == [answer["X-Request-ID"]]


def test_only_a_proxy_of_ours_may_give_the_number(db: None, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    given = {"headers": {"X-Request-ID": "given-by-proxy"}}
    assert Client(REMOTE_ADDR="10.0.0.1").get("/healthz", **given)["X-Request-ID"] == "given-by-proxy"
    assert Client(REMOTE_ADDR="192.0.2.1").get("/healthz", **given)["X-Request-ID"] != "given-by-proxy"
    odd = {"headers": {"X-Request-ID": "a b\tc <script>"}}
    assert " " not in Client(REMOTE_ADDR="10.0.0.1").get("/healthz", **odd)["X-Request-ID"]


def test_nothing_is_bound_outside_of_a_request() -> None:
    bind(organisation_id="o1")
    assert get_contextvars() == {}


def test_the_server_s_own_lines_tell_no_addresses(settings: Any) -> None:
    assert settings.LOGGING["loggers"]["uvicorn.access"] == {"handlers": [], "propagate": False}
