"""What machines ask: does it live, can it serve, how does it do."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.core.models import Message
from apps.support import health
from tests.world import World

TOKEN = {"Authorization": "Bearer a-token"}
OPERATIONS = Path(__file__).resolve().parents[2] / "operations"


@pytest.fixture(autouse=True)
def _token(settings: Any) -> None:
    settings.METRICS_TOKEN = "a-token"


def figures() -> dict[str, float]:
    """Return every sample that Prometheus would read, by its name and labels."""
    answer = Client().get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found[sample.name + "".join(f"{{{value}}}" for value in sample.labels.values())] = sample.value
    return found


def test_a_process_that_lives_says_so_without_asking_anybody(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", headers={"Host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_process_that_can_serve_says_so(db: None) -> None:
    assert Client().get("/readyz").json() == {"status": "ok", "database": "ok", "migrations": "ok", "redis": "ok"}


@pytest.mark.parametrize(
    ("part", "error"), [("database", OperationalError("host db refused")), ("redis", redis.ConnectionError("r"))]
)
def test_what_is_missing_is_named_and_its_secrets_are_not(
    db: None, monkeypatch: pytest.MonkeyPatch, part: str, error: Exception
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setitem(health.CHECKS, part, fail)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()[part]) == (503, type(error).__name__)
    assert "refused" not in answer.content.decode()


@pytest.mark.parametrize("place", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1/0"])
def test_a_redis_that_is_away_is_named_however_it_is_reached(db: None, settings: Any, place: str) -> None:
    settings.REDIS_URL, settings.CACHES = "redis+socket:///x", {"default": {"LOCATION": place}}
    with pytest.raises(redis.ConnectionError):
        health.CHECKS["redis"]()


def test_a_database_of_an_older_version_is_not_served(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["one"])
    assert Client().get("/readyz").json()["migrations"] == "migrations wait"


def test_machines_are_answered_during_maintenance(db: None, settings: Any) -> None:
    settings.MAINTENANCE = "We are back at noon."
    assert [Client().get(path).status_code for path in ("/healthz", "/readyz", "/")] == [200, 200, 503]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_can_only_be_read(path: str) -> None:
    assert Client().post(path, headers=TOKEN).status_code == 405


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic a-token"}])
def test_figures_are_for_who_has_the_token(given: dict[str, str]) -> None:
    assert Client().get("/metrics", headers=given).status_code == 404


def test_without_a_token_there_are_no_figures_at_all(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_what_waits_is_counted_with_its_age(world: World) -> None:
    now = timezone.now()
    Message.objects.create(name="x", parked_at=now - timedelta(hours=1))
    Message.objects.create(name="y", next_at=now - timedelta(minutes=5))
    found = figures()
    assert found["nosana_needs{tasks-that-were-given-up}"] == 1
    assert 3600 <= found["nosana_needs_age_seconds{tasks-that-were-given-up}"] < 3700
    assert found["nosana_tasks_due{default}"] == 1
    assert 300 <= found["nosana_tasks_due_age_seconds"] < 400
    assert found["nosana_jobs{running}"] == 0


def test_the_figures_are_a_fixed_number_of_questions(world: World, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(len(health.HEAPS) + 20):
        figures()


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_every_figure_that_alerts_and_graphs_ask_for_is_told(world: World, file: str) -> None:
    told = {name.split("{")[0] for name in figures()}
    asked = set(re.findall(r"\bnosana_\w+", (OPERATIONS / file).read_text()))
    assert asked
    assert asked <= told


def test_every_heap_of_the_desk_has_an_alert(world: World) -> None:
    rules = (OPERATIONS / "alerts.yml").read_text()
    heaps = {name.split("{")[1].rstrip("}") for name in figures() if name.startswith("nosana_needs{")}
    named = set(re.findall(r'heap="([\w-]+)"', rules)) | set(
        re.findall(r"[\w-]+", " ".join(re.findall(r'heap=~"([^"]+)"', rules)))
    )
    assert heaps <= named
