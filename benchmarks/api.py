"""The REST API beside the plainest DRF there is, a launch beside its hold alone, and a thousand streams in a process.

Both servers are one uvicorn process with a pool, on the same database, asked in turns by the same load. To see them
run on a busy machine there are BENCH_API_JOBS, BENCH_API_SECONDS, BENCH_API_ROUNDS, BENCH_API_LAUNCHES and
BENCH_API_STREAMS; the rows of the goals are those of the sizes below.
"""

import asyncio
import contextlib
import importlib
import importlib.util
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone

from benchmarks.figures import Figure
from benchmarks.logs import _process, _running_job, _url, _web
from benchmarks.platform import app, database
from sandbox.ports import free_port
from sandbox.services import Redis

NAMES = [
    "api.list_vs_drf",
    "api.list_p95",
    "api.list_wsgi_vs_asgi",
    "api.get_vs_drf",
    "api.get_p95",
    "api.get_vs_drf_get",
    "api.job_post_vs_hold",
    "api.streams",
]


def _size(name: str, usual: int) -> int:
    return int(os.environ.get(f"BENCH_API_{name}", usual))


CONNECTIONS, WATCHED = 8, 50
JOBS, SECONDS, ROUNDS = _size("JOBS", 100_000), _size("SECONDS", 3), _size("ROUNDS", 3)
LAUNCHES, STREAMS = _size("LAUNCHES", 150), _size("STREAMS", 1_000)
OPS = [{"type": "container/run", "id": "main", "args": {"image": "alpine"}}]
DEFINITION = {"version": "0.1", "type": "container", "ops": OPS}


def figures(only: str) -> Iterator[Figure]:
    """Measure each whose name contains `only`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    folder = Path(tempfile.mkdtemp(prefix="nw-bench-api-"))
    redis = Redis(folder)
    redis.start()
    try:
        with database():
            place = _place()
            env = os.environ | {
                "DATABASE_URL": _url(),
                "DATABASE_POOL": "1",
                "REDIS_URL": redis.url(),
                "API_REQUESTS_A_MINUTE": "10000000",  # counted all the same
                "LOG_LEVEL": "ERROR",
            }
            if any(only in name for name in NAMES[:6]):
                yield from (one for one in _reading(place, env) if only in one.name)
            if only in "api.job_post_vs_hold":
                yield _launching(place)
            if only in "api.streams":
                yield _streaming(place, env)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> dict[str, Any]:
    """Make an organisation with credits, a market and a key of its owner's."""
    organisations, models = app("organisations.services"), app("organisations.models")
    now = timezone.now()
    user = app("users.models").User.objects.create_user("api@bench.example", name="Bench")
    actor = organisations.Actor.person(user)
    organisation = organisations.organisation_create(user=user, name="Bench", actor=actor, now=now)
    app("billing.services").wallet_open(organisation.pk)
    app("billing.services").lot_grant(
        organisation_id=organisation.pk, kind=app("billing.models").Lot.Kind.PROMOTIONAL, micro=10**15,
        key="bench:api", now=now, expires_at=now + timedelta(days=9),
    )  # fmt: skip
    market = app("jobs.models").Market.objects.create(
        address="M" * 44, slug="gpu", name="GPU", price_micro=1, open=True
    )
    membership = organisation.memberships.select_related("user", "organisation").get()
    new = organisations.api_key_create(
        grant=models.Grant.of_member(membership), name="Bench", scopes=["jobs.view", "jobs.launch"], actor=actor,
        now=now,
    )  # fmt: skip
    return {"organisation": organisation, "membership": membership, "market": market, "token": new.token}


