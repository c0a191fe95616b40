"""Logs of a real node come in live, once each and in order, whatever is cut in between."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.bridge import services
from apps.bridge.ipfs import result_get
from apps.bridge.nodes import frame_read
from apps.jobs.models import Job, LogLine
from apps.jobs.services import Privacy, job_submit
from apps.jobs.state import State
from sandbox.services.process import Child
from tests.bridge.conftest import Stage
from tests.bridge.network import ROOT
from tests.bridge.processes import TOLD

COUNT = "i=0; while true; do echo line $i; i=$((i+1)); sleep 0.1; done"


@pytest.fixture
def node_directory(stage: Stage, settings: object, tmp_path: Path) -> Iterator[Path]:
    """A real sandbox node that works in the stage's market."""
    directory = tmp_path / "nodes.json"
    settings.NODE_DIRECTORY_FILE = str(directory)  # type: ignore[attr-defined]
    options = ["--rpc", stage.network.rpc_url, "--ipfs", stage.network.ipfs_url, "--market", stage.market.address]
    command = [
        sys.executable,
        "-m",
        "sandbox.node",
        "--data",
        str(tmp_path / "node"),
        "--directory",
        str(directory),
    ]
    child = Child([*command, *options], log=tmp_path / "node.log")
    child.wait_ready(lambda: bool(directory.exists() and json.loads(directory.read_text())), seconds=90)
    yield directory
    child.stop()


def collector(settings: object, directory: Path) -> subprocess.Popen[bytes]:
    """Start `manage.py bridge_collect` on the tests' database."""
    database = connection.settings_dict
    socket = database["HOST"].replace("/", "%2F")
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{socket}:{database['PORT']}/{database['NAME']}"
    env = os.environ | {name: str(getattr(settings, name)) for name in TOLD}
    env |= {
        "DATABASE_URL": url,
        "NODE_DIRECTORY_FILE": str(directory),
        "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
    }
    return subprocess.Popen([sys.executable, "manage.py", "bridge_collect"], env=env, cwd=ROOT)


def asked_again(stage: Stage, job: Job) -> bool:
    """Ask for the result as if the pause were over; return whether it is there."""
    job.attempts.update(result_try_at=None)
    services.results_sweep(now=timezone.now())
    return bool(stage.job(job).result)


def logs_of(stage: Stage, job: Job) -> list[str]:
    """Return what the node pinned of the operation's output."""
    flow = result_get(stage.job(job).attempt.result_cid)
    return [line["log"] for line in flow["opStates"][0]["logs"] if line["type"] == "stdout"]


def counting_job(stage: Stage) -> Job:
    """Submit a job that writes a line again and again, until it is stopped."""
    args = {"image": "docker.io/library/busybox", "cmd": COUNT}
    definition = {
        "version": "0.1",
        "type": "container",
        "ops": [{"type": "container/run", "id": "count", "args": args}],
    }
    return job_submit(
        membership=stage.mia,
        project=stage.world.project,
        market=stage.job_market(),
        definition=definition,
        timeout_s=600,
        name="Count",
        submission_key="count",
        privacy=Privacy(Job.Visibility.PUBLIC),
        now=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_lines_arrive_live_and_once_though_the_collector_is_killed(
    stage: Stage, node_directory: Path, settings: object
) -> None:
    job = counting_job(stage)
    container = LogLine.objects.filter(job=job, stream="container")
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = collector(settings, node_directory)
        before = container.count()
        try:
            stage.until(lambda before=before: container.count() > before)
        finally:
            process.send_signal(number)
            process.wait(30)
        # the killed one's lease ends by itself
        connection.cursor().execute("DELETE FROM core_lease")
    stage.stop(job)
    stage.until(lambda: stage.job(job).attempt.settled_at, seconds=60)
    assert stage.job(job).state == State.STOPPED
    stage.until(lambda: asked_again(stage, job), seconds=60)  # the node hands its result in after the stop
    texts = [line.text for line in container.order_by("position")]
    assert texts == [f"line {number}" for number in range(len(texts))]
    assert len(texts) == len(logs_of(stage, job))
    sequence = list(LogLine.objects.filter(job=job).order_by("seq").values_list("seq", flat=True))
    assert sequence == list(range(1, len(sequence) + 1))


@pytest.mark.django_db
def test_a_result_that_cannot_be_fetched_is_tried_again_and_blocks_no_settlement(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(), State.RUNNING)
    node.finish(job.attempt.address, "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o")  # nobody pinned it
    stage.until_settled(job)
    stage.look()
    job = stage.job(job)
    assert (job.state, job.result, job.attempt.result_tries) == (State.COMPLETED, None, 1)
    now = timezone.now()
    assert services.results_sweep(now=now) == 0
    assert services.results_sweep(now=now + timedelta(seconds=16)) == 1
    assert services.results_sweep(now=now + timedelta(seconds=31)) == 0
    assert services.results_sweep(now=job.attempt.ended_at + timedelta(days=3)) == 0  # by the cluster's clock


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        '{"path": "log", "data": "{}"}',
        '{"path": "flog", "data": "no"}',
        '{"path": "flog", "data": "7"}',
    ],
)
def test_what_is_no_log_line_is_passed_over(message: str) -> None:
    assert frame_read(message, now=timezone.now()) is None


def test_a_log_line_is_read_with_its_time() -> None:
    data = {"opId": "a", "group": "a", "type": "container", "timestamp": 1_760_000_000_123, "message": "hello\n"}
    frame = frame_read(json.dumps({"path": "flog", "data": json.dumps(data)}), now=timezone.now())
    assert frame is not None
    assert (frame.op_id, frame.stream, frame.text) == ("a", "container", "hello")
    assert frame.at.isoformat() == "2025-10-09T08:53:20.123000+00:00"
