"""A running Stripe sandbox, a webhook receiver and a browser without a screen, for the tests."""

import contextlib
import json
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe

ROOT = Path(__file__).resolve().parents[3]
KEY = "sk_test_sandbox"
HTTP = httpx.Client(trust_env=False, timeout=30)


@dataclass
class Inbox:
    """A webhook endpoint that keeps what it gets; `refuse` is how many posts it answers 500 first."""

    secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    posts: list[tuple[bytes, str]] = field(default_factory=list)
    refuse: int = 0
    refused: list[float] = field(default_factory=list)
    url: str = ""

    def events(self) -> list[Any]:
        """Return the accepted events, verified by stripe-python."""
        return [stripe.Webhook.construct_event(body, header, self.secret) for body, header in list(self.posts)]

    def of(self, event_type: str, object_id: str | None = None) -> list[Any]:
        """Return the events of the type, of the object where one is named."""
        found = [event for event in self.events() if event.type == event_type]
        return [event for event in found if object_id in (None, event.data.object["id"])]

    def wait(self, event_type: str, object_id: str | None = None, count: int = 1) -> Any:
        """Return the newest event of the type once `count` of them have come."""
        return until(lambda: self.of(event_type, object_id)[count - 1 :], f"{event_type} for {object_id}")[-1]


def until(found: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Return what `found` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


@contextlib.contextmanager
def inbox_open() -> Iterator[Inbox]:
    """Listen on a free port."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refuse = inbox.refuse > 0
            if refuse:
                inbox.refuse -= 1
                inbox.refused.append(time.monotonic())
            else:
                inbox.posts.append((body, self.headers["Stripe-Signature"]))
            self.send_response(500 if refuse else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Running:
    """One sandbox process over a data folder."""

    data: Path
    options: tuple[str, ...] = ()
    url: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> "Running":
        """Start it and wait for its `ready` line."""
        command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--data", str(self.data), *self.options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", line)
        assert found, f"it said {line!r}"
        self.url = found.group(1)
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def client(self, retries: int = 0) -> stripe.StripeClient:
        """Return the real client, told this address."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=retries)

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Use one of the sandbox's own switches."""
        answer = HTTP.request(method, f"{self.url}/_sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    @contextlib.contextmanager
    def faults(self, **switches: Any) -> Iterator[None]:
        """Set fault switches for a while."""
        self.control("faults", switches)
        try:
            yield
        finally:
            self.control("faults", method="DELETE")


def browse(url: str, **form: str) -> httpx.Response:
    """Post a form as a browser would, without following where it leads; without a form just look."""
    if form:
        return HTTP.post(url, data=form)
    return HTTP.get(url)


def card(number: str = "4242424242424242", **more: str) -> dict[str, str]:
    """Return the payment form filled in."""
    return {
        "card_number": number,
        "card_expiry": "12/34",
        "card_cvc": "123",
        "card_name": "Olga Owner",
        "email": "olga@acme.example",
        **more,
    }


def session_params(amount: int = 12_100, **more: Any) -> dict[str, Any]:
    """Return what the platform sends to open a session."""
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": amount,
                    "product_data": {"name": "NOS credits", "description": "412.5 credits"},
                },
            }
        ],
        "success_url": "https://platform.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://platform.example/cancelled",
        **more,
    }


def raw(running: Running, method: str, path: str, body: str = "", **headers: str) -> httpx.Response:
    """Send one API request by hand."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Bearer {KEY}", **named}
    return HTTP.request(method, running.url + path, content=body, headers=form)


def as_json(thing: Any) -> Any:
    """Return a Stripe object as plain JSON."""
    return json.loads(str(thing))
