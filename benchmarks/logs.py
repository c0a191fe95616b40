"""Logs: how soon a line of a node is in 200 browsers, and how many lines a second of one job are stored."""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone
from websockets.sync.server import ServerConnection, serve

from benchmarks.figures import Figure
from benchmarks.platform import app, database
from sandbox.ports import free_port

NAMES = ["logs.visible_p95", "logs.store_rate"]
VIEWERS, RATE, SECONDS = 200, 50, 10.0
LINES = 60_000  # of one job, as fast as the node can send them
WARM_UP = 1.0
NODE = "9tWv3hXrM8sDqkF2yLbZcA7eNfUjPg4mRxQpKd5oHnSa"


def figures(only: str) -> Iterator[Figure]:
    """Measure each whose name contains `only`."""
    with database(), tempfile.TemporaryDirectory(prefix="nw-bench-logs-") as folder, Node() as node:
        directory = Path(folder) / "nodes.json"
        directory.write_text(json.dumps({NODE: node.url}))
        env = os.environ | {
            "DATABASE_URL": _url(),
            "NODE_DIRECTORY_FILE": str(directory),
            "DATABASE_CONN_MAX_AGE": "60",
            "LOG_LEVEL": "WARNING",
        }
        with _process("manage.py", "bridge_collect", env=env, ready="ready"):
            if only in "logs.visible_p95":
                yield visible(node, env)
            if only in "logs.store_rate":
                yield stored(node)


