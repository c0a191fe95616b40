"""What is told to Sentry and OpenTelemetry: enough to find the cause, and no secret."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.test import Client
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.transport import Transport

from apps.core import queue
from apps.core.spans import tracer_set
from apps.core.watching.sentry import sentry_start
from apps.core.watching.telemetry import telemetry_start

SECRET = "sk_live_" + "a1b2" * 6


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        if event := envelope.get_event():
            self.events.append(event)


@pytest.fixture
def sentry() -> Iterator[Kept]:
    kept = Kept({"dsn": "https://key@sentry.example/1"})
    sentry_start(dsn="https://key@sentry.example/1", transport=kept, auto_enabling_integrations=False)
    yield kept
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def spans() -> Iterator[Any]:
    exporter = InMemorySpanExporter()
    provider = telemetry_start(exporter)

    def ended() -> Any:
        provider.force_flush()
        return exporter.get_finished_spans()

    yield ended
    tracer_set(None)
    provider.shutdown()


def test_an_error_is_told_to_sentry_without_its_secrets(sentry: Kept) -> None:
    logging.getLogger("httpx").warning("asked with Authorization: Bearer %s", SECRET)
    local = SECRET
    try:
        raise ValueError(f"refused {local}, card 4242 4242 4242 4242")
    except ValueError:
        with sentry_sdk.new_scope() as scope:
            scope.set_context("call", {"token": SECRET})
            scope.add_event_processor(
                lambda event, hint: (
                    event
                    | {
                        "request": {
                            "url": f"https://x/invite/{SECRET[8:]}",
                            "method": "GET",
                            "cookies": {"s": SECRET},
                        },
                        "transaction": f"/invite/{SECRET[8:]}",
                        "transaction_info": {"source": "url"},
                    }
                )
            )
            logging.getLogger("apps").exception("the act failed with %s", SECRET)
    [event] = sentry.events
    told = json.dumps(event, default=str)
    assert "ValueError" in told
    assert "the act failed with sk_live_" in told
    assert event["request"] == {"method": "GET"}
    assert event["transaction"] == "an unknown address"
    assert SECRET[8:] not in told
    assert "4242 4242 4242" not in told


def test_a_request_is_a_span_by_its_route_with_its_ids_and_no_address(db: None, spans: Any) -> None:
    answer = Client().get(f"/invitations/{SECRET}/")
    [span] = spans()
    assert SECRET not in f"{span.name} {span.attributes}"
    assert span.name.startswith("GET ")
    assert span.attributes["status"] == answer.status_code
    assert span.attributes["request_id"] == answer["X-Request-ID"]


def test_a_task_is_a_span_and_its_failure_a_kind(db: None, spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    monkeypatch.setitem(queue.TASKS, "core.fails", queue.Task("core.fails", fail, attempts=1, every=60.0))
    now = queue.timezone.now()
    queue.periodic_run("core.heart_beat", now=now)
    with pytest.raises(ValueError, match="sk_live"):
        queue.periodic_run("core.fails", now=now)
    beat, failed = spans()
    assert (beat.name, failed.name) == ("task core.heart_beat", "task core.fails")
    assert failed.status.description == "ValueError"
    assert SECRET not in failed.to_json()


def test_without_a_setting_neither_is_even_loaded() -> None:
    asked = (
        "import django, sys; django.setup();"
        "print([n for n in sys.modules if n.split('.')[0] in ('sentry_sdk', 'opentelemetry')])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=120, check=True)
    assert told.stdout.strip() == "[]"
