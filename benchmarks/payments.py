"""How fast a webhook is acknowledged while Stripe sends a burst, beside a view that only verifies and answers."""

import asyncio
import hashlib
import hmac
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from benchmarks.figures import Figure
from benchmarks.platform import manage, services, web

NAMES = ["webhook.ack_p99"]
SECRET = "whsec_benchmark"
EVENTS, SECONDS, IN_FLIGHT = 500, 5.0, 20
GIVEN_UP = 30.0  # seconds; Stripe would try again, and so much a delivery without an answer counts
DOOR, BASELINE = "/webhooks/stripe/", "/baseline/"


def figures(only: str) -> Iterator[Figure]:
    """Send 500 events over 5 s, at most 20 in flight, to the inbox and to the baseline."""
    with served() as base:
        for door in (BASELINE, DOOR):
            asyncio.run(burst(base + door, count=40, seconds=1.0))  # warm up
        baseline = asyncio.run(burst(base + BASELINE, count=EVENTS, seconds=SECONDS))
        inbox = asyncio.run(burst(base + DOOR, count=EVENTS, seconds=SECONDS))
    yield Figure("webhook.ack_p99", p99(inbox), "ms", "a view that only verifies and answers, p99", p99(baseline))


def p99(milliseconds: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(milliseconds)[int(len(milliseconds) * 0.99) - 1]


async def burst(url: str, *, count: int, seconds: float) -> list[float]:
    """Send `count` new signed events evenly over `seconds`; return each one's milliseconds to its answer.

    A delivery that gets no answer, or another than 200, counts as one that Stripe gave up.
    """
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with httpx.AsyncClient(trust_env=False, timeout=GIVEN_UP) as client:

        async def send(number: int) -> float:
            await asyncio.sleep(number * seconds / count)
            async with slots:
                body, headers = signed_event(f"evt_{time.time_ns()}_{number}")
                started = time.perf_counter()
                try:
                    (await client.post(url, content=body, headers=headers)).raise_for_status()
                except httpx.HTTPError as error:
                    print(f"{url} gave no good answer: {error!r}", file=sys.stderr)
                    return GIVEN_UP * 1000
                return (time.perf_counter() - started) * 1000

        return list(await asyncio.gather(*(send(number) for number in range(count))))


def signed_event(event_id: str) -> tuple[bytes, dict[str, str]]:
    """Return an event about a session, as large as real ones, and the headers Stripe sends with it."""
    session = {"id": f"cs_{event_id}", "object": "checkout.session", "metadata": {}, "padding": "x" * 3000}
    event = {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": session},
    }
    body, at = json.dumps(event).encode(), int(time.time())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={digest}"}


@contextmanager
def served() -> Iterator[str]:
    """Run PostgreSQL (durable), Redis and the platform's web process with the baseline beside the inbox."""
    with services() as (_data, env):
        env["STRIPE_WEBHOOK_SECRET"] = SECRET
        manage("migrate", env=env)
        with web("benchmarks.payments", env=env, path=BASELINE) as base:
            yield base


def serve(port: int) -> None:
    """Serve the platform and the baseline until told to stop."""
    application = importlib.import_module("nosana_web.asgi").application
    urls = importlib.import_module("nosana_web.urls")
    urls.urlpatterns.insert(0, importlib.import_module("django.urls").path(BASELINE[1:], baseline_view()))
    uvicorn = importlib.import_module("uvicorn")
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)


def baseline_view() -> Any:
    """Return the view that verifies as the inbox does, keeps nothing and answers."""
    http, timezone = importlib.import_module("django.http"), importlib.import_module("django.utils.timezone")
    gateway = importlib.import_module("apps.payments.gateway")
    csrf_exempt = importlib.import_module("django.views.decorators.csrf").csrf_exempt

    @csrf_exempt
    def view(request: Any) -> Any:
        if request.method == "POST":
            signature = request.headers.get("Stripe-Signature", "")
            gateway.event_verify(request.body, signature, now=timezone.now())
        return http.HttpResponse("received", content_type="text/plain")

    return view


if __name__ == "__main__":
    serve(int(sys.argv[1]))
