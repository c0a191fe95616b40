"""A platform that says what a test wants, and clients of it."""

from collections.abc import Callable
from typing import Any

import httpx
from nosana import AsyncNosana, Nosana
from nosana.client import Patience
from typer.testing import Result

Run = Callable[..., Result]  # runs a command of the platform
QUICK = Patience(retries=3, first=0.001, most=0.002, longest=2, away=0.02)


class Platform:
    """Answers in their order, and what was asked."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Give the next answer; an exception is raised, a dict or list is JSON."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def says(self, *answers: Any) -> None:
        """Queue answers."""
        self.answers += answers


def connected(platform: Callable[[httpx.Request], httpx.Response], **changes: Any) -> Nosana:
    """Return a blocking client of a platform."""
    given = {"key": "nos_sandbox_test", "organisation": "acme", "patience": QUICK}
    return Nosana(**(given | changes), transport=httpx.MockTransport(platform))


def connected_async(platform: Callable[[httpx.Request], httpx.Response], **changes: Any) -> AsyncNosana:
    """Return an asynchronous client of a platform."""
    given = {"key": "nos_sandbox_test", "organisation": "acme", "patience": QUICK}
    return AsyncNosana(**(given | changes), transport=httpx.MockTransport(platform))


def problem(status: int, code: str = "refused", **more: Any) -> httpx.Response:
    """Return a refusal."""
    headers = more.pop("headers", {})
    body = {"status": status, "code": code, "detail": f"Refused: {code}.", **more}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **headers})


JOB = {
    "id": "0199aaaa-0000-7000-8000-000000000001",
    "name": "Hello",
    "state": "running",
    "reason": "",
    "sentence": "",
    "project": "default",
    "member": "mia@acme.example",
    "market": "gpu",
    "timeout_s": 600,
    "visibility": "private",
    "price_micro": 43,
    "held_micro": 28_380,
    "cost_micro": 0,
    "settled": False,
    "attempt": 1,
    "address": "J" * 44,
    "node": None,
    "created_at": "2026-11-23T12:00:00Z",
    "queued_at": None,
    "started_at": None,
    "ended_at": None,
    "stop_requested_at": None,
    "result_at": None,
}
MARKET = {
    "slug": "gpu",
    "address": "M" * 44,
    "name": "GPU",
    "gpu": "NVIDIA RTX 3060",
    "vram_gb": 12,
    "price_micro": 43,
    "usd_micro_hour": None,
    "job_timeout": 7200,
    "nodes_waiting": 0,
    "queue_type": 255,
    "queue_len": 0,
    "wait_median_s": None,
    "finished_percent": None,
    "jobs_counted": 0,
    "note": "",
    "observed_at": None,
}
