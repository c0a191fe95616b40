"""The sandbox as one ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.stripe import clock, page
from sandbox.stripe.acts_money import endpoint_new
from sandbox.stripe.api import Api
from sandbox.stripe.control import Control
from sandbox.stripe.hosted import Hosted
from sandbox.stripe.portal import Portal
from sandbox.stripe.store import Store
from sandbox.stripe.webhooks import Postman
from sandbox.stripe.world import Sandbox

COMMAND_LINE = "from the command line"


def sandbox_open(data: Path, url: str, retry_seconds: float) -> Sandbox:
    """Return the account kept in the folder `data`; everything in it is as it was."""
    data.mkdir(parents=True, exist_ok=True)
    return Sandbox(Store(data / "stripe.sqlite3"), url=url, retry_seconds=retry_seconds)


def webhook_set(sandbox: Sandbox, url: str, secret: str) -> None:
    """Let every event go to the endpoint that the command line names; a restart may name another address."""
    with sandbox.acting(None):
        for endpoint in list(sandbox.store.walk("webhook_endpoint")):
            if endpoint["description"] == COMMAND_LINE:
                sandbox.store.put(endpoint | {"url": url, "_secret": secret, "status": "enabled"})
                return
        endpoint = endpoint_new(url, ["*"], secret, sandbox.now())
        sandbox.store.put(endpoint | {"description": COMMAND_LINE})


def app_make(sandbox: Sandbox) -> Starlette:
    """Return the application: API, hosted pages, switches, and the two tasks that run beside them."""
    api, hosted, control = Api(sandbox), Hosted(sandbox), Control(sandbox)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(Postman(sandbox).run()), asyncio.create_task(clock.run(sandbox))]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        sandbox.store.close()

    async def home(_: Request) -> Response:
        words = "It speaks Stripe's API under /v1 and shows the payment pages. Its switches are under /_sandbox."
        return HTMLResponse(page.said("Stripe sandbox", words))

    every = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return Starlette(
        routes=[
            Route("/", home),
            Route("/v1/{path:path}", api.serve, methods=every),
            Route("/c/pay/{id}", hosted.show, methods=["GET"]),
            Route("/c/pay/{id}", hosted.take, methods=["POST"]),
            Route("/authenticate/{id}", hosted.authenticate, methods=["GET", "POST"]),
            Route("/p/session/{token}", Portal(sandbox).serve, methods=["GET", "POST"]),
            Route("/_sandbox/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/clock", control.clock, methods=["GET", "POST"]),
            Route("/_sandbox/events/{id}/resend", control.resend, methods=["POST"]),
            Route("/_sandbox/events/{id}/deliveries", control.deliveries),
            Route("/_sandbox/charges/{id}/dispute", control.dispute_open, methods=["POST"]),
            Route("/_sandbox/disputes/{id}/close", control.dispute_close, methods=["POST"]),
            Route("/_sandbox/disputes/{id}/escalate", control.dispute_escalate, methods=["POST"]),
            Route("/_sandbox/refunds/{id}/settle", control.refund_settle, methods=["POST"]),
            Route("/_sandbox/payouts/{id}/settle", control.payout_settle, methods=["POST"]),
            Route("/_sandbox/fees", control.fee_charge, methods=["POST"]),
            Route("/_sandbox/checkout/sessions/{id}/settle", control.settle, methods=["POST"]),
        ],
        lifespan=lifespan,
    )