class Node:
    """A node's log stream: replays what was said of a job, then goes on."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}
        self.news = threading.Condition()
        self.closed = False
        self.server = serve(self._converse, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *error: object) -> None:
        self.closed = True
        self.server.shutdown()

    def say(self, job: str, *texts: str) -> None:
        """Write lines."""
        with self.news:
            lines = self.said.setdefault(job, [])
            lines += [_frame(text, len(lines) + number) for number, text in enumerate(texts)]
            self.news.notify_all()

    def _converse(self, channel: ServerConnection) -> None:
        job, sent = str(json.loads(channel.recv())["body"]["jobAddress"]), 0
        with contextlib.suppress(Exception):
            while not self.closed:
                with self.news:
                    if len(self.said.get(job, [])) == sent:
                        self.news.wait(0.2)
                    fresh = self.said.get(job, [])[sent:]
                for frame in fresh:
                    channel.send(frame)
                sent += len(fresh)


def _frame(text: str, number: int) -> str:
    line = {"opId": "main", "group": "main", "type": "container", "timestamp": 1_760_000_000_000 + number}
    return json.dumps({"path": "flog", "data": json.dumps({**line, "message": text})})


def visible(node: Node, env: dict[str, str]) -> Figure:
    """Let 200 viewers watch one job that writes 50 lines a second, then the same with bare notices."""
    job_id, address, cookie, slug = _running_job()
    bare_env = env | {"BARE_DSN": _dsn()}
    with (
        _web("benchmarks.rivals.sse:application", bare_env) as base,
        psycopg.connect(_dsn(), autocommit=True) as tell,
    ):
        bare = _watched(f"{base}/", "", lambda text: tell.execute("SELECT pg_notify('bare', %s)", [text]))
    with _web("nosana_web.asgi:application", env) as base:
        url = f"{base}/o/{slug}/jobs/{job_id}/stream/"
        ours = _watched(url, cookie, lambda text: node.say(address, text))
    return Figure("logs.visible_p95", ours, "ms", "bare LISTEN/NOTIFY, nothing stored, p95", bare)


def _watched(url: str, cookie: str, say: Any) -> float:
    """Return the p95 in milliseconds from a line's making to a viewer."""
    lines = int(RATE * SECONDS)
    command = [sys.executable, "-m", "benchmarks.rivals.viewers", url, cookie, str(VIEWERS), str(lines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as viewers:
        assert viewers.stdout is not None
        assert viewers.stdout.readline().strip() == "ready"
        time.sleep(WARM_UP)
        began = time.perf_counter()
        for number in range(lines):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            say(f"step {number} of {lines}: loss 0.1234, accuracy 0.5678, at:{time.time_ns()}")
        found = json.loads(viewers.stdout.readline())
    assert found["seen"] == VIEWERS * lines, found
    return float(found["p95"])


def stored(node: Node) -> Figure:
    """Flood one job's log and count until the last line is stored; beside bulk_create of the same lines."""
    models, services = app("jobs.models"), app("jobs.services")
    job_id, address, _, _ = _running_job()
    texts = [f"step {number} of {LINES}: loss 0.1234, accuracy 0.5678, tokens/s 4321" for number in range(LINES)]
    node.say(address, "first")
    _until(lambda: models.LogBook.objects.filter(job_id=job_id, lines=1).exists())
    began = time.perf_counter()
    node.say(address, *texts)
    _until(lambda: models.LogBook.objects.filter(job_id=job_id, lines=LINES + 1).exists())
    ours = LINES / (time.perf_counter() - began)
    kept = list(models.LogLine.objects.filter(job_id=job_id).order_by("seq").values_list("text", flat=True))
    assert kept == ["first", *texts], "a line was lost, doubled or moved"
    other_id, _, _, _ = _running_job()
    attempt = models.Attempt.objects.get(job_id=other_id)
    began = time.perf_counter()
    for start in range(0, LINES, 1000):
        now = timezone.now()
        models.LogLine.objects.bulk_create(
            models.LogLine(
                job_id=other_id, attempt=attempt, seq=start + n, op_id="main", position=start + n, stream="container",
                at=now, text=text,
            )
            for n, text in enumerate(texts[start : start + 1000])
        )  # fmt: skip
    theirs = LINES / (time.perf_counter() - began)
    assert services.LogEntry
    return Figure("logs.store_rate", ours, "lines/s", "bulk_create of the same lines by 1,000", theirs)


def _running_job() -> tuple[uuid.UUID, str, str, str]:
    """Return a job that a node runs: its id, its address, the cookie of its member, its organisation's slug."""
    organisations, jobs, models = app("organisations.services"), app("jobs.services"), app("jobs.models")
    now, name = timezone.now(), uuid.uuid4().hex[:8]
    user = app("users.models").User.objects.create_user(f"{name}@bench.example", name="Bench")
    actor = organisations.Actor.person(user)
    organisation = organisations.organisation_create(user=user, name=f"Bench {name}", actor=actor, now=now)
    app("billing.services").wallet_open(organisation.pk)
    app("billing.services").lot_grant(
        organisation_id=organisation.pk, kind=app("billing.models").Lot.Kind.PROMOTIONAL, micro=10**9,
        key=f"bench:{name}", now=now, expires_at=now + timedelta(days=9),
    )  # fmt: skip
    market = models.Market.objects.create(
        address=name.ljust(44, "M"), slug=name, name=name, price_micro=1, open=True
    )
    membership = organisation.memberships.select_related("user", "organisation").get()
    op = {"type": "container/run", "id": "main", "args": {"image": "alpine"}}
    job = jobs.job_submit(
        membership=membership, project=organisation.projects.get(), market=market, timeout_s=600, name="Bench",
        definition={"version": "0.1", "type": "container", "ops": [op]}, submission_key=name, now=now,
    )  # fmt: skip
    address = f"Job{name}".ljust(44, "x")
    models.Attempt.objects.filter(job=job).update(address=address, run_address=address[::-1])
    seen = jobs.Observation(jobs.Seen.RUNNING, 1, NODE, started_at=now)
    jobs.job_observe(attempt_id=job.attempt.pk, observation=seen, now=now)
    return job.pk, address, _cookie(user), organisation.slug


def _cookie(user: Any) -> str:
    client = importlib.import_module("django.test").Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def _until(held: Any) -> None:
    deadline = time.monotonic() + 120
    while not held():
        assert time.monotonic() < deadline, "the lines were not stored in time"
        time.sleep(0.05)


@contextlib.contextmanager
def _web(application: str, env: dict[str, str]) -> Iterator[str]:
    """Serve an ASGI application in a process of its own; yield its address."""
    port = free_port()
    server = ("-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port))
    with _process(*server, "--timeout-graceful-shutdown", "1", "--no-access-log", env=env, ready="running"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _process(*command: str, env: dict[str, str], ready: str) -> Iterator[None]:
    """Run a process of the platform; go on once it says that it is ready."""
    with subprocess.Popen(
        [sys.executable, *command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if ready in line:
                break
        else:
            raise RuntimeError("".join(said))
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _url() -> str:
    own = connection.settings_dict
    return f"postgres://{own['USER']}@{str(own['HOST']).replace('/', '%2F')}/{own['NAME']}"


def _dsn() -> str:
    own = connection.settings_dict
    return f"host={own['HOST']} user={own['USER']} dbname={own['NAME']}"
