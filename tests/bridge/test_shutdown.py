"""Every process of compose.yaml, by its own command, is told to end in the middle of its work: nothing is lost.

What is in hand comes to its end or goes back, nobody keeps a lease, no listing happens twice, nobody pays twice.
"""

import asyncio
import json
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from django.db import connection, transaction
from django.utils import timezone

from apps.billing.models import Hold
from apps.bridge.models import Order
from apps.core.leases import HEART
from apps.core.models import Lease, Message
from apps.jobs.models import Job
from apps.jobs.state import State
from sandbox import forks
from sandbox.ports import free_port
from sandbox.services.redis import Redis
from sandbox.supervisor import Part, Process, Supervisor
from tests.bridge.conftest import CREDITS, Stage, flow_state
from tests.bridge.network import ROOT
from tests.bridge.processes import process_env
from tests.bridge.test_soak import listings
from tests.organisations.keys import key_make

pytestmark = pytest.mark.django_db(transaction=True)
READY = {
    "web": "Uvicorn running",
    "worker": r"\bready\.",
    "results": r"\bready\.",
    "bridge": r"\bready\.",
    "beat": "is starting",
}


def commands() -> dict[str, list[str]]:
    """Return the command of each process of ours, as compose.yaml and Dockerfile have them."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    image = re.search(r"^CMD (\[.*?\])$", (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.MULTILINE)
    assert image
    ours = {name: service for name, service in services.items() if "build" in service and name != "migrate"}
    return {name: service.get("command") or json.loads(image[1]) for name, service in ours.items()}


class Platform:
    """Processes of the platform that a test starts and ends, in a loop of their own."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env, self.port = folder, env, free_port()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.supervisor = self.ask(self._supervisor())

    async def _supervisor(self) -> Supervisor:
        return Supervisor(self.folder / "logs", show=False)

    def ask(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the loop, and return what came of it."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(120)

    def start(self, *names: str) -> None:
        """Start these processes of compose.yaml, and return when each is ready."""
        self.ask(self.supervisor.start_all(*(self._part(name, commands()[name]) for name in names)))

    def _part(self, name: str, words: list[str]) -> Part:
        head = [sys.executable] if words[0] == "python" else [sys.executable, "-m", words[0]]
        rest = [
            {"8000": str(self.port), "/tmp/beat": str(self.folder / "beat")}.get(word, word) for word in words[1:]
        ]  # noqa: S108
        return Part(name, [*head, *rest], env=self.env, ready=READY.get(name, "^ready "), seconds=120)

    def processes(self) -> dict[str, Process]:
        """Return what was started, by name."""
        return {part.name: process for wave in self.supervisor.waves for part, process in wave}

    def term(self) -> None:
        """Ask all of them to end."""
        self.supervisor.stopping = True
        for process in self.processes().values():
            process.send_signal(signal.SIGTERM)

    def codes(self) -> dict[str, int]:
        """Return with which code each ended, once all have."""

        async def wait() -> dict[str, int]:
            found = self.processes()
            codes = await asyncio.wait_for(asyncio.gather(*(one.wait() for one in found.values())), 60)
            return dict(zip(found, codes, strict=True))

        return dict(self.ask(wait()))

    def close(self) -> None:
        """Leave nothing behind."""
        self.ask(self.supervisor.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture
def platform(stage: Stage, settings: Any, tmp_path: Path) -> Iterator[Platform]:
    """The platform's processes on the test's database and chain."""
    forks.warm()
    redis = Redis(tmp_path)
    redis.start()
    env = process_env(settings) | {"REDIS_URL": redis.url(), "EMAIL_URL": f"filemail:///{tmp_path}"}
    started = Platform(tmp_path, env)
    yield started
    started.close()
    redis.stop()


def until(held: Callable[[], Any], what: str) -> Any:
    """Return what holds, as soon as it does."""
    deadline = time.monotonic() + 60
    while not (found := held()):
        assert time.monotonic() < deadline, f"{what}: it did not happen in time"
        time.sleep(0.05)
    return found


@contextmanager
def silent(stage: Stage) -> Iterator[None]:
    """Let the chain's endpoint take questions and answer none, until the block ends."""
    chain = stage.network.children[-1].process
    chain.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        chain.send_signal(signal.SIGCONT)


def held() -> list[object]:
    """Return what a process still holds for itself."""
    now = timezone.now()
    orders = Order.objects.filter(leased_until__gt=now)
    messages = Message.objects.filter(leased_until__gt=now)
    return [*orders, *messages, *Lease.objects.filter(expires_at__gt=now).exclude(name=HEART)]


def test_processes_that_end_in_the_middle_give_back_what_they_hold_and_nobody_pays_twice(
    stage: Stage, platform: Platform
) -> None:
    platform.start("worker", "bridge", "beat", "observer", "collector")
    with silent(stage):
        jobs = [stage.submit(key=str(number), timeout_s=100) for number in range(4)]
        until(lambda: Order.objects.filter(leased_until__gt=timezone.now()).exists(), "an order in hand")
        platform.term()
    assert platform.codes() == dict.fromkeys(["worker", "bridge", "beat", "observer", "collector"], 0)
    assert held() == []
    for job in jobs:
        stage.until_state(job, State.QUEUED)
    node, result = stage.node(), stage.pin(flow_state("done"))
    for _ in jobs:
        node.work(stage.market)
        (run,) = stage.network.ask(lambda chain: chain.runs(node=node.address)).values()
        node.finish(run.job, result)
    for job in jobs:
        stage.until_settled(job)
        assert listings(stage, str(stage.job(job).attempt.address)) == 1
    spent = list(Hold.objects.values_list("state", "settlement__cost_micro"))
    assert {state for state, _ in spent} == {"settled"}
    assert stage.wallet().available_micro == CREDITS - sum(cost for _, cost in spent)


def test_a_web_process_that_ends_answers_what_it_was_asked_and_sends_streams_elsewhere(
    stage: Stage, platform: Platform
) -> None:
    job = stage.submit()
    key = key_make(stage.world.mia, "jobs.view", "jobs.stop").token
    platform.start("web")
    at = {"base_url": f"http://127.0.0.1:{platform.port}", "headers": {"Authorization": f"Bearer {key}"}}
    answers: list[int] = []

    def stop() -> None:
        path = f"/api/v1/organisations/{stage.world.acme.slug}/jobs/{job.pk}/stop"
        answers.append(httpx.post(at["base_url"] + path, headers=at["headers"], json={}, timeout=60).status_code)

    with httpx.Client(**at, timeout=60) as client, client.stream("GET", f"/o/acme/jobs/{job.pk}/stream/") as told:
        lines = told.iter_lines()
        while not next(lines).startswith("event: state"):
            pass
        asking = threading.Thread(target=stop)
        with transaction.atomic():
            Job.objects.select_for_update().get(pk=job.pk)
            asking.start()
            until(waits_for_a_lock, "a request in hand")
            platform.term()
            rest = [line for line in lines if line]  # the stream ends though the request still waits
        asking.join(60)
    assert re.fullmatch(r"retry: \d+", rest[-1])
    assert answers == [200]
    assert platform.codes() == {"web": -signal.SIGTERM}
    assert stage.job(job).stop_requested_at


def waits_for_a_lock() -> bool:
    """Return whether anybody waits for what this test holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
