"""Collectors: what is killed, cut or flooded costs no line, doubles none, and holds up nobody else."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.bridge.collecting import Collector
from apps.bridge.collecting.collector import Followed, owner
from apps.jobs.models import Job, LogBook, LogLine
from apps.jobs.selectors import attempts_running
from apps.organisations.models import Membership
from tests.bridge.flog import FlogNode
from tests.bridge.network import ROOT
from tests.console.scene import NODE, credits_give, job_list, job_make, job_run, markets_make
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 60


@pytest.fixture
def node(settings: Any, tmp_path: Path) -> Iterator[FlogNode]:
    """The stream of the node that all jobs here run on."""
    with FlogNode() as flog:
        directory = tmp_path / "nodes.json"
        directory.write_text(json.dumps({NODE: flog.url}))
        settings.NODE_DIRECTORY_FILE = str(directory)
        yield flog


@pytest.fixture
def running(transactional_db: None) -> Callable[[], tuple[Job, str]]:
    """Let a node run one more job; return it and its address."""
    world = World.build()
    credits_give(world.acme)
    market = markets_make()[0]
    mia = Membership.objects.select_related("organisation", "user").get(user=world.mia)

    def run() -> tuple[Job, str]:
        job = job_make(mia, market)
        job_list(job, timezone.now())
        job_run(job, timezone.now())
        assert job.attempt
        job.attempt.refresh_from_db()
        return job, str(job.attempt.address)

    return run


@contextmanager
def collecting() -> Iterator[None]:
    """Have a collector work in this process."""
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(Collector().run(stopped)))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(30)
        loop.close()


def collector(directory: str) -> subprocess.Popen[bytes]:
    """Start `manage.py bridge_collect` on the tests' database."""
    database = connection.settings_dict
    socket = database["HOST"].replace("/", "%2F")
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{socket}:{database['PORT']}/{database['NAME']}"
    env = os.environ | {
        "DATABASE_URL": url,
        "NODE_DIRECTORY_FILE": directory,
        "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
    }
    return subprocess.Popen([sys.executable, "manage.py", "bridge_collect"], env=env, cwd=ROOT)


def stored(job: Job) -> list[str]:
    """Return the lines as they are stored, after seeing that their numbers have no hole."""
    lines = list(LogLine.objects.filter(job=job).order_by("seq").values_list("seq", "position", "text"))
    assert [seq for seq, _, _ in lines] == list(range(1, len(lines) + 1))
    assert [position for _, position, _ in lines] == list(range(len(lines)))
    return [text for _, _, text in lines]


def until(held: Callable[[], Any], *, seconds: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def count(job: Job) -> int:
    """Return how many lines are stored."""
    return LogBook.objects.filter(job=job).values_list("lines", flat=True).first() or 0


def test_a_collector_killed_in_mid_stream_costs_no_line_and_doubles_none(
    node: FlogNode, running: Callable[[], tuple[Job, str]], settings: Any
) -> None:
    job, address = running()
    texts: list[str] = []
    ended = threading.Event()

    def talk() -> None:
        while not ended.is_set():
            texts.append(f"line {len(texts)}")
            node.say(address, texts[-1])
            time.sleep(0.002)

    talking = threading.Thread(target=talk)
    talking.start()
    processes = [collector(settings.NODE_DIRECTORY_FILE)]
    try:
        for _ in range(2):
            before = count(job)
            until(lambda before=before: count(job) > before + 50)
            processes[-1].send_signal(signal.SIGKILL)
            processes[-1].wait(60)
            processes.append(collector(settings.NODE_DIRECTORY_FILE))
        before = count(job)
        until(lambda: count(job) > before + 50)
        ended.set()
        talking.join()
        until(lambda: count(job) == len(texts))
    finally:
        ended.set()
        for process in processes:
            process.terminate()
            process.wait(15)
    assert stored(job) == texts


def test_a_cut_line_is_taken_up_where_it_was(node: FlogNode, running: Callable[[], tuple[Job, str]]) -> None:
    job, address = running()
    with collecting():
        for number in range(3):
            node.say(address, *(f"line {number * 100 + n}" for n in range(100)))
            until(lambda number=number: count(job) == (number + 1) * 100)
            until(node.cut)
        until(lambda: job.attempts.get().heard_at)  # a node that answers gives a sign of life
    assert stored(job) == [f"line {n}" for n in range(300)]


def test_two_collectors_at_once_on_one_job_lose_and_double_no_line(
    node: FlogNode, running: Callable[[], tuple[Job, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(_: Collector) -> set[Followed]:
        rows = attempts_running().values_list("pk", "address", "node")
        return {Followed(pk, address or "", name) for pk, address, name in rows}

    monkeypatch.setattr(Collector, "_share", everything)  # as while they disagree about who follows what
    job, address = running()
    texts = [f"line {n}" for n in range(3_000)]
    with collecting(), collecting():
        until(lambda: len(node.open) == 2)
        for start in range(0, len(texts), 100):
            node.say(address, *texts[start : start + 100])
            if start in (900, 1_800):
                until(lambda start=start: count(job) > start // 2)
                node.cut()
        until(lambda: count(job) == len(texts))
        until(lambda: len(node.open) == 2)
    assert stored(job) == texts


def test_a_flood_of_one_job_holds_up_no_other_and_is_stored_whole(
    node: FlogNode, running: Callable[[], tuple[Job, str]]
) -> None:
    (loud, loud_address), (quiet, quiet_address) = running(), running()
    flood = [f"{'x' * 100} {n}" for n in range(30_000)]
    with collecting():
        node.say(quiet_address, "first")
        until(lambda: count(quiet) == 1)
        node.say(loud_address, *flood)
        node.say(quiet_address, "second")
        until(lambda: count(quiet) == 2)
        assert count(loud) < len(flood)
        until(lambda: count(loud) == len(flood), seconds=120)
    assert stored(loud) == flood
    assert stored(quiet) == ["first", "second"]


def test_collectors_share_the_jobs_and_agree_on_who_follows_which() -> None:
    names = [f"bridge_collect:{number}" for number in range(3)]
    attempts = [uuid.uuid4() for _ in range(300)]
    before = {attempt: owner(attempt, names) for attempt in attempts}
    shares = [list(before.values()).count(name) for name in names]
    assert min(shares) > 50
    after = {attempt: owner(attempt, names[:2]) for attempt in attempts}
    assert all(after[attempt] == name for attempt, name in before.items() if name != names[2])
    assert owner(attempts[0], []) == ""
