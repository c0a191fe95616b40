"""Is the platform up, can it serve, and how does it do: three addresses for machines that watch it.

`/healthz` says that the process lives and asks nobody. `/readyz` says whether pages can be served now: 200, or 503
with the part that is missing. `/metrics` tells Prometheus what waits and since when, to whoever has the token.
They are answered before everything else: a watcher knows neither our host name nor of maintenance.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.utils.text import slugify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from apps.support.desk.needs import HEAPS, heap_state
from apps.support.loads import loads_now
from apps.support.treasury import treasury_standing

PATIENCE_S = 2


def alive(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve pages: the database answers and is of this version, and Redis answers."""
    parts = {name: _state(ask) for name, ask in CHECKS.items()}
    fit = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if fit else "unfit", **parts}, status=200 if fit else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Tell Prometheus how the platform does; without the token of METRICS_TOKEN there is no such page."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not secrets.compare_digest(given.encode(), token.encode()):
        return HttpResponseNotFound()
    asked = CollectorRegistry()
    asked.register(Waiting(timezone.now()))  # type: ignore[arg-type]
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(asked), content_type=CONTENT_TYPE_LATEST)


def _state(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (DatabaseError, redis.RedisError, OSError) as error:
        return type(error).__name__  # its text may name hosts and people


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


_migrated = False


def _migrations() -> str:
    """Ask until it is so, then never again: a database does not lose its migrations."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "migrations wait"


def _redis() -> str:
    if not settings.REDIS_URL:
        return "ok"  # the sandbox can do without
    place = settings.CACHES["default"]["LOCATION"]  # as redis-py writes it, also where it is a Unix socket
    with redis.Redis.from_url(place, socket_timeout=PATIENCE_S) as client:
        client.ping()
    return "ok"


CHECKS = {"database": _database, "migrations": _migrations, "redis": _redis}


class Waiting:
    """What waits and how the treasury stands, asked of the database when Prometheus asks."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each gauge; ages are in seconds, credits and NOS in whole units."""
        count = GaugeMetricFamily("nosana_needs", "What waits for a person, by heap of the desk.", labels=["heap"])
        age = GaugeMetricFamily("nosana_needs_age_seconds", "The age of the oldest of a heap.", labels=["heap"])
        for heap in HEAPS:
            number, since, _ = heap_state(heap, self.now)
            count.add_metric([slugify(heap.title)], number)
            age.add_metric([slugify(heap.title)], (self.now - since).total_seconds() if since else 0)
        yield from (count, age)
        yield from self._loads()
        yield from self._treasury()

    def _loads(self) -> Iterator[GaugeMetricFamily]:
        for load in loads_now(now=self.now):
            gauge = GaugeMetricFamily(f"nosana_{load.name}", load.help, labels=[load.label] if load.label else [])
            for value, number in load.values.items():
                gauge.add_metric([value] if load.label else [], number)
            yield gauge

    def _treasury(self) -> Iterator[GaugeMetricFamily]:
        standing = treasury_standing(now=self.now)
        read = standing.reading
        told = {
            "credits_owed": ("Credits that customers own.", standing.owed_micro / 1e6),
            "treasury_backing_nos": ("NOS behind those credits.", standing.backing_micro / 1e6),
            "treasury_sol": ("SOL for rent and fees.", read.lamports / 1e9 if read else 0),
            "treasury_sol_day": ("SOL that a day takes.", standing.lamports_needed / 1e9),
            "treasury_age_seconds": (
                "Since when the treasury was not read.",
                (self.now - read.at).total_seconds() if read else float("inf"),
            ),
        }
        for name, (words, value) in told.items():
            yield GaugeMetricFamily(f"nosana_{name}", words, value=value)


ANSWERS = {"/healthz": alive, "/readyz": ready, "/metrics": metrics}


class WatchMiddleware:
    """Answers what machines ask, and lets everything else pass."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response