def _reading(place: dict[str, Any], env: dict[str, str]) -> Iterator[Figure]:
    """Yield requests a second for a page of 20 of 100,000 jobs and for one job."""
    newest = _jobs_seed(place)
    base = f"/api/v1/organisations/{place['organisation'].slug}/jobs"
    found: dict[str, list[dict[str, float]]] = {}
    with (
        _web("nosana_web.asgi:application", env) as ours,
        _web("benchmarks.rivals.drf:application", env) as bare,
        _wsgi(env) as plain,
    ):
        asked = [
            ("list", f"{ours}{base}?limit=20"),
            ("bare list", f"{bare}/jobs"),
            ("get", f"{ours}{base}/{newest}"),
            ("bare get", f"{bare}/jobs/{newest}"),
        ]
        asked += [("wsgi list", f"{plain}{base}?limit=20")] if plain else []
        for _ in range(ROUNDS):
            for name, url in asked:
                found.setdefault(name, []).append(_rushed(url, place["token"]))
    middle = {
        name: {part: statistics.median(one[part] for one in runs) for part in ("rate", "p95")}
        for name, runs in found.items()
    }
    plain = "DRF ListAPIView, token digest, no middleware"
    yield Figure("api.list_vs_drf", middle["list"]["rate"], "requests/s", plain, middle["bare list"]["rate"])
    yield Figure("api.list_p95", middle["list"]["p95"], "ms", plain, middle["bare list"]["p95"])
    if "wsgi list" in middle:
        words = "the same code under uvicorn"
        yield Figure(
            "api.list_wsgi_vs_asgi", middle["wsgi list"]["rate"], "requests/s", words, middle["list"]["rate"]
        )
    yield Figure("api.get_vs_drf", middle["get"]["rate"], "requests/s", plain, middle["bare list"]["rate"])
    yield Figure("api.get_p95", middle["get"]["p95"], "ms", plain, middle["bare list"]["p95"])
    plain = "DRF RetrieveAPIView, token digest, no middleware"
    yield Figure("api.get_vs_drf_get", middle["get"]["rate"], "requests/s", plain, middle["bare get"]["rate"])


@contextlib.contextmanager
def _wsgi(env: dict[str, str]) -> Iterator[str]:
    """Serve the platform by one process of a WSGI server; yield its address, "" where none is installed."""
    if importlib.util.find_spec("granian") is None:
        yield ""
        return
    port = str(free_port())
    server = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--no-access-log")
    with _process(
        *server, "--blocking-threads", "8", "nosana_web.wsgi:application", env=env, ready="Started worker"
    ):
        yield f"http://127.0.0.1:{port}"


def _rushed(url: str, token: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.rivals.rush", url, token, str(CONNECTIONS), str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{url} could not be measured: {done.stderr[-600:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _jobs_seed(place: dict[str, Any]) -> uuid.UUID:
    """Write 100,000 jobs with an attempt each, straight into the tables; return the newest one's id."""
    models, now, organisation = app("jobs.models"), timezone.now(), place["organisation"]
    first = models.Job.objects.create(
        organisation=organisation, project=organisation.projects.get(), member=place["membership"].user,
        market=place["market"], definition=DEFINITION, timeout_s=600, price_micro=1, state="completed",
        reason="finished", created_at=now, queued_at=now, started_at=now, ended_at=now, name="Job",
    )  # fmt: skip
    models.Attempt.objects.create(
        job=first, number=1, hold_source=f"bench:{first.pk}", price_micro=1, network_micro=600, seconds=600,
        cost_micro=600, fee_micro=30, settled_at=now,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_copies(models.Job, {"id": "gen_random_uuid()"}, f"generate_series(2, {JOBS})"))
        own = {"id": "gen_random_uuid()", "job_id": "other.id", "hold_source": "'bench:' || other.id"}
        cursor.execute(_copies(models.Attempt, own, "jobs_job AS other", f"other.id <> '{first.pk}'"))
        cursor.execute("UPDATE jobs_job SET attempt_id = a.id FROM jobs_attempt a WHERE a.job_id = jobs_job.id")
        cursor.execute("VACUUM ANALYZE jobs_job")
        cursor.execute("VACUUM ANALYZE jobs_attempt")
    newest = models.Job.objects.order_by("-id").values_list("pk", flat=True)[0]
    assert isinstance(newest, uuid.UUID)
    return newest


def _copies(model: Any, own: dict[str, str], source: str, where: str = "true") -> str:
    """Return the statement that copies a table's only row once for each row of a source, with columns of its own."""
    columns = [field.column for field in model._meta.concrete_fields]
    values = [own.get(column, f"one.{column}") for column in columns]
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608 - names of ours
        f"FROM (SELECT * FROM {table} LIMIT 1) AS one CROSS JOIN {source} WHERE {where}"
    )


