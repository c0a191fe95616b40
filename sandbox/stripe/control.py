"""The sandbox's own switches over HTTP, under /_sandbox: faults, clock, resend, settle, disputes, fees."""

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.stripe import checkout, disputes, payouts, refunds
from sandbox.stripe.errors import InvalidRequest, StripeError, missing
from sandbox.stripe.faults import Faults
from sandbox.stripe.store import Json, new_id
from sandbox.stripe.world import Sandbox, public

MOST_AHEAD = 10 * 365 * 24 * 3600


class Control:
    """What a test or a curious person may do that Stripe's customers cannot."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def faults(self, request: Request) -> Response:
        """GET shows the fault switches, POST sets all of them (those not named are off), DELETE clears them."""
        if request.method == "POST":
            try:
                self.sandbox.faults = Faults.read(await _json(request))
            except ValueError as error:
                return _refused(InvalidRequest(str(error)))
        elif request.method == "DELETE":
            self.sandbox.faults = Faults()
        self.sandbox.woken.set()
        return JSONResponse(self.sandbox.faults.shown())

    async def clock(self, request: Request) -> Response:
        """GET tells the sandbox's time; POST {"advance": seconds} moves it ahead."""
        if request.method == "POST":
            ahead = (await _json(request)).get("advance")
            before = int(self.sandbox.store.setting("clock") or 0)
            if not isinstance(ahead, int) or isinstance(ahead, bool) or not 0 <= ahead <= MOST_AHEAD - before:
                return _refused(
                    InvalidRequest(
                        'Send {"advance": seconds}, a whole number, 0 or more; ten years ahead at most.'
                    )
                )
            with self.sandbox.acting(None):
                self.sandbox.store.setting_put("clock", before + ahead)
        return JSONResponse({"now": self.sandbox.now(), "ahead": int(self.sandbox.store.setting("clock") or 0)})

    async def resend(self, request: Request) -> Response:
        """Deliver the event once more to every endpoint that is enabled."""
        event = self.sandbox.store.get("event", request.path_params["id"])
        if event is None:
            return _refused(missing("event", request.path_params["id"]))
        with self.sandbox.acting(None):
            count = 0
            for endpoint in list(self.sandbox.store.walk("webhook_endpoint")):
                if endpoint["status"] == "enabled":
                    self.sandbox.store.delivery_add(event["id"], endpoint["id"], time.time())
                    count += 1
        self.sandbox.woken.set()
        return JSONResponse({"event": event["id"], "deliveries": count})

    async def deliveries(self, request: Request) -> Response:
        """Tell what became of each delivery of the event."""
        return JSONResponse({"data": self.sandbox.store.deliveries_of(request.path_params["id"])})

    async def dispute_close(self, request: Request) -> Response:
        """Decide the dispute: {"status": "won" or "lost"}."""
        status = (await _json(request)).get("status")
        if status not in ("won", "lost"):
            return _refused(InvalidRequest('Send {"status": "won"} or {"status": "lost"}.'))
        return self._act("dispute", request, lambda thing: disputes.dispute_close(self.sandbox, thing, status))

    async def dispute_open(self, request: Request) -> Response:
        """Let the holder dispute the charge now.

        {"reason": "fraudulent", "amount": 500, "inquiry": false}, each as it may be left out: any of Stripe's
        reasons, minor units up to all that was charged, and whether the bank only asks.
        """
        given = await _json(request)
        amount, inquiry = given.get("amount"), bool(given.get("inquiry"))
        if amount is not None and type(amount) is not int:
            return _refused(InvalidRequest("The amount is a whole number of minor units.", param="amount"))
        reason = str(given.get("reason") or "fraudulent")
        return self._act(
            "charge",
            request,
            lambda thing: disputes.dispute_open(self.sandbox, thing, reason, amount=amount, inquiry=inquiry),
        )

    async def dispute_escalate(self, request: Request) -> Response:
        """Turn the bank's question into a dispute that takes the money."""
        return self._act("dispute", request, lambda thing: disputes.dispute_escalate(self.sandbox, thing))

    async def refund_settle(self, request: Request) -> Response:
        """Let a refund arrive or come back: {"outcome": "succeeded"} or {"outcome": "failed"}."""
        outcome = (await _json(request)).get("outcome")
        if outcome not in ("succeeded", "failed"):
            return _refused(InvalidRequest('Send {"outcome": "succeeded"} or {"outcome": "failed"}.'))
        return self._act("refund", request, lambda thing: refunds.refund_settle(self.sandbox, thing, outcome))

    async def payout_settle(self, request: Request) -> Response:
        """Let a payout arrive or come back: {"outcome": "paid"} or {"outcome": "failed"}."""
        outcome = (await _json(request)).get("outcome")
        if outcome not in ("paid", "failed"):
            return _refused(InvalidRequest('Send {"outcome": "paid"} or {"outcome": "failed"}.'))
        return self._act("payout", request, lambda thing: payouts.payout_settle(self.sandbox, thing, outcome))

    async def fee_charge(self, request: Request) -> Response:
        """Charge for a service of Stripe's own: {"amount": 250, "currency": "eur", "description": "Radar"}."""
        given = await _json(request)
        amount = given.get("amount")
        if type(amount) is not int:
            return _refused(InvalidRequest("The amount is a whole number of minor units.", param="amount"))
        currency, words = str(given.get("currency") or "eur"), str(given.get("description") or "Radar")
        try:
            with self.sandbox.trying(None):
                return JSONResponse(public(payouts.fee_charge(self.sandbox, amount, currency, words)))
        except StripeError as error:
            return _refused(error)

    async def settle(self, request: Request) -> Response:
        """Let a bank debit arrive or bounce: {"outcome": "succeeded" or "failed"}."""
        outcome = (await _json(request)).get("outcome")
        if outcome not in ("succeeded", "failed"):
            return _refused(InvalidRequest('Send {"outcome": "succeeded"} or {"outcome": "failed"}.'))
        return self._act(
            "checkout.session", request, lambda thing: checkout.session_settle(self.sandbox, thing, outcome)
        )

    def _act(self, kind: str, request: Request, act: Any) -> Response:
        try:
            with self.sandbox.trying(None):
                return JSONResponse(public(act(self.sandbox.get(kind, request.path_params["id"]))))
        except StripeError as error:
            return _refused(error)


async def _json(request: Request) -> Json:
    """Return the body as an object; an empty or broken one is an empty object, which each switch then refuses."""
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(error: StripeError) -> Response:
    return JSONResponse(error.body(new_id("req", 14)), error.status)
