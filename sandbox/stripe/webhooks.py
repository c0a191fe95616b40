"""Delivers events: signed as Stripe signs, tried again with growing pauses, remembered over a restart."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from functools import partial

import httpx

from sandbox.stripe.store import Delivery
from sandbox.stripe.world import Sandbox

AT_ONCE = 20
ANSWER_SECONDS = 10.0
MOST_ATTEMPTS = 16
LONGEST_PAUSE = 3600.0


def signature(payload: str, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header of the payload."""
    signed = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Postman:
    """Carries every due delivery to its endpoint until it is accepted or given up."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.under_way: dict[int, asyncio.Task[None]] = {}
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False, follow_redirects=False) as client:
            try:
                while True:
                    self.sandbox.woken.clear()
                    await self._round(client)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.sandbox.woken.wait(), 0.2)
            finally:
                for task in self.under_way.values():
                    task.cancel()
                await asyncio.gather(*self.under_way.values(), return_exceptions=True)

    async def _round(self, client: httpx.AsyncClient) -> None:
        in_turn = self.sandbox.faults.reorder
        for delivery in self.sandbox.store.deliveries_due(time.time(), newest_first=in_turn):
            if delivery.id in self.under_way:
                continue
            task = asyncio.create_task(self._deliver(client, delivery))
            self.under_way[delivery.id] = task
            task.add_done_callback(partial(self._done, delivery.id))
            if in_turn:
                await task

    def _done(self, number: int, _: asyncio.Task[None]) -> None:
        self.under_way.pop(number, None)

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        store, faults = self.sandbox.store, self.sandbox.faults
        endpoint = store.get("webhook_endpoint", delivery.endpoint)
        event = store.get("event", delivery.event)
        if endpoint is None or event is None or endpoint["status"] != "enabled":
            store.delivery_end(delivery, "given_up", "the endpoint is gone or disabled")
            return
        if faults.strike("drop"):
            store.delivery_end(delivery, "dropped", "lost by the fault switch drop")
            return
        payload = json.dumps(self.sandbox.shown(event), indent=2)
        async with self.slots:
            accepted, said = await self._post(client, endpoint["url"], payload, endpoint["_secret"])
            for _ in range(faults.duplicate if accepted else 0):
                await self._post(client, endpoint["url"], payload, endpoint["_secret"])
        if accepted:
            store.delivery_end(delivery, "delivered", said)
        elif delivery.attempts + 1 >= MOST_ATTEMPTS:
            store.delivery_end(delivery, "given_up", said)
        else:
            pause = min(self.sandbox.retry_seconds * 2**delivery.attempts, LONGEST_PAUSE)
            store.delivery_again(delivery, time.time() + pause, said)

    async def _post(self, client: httpx.AsyncClient, url: str, payload: str, secret: str) -> tuple[bool, str]:
        """Send once; return whether the endpoint accepted, and what it said."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, secret, int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            answer = await client.post(url, content=payload.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return False, f"no answer: {type(error).__name__}"
        return answer.is_success, str(answer.status_code)