def _launching(place: dict[str, Any]) -> Figure:
    """Launch jobs by POST through the whole stack of middleware, and place the same holds alone, in turns."""
    now = timezone.now()
    app("billing.models").Cap.objects.create(
        organisation=place["organisation"], level="organisation", period="month", limit_micro=10**15, created_at=now,
        updated_at=now,
    )  # fmt: skip
    client = importlib.import_module("django.test").Client(headers={"Authorization": f"Bearer {place['token']}"})
    path = f"/api/v1/organisations/{place['organisation'].slug}/jobs"
    body = json.dumps({"name": "Bench", "definition": DEFINITION, "market": "gpu", "timeout_s": 600})
    ours, alone = [], []
    importlib.import_module("django.conf").settings.API_REQUESTS_A_MINUTE = 10**7
    for number in range(LAUNCHES + 20):
        began = time.perf_counter()
        answer = client.post(
            path, body, content_type="application/json", headers={"Idempotency-Key": f"bench-{number}"}
        )
        middle = time.perf_counter()
        assert answer.status_code == 201, answer.content
        _hold(place, number)
        if number >= 20:  # warm
            ours.append(middle - began)
            alone.append(time.perf_counter() - middle)
    return Figure(
        "api.job_post_vs_hold",
        1 / statistics.median(ours),
        "launches/s",
        "billing.hold_place alone, a cap on",
        1 / statistics.median(alone),
    )


def _hold(place: dict[str, Any], number: int) -> None:
    now = timezone.now()
    app("billing.services").hold_place(
        organisation_id=place["organisation"].pk, source=f"bench:{number}", network_micro=600, network_fee_micro=60,
        platform_fee_micro=30, project_id=place["organisation"].projects.get().pk,
        member_id=place["membership"].user_id, api_key_id=None, dimensions={"market": "gpu", "template": ""},
        label="Bench", expires_at=now + timedelta(days=8), now=now,
    )  # fmt: skip


def _streaming(place: dict[str, Any], env: dict[str, str]) -> Figure:
    """Open a thousand streams of fifty running jobs in one process, write a line to each job, count who sees it."""
    services, models = app("jobs.services"), app("jobs.models")
    jobs = [_running_job()[0] for _ in range(WATCHED)]
    models.Job.objects.filter(pk__in=jobs).update(
        organisation=place["organisation"], project=place["organisation"].projects.get()
    )
    attempts = dict(models.Attempt.objects.filter(job_id__in=jobs).values_list("job_id", "id"))

    def write() -> None:
        for job_id in jobs:
            entry = services.LogEntry("main", 0, "container", timezone.now(), "now")
            services.loglines_add(attempts[job_id], [entry])
        connection.close()

    with _web("nosana_web.asgi:application", env) as base:
        paths = [f"/api/v1/organisations/{place['organisation'].slug}/jobs/{job_id}/log/stream" for job_id in jobs]
        seen, seconds = asyncio.run(_watch(base, paths, place["token"], write))
    return Figure("api.streams", seen, f"streams, a line in each after {seconds:.1f} s", "opened", STREAMS)


async def _watch(base: str, paths: list[str], token: str, write: Any) -> tuple[int, float]:
    """Return how many of the streams saw the line, and the seconds from its writing to the last of them."""
    parts = urlsplit(base)
    opened, saw = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def follow(path: str) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {parts.hostname}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        await reader.readuntil(b"event: state")
        opened.release()
        await reader.readuntil(b'"text": "now"')
        saw.release()
        await reader.read()

    tasks = [asyncio.create_task(follow(paths[n % len(paths)])) for n in range(STREAMS)]
    count, began = 0, 0.0
    try:
        async with asyncio.timeout(120):
            for _ in range(STREAMS):
                await opened.acquire()
            began = time.perf_counter()
            await asyncio.to_thread(write)
            for count in range(1, STREAMS + 1):  # noqa: B007 - how far it came, also when the time is over
                await saw.acquire()
    except TimeoutError:
        pass
    finished = time.perf_counter()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return count, finished - began
