"""The sandbox's Stripe for tests: paid as a person pays, and telling what it knows as Stripe tells it."""

import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from sandbox.browser import Browser

KEY, SECRET = "sk_test_tests", "whsec_tests"
GOOD, DECLINED = "4242424242424242", "4000000000000002"
Json = dict[str, Any]


@contextmanager
def stripe_process() -> Iterator[str]:
    """Run the sandbox's Stripe and yield its address."""
    with tempfile.TemporaryDirectory(prefix="nw-stripe-") as data:
        command = [sys.executable, "-m", "sandbox.stripe", "--port", "0", "--data", data]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready "), line
        try:
            yield line.split()[1]
        finally:
            process.terminate()
            process.wait(timeout=60)


@dataclass
class Checkout:
    """One Stripe account and the person at its payment page."""

    url: str
    key: str = KEY

    def page(self, url: str) -> str:
        """Return the payment page as the person sees it."""
        return Browser(self.url).open(url).text

    def pay(self, page: str, card: str = GOOD, *, save: bool = False) -> httpx.Response:
        """Fill in the payment page and send it; return where Stripe sends the person (or the page again).

        `save` ticks that the card is kept, where the page asks.
        """
        browser = Browser(self.url)
        browser.open(page)
        form = browser.form_with("card_number")
        fields = form.fields | {
            "card_number": card,
            "card_expiry": "12/34",
            "card_cvc": "123",
            "card_name": "Olga Sandbox",
        }
        fields |= {"save": "on"} if save else {}
        return browser.http.post(
            httpx.URL(page).join(form.action), data=fields, headers={"Referer": page}, follow_redirects=False
        )

    def pay_kept(self, page: str, payment_method: str = "") -> httpx.Response:
        """Pay with a card that the page offers: the one that is chosen already, or the one named."""
        browser = Browser(self.url)
        browser.open(page)
        form = browser.form_with("saved")
        fields = form.fields | ({"saved": payment_method} if payment_method else {})
        url = httpx.URL(page).join(form.action)
        return browser.http.post(url, data=fields, headers={"Referer": page}, follow_redirects=False)

    def pay_by_bank(self, page: str) -> httpx.Response:
        """Let a bank promise the payment, which it keeps or breaks when `settle` says so."""
        browser = Browser(self.url)
        browser.open(page)
        form = browser.form_with("method")
        fields = {"method": "bank", "card_name": "Olga Sandbox"}
        url = httpx.URL(page).join(form.action)
        return browser.http.post(url, data=fields, headers={"Referer": page}, follow_redirects=False)

    def settle(self, session_id: str, outcome: str) -> None:
        """Let a bank debit arrive ("succeeded") or bounce ("failed")."""
        self._call("POST", f"/_sandbox/checkout/sessions/{session_id}/settle", json={"outcome": outcome})

    def session(self, session_id: str) -> Json:
        """Return the session as the API shows it."""
        return self._get(f"/v1/checkout/sessions/{session_id}")

    def sessions(self, topup_id: object) -> list[Json]:
        """Return the sessions that carry this top-up's id."""
        listed = self._get("/v1/checkout/sessions", limit="100")["data"]
        return [session for session in listed if session["metadata"].get("topup_id") == str(topup_id)]

    def customers(self) -> list[Json]:
        """Return the newest customers."""
        return list(self._get("/v1/customers", limit="100")["data"])

    def expire(self, session_id: str) -> None:
        """End an open session, as the clock would."""
        self._call("POST", f"/v1/checkout/sessions/{session_id}/expire")

    def events(self, topup_id: object) -> dict[str, Json]:
        """Return the events about this top-up by type."""
        listed = self._get("/v1/events", limit="100")["data"]
        ours = [e for e in listed if (e["data"]["object"].get("metadata") or {}).get("topup_id") == str(topup_id)]
        return {event["type"]: event for event in reversed(ours)}

    def refund(self, payment_intent: str, amount_minor: int) -> Json:
        """Give part of a payment back, as from Stripe's dashboard."""
        return self._call("POST", "/v1/refunds", data={"payment_intent": payment_intent, "amount": amount_minor})

    def refunds(self, payment_intent: str) -> list[Json]:
        """Return the payment's refunds, oldest first."""
        return list(reversed(self._get("/v1/refunds", payment_intent=payment_intent)["data"]))

    def settle_refund(self, refund_id: str, outcome: str) -> None:
        """Let a refund arrive (succeeded) or come back (failed)."""
        self._call("POST", f"/_sandbox/refunds/{refund_id}/settle", json={"outcome": outcome})

    def payout(self, amount_minor: int, currency: str = "eur") -> Json:
        """Pay out what is available to the account's bank."""
        return self._call("POST", "/v1/payouts", data={"amount": amount_minor, "currency": currency})

    def settle_payout(self, payout_id: str, outcome: str) -> None:
        """Let a payout arrive (paid) or come back (failed)."""
        self._call("POST", f"/_sandbox/payouts/{payout_id}/settle", json={"outcome": outcome})

    def charge_fee(self, amount_minor: int) -> Json:
        """Charge for a service of Stripe's own; return the movement."""
        return self._call("POST", "/_sandbox/fees", json={"amount": amount_minor, "currency": "eur"})

    def faults(self, **switches: Any) -> None:
        """Set the fault switches; none clears them."""
        self._call("POST", "/_sandbox/faults", json=switches)

    def events_about(self, object_id: str, kind: str) -> list[Json]:
        """Return the events of one type about one object, oldest first."""
        listed = self._get("/v1/events", limit="100", type=kind)["data"]
        return [event for event in reversed(listed) if event["data"]["object"]["id"] == object_id]

    def dispute(self, payment_intent: str) -> Json:
        """Return the payment's dispute."""
        return dict(self._get("/v1/disputes", payment_intent=payment_intent)["data"][0])

    def dispute_open(self, charge: str, *, amount: int, reason: str = "fraudulent") -> Json:
        """Let the holder dispute a charge."""
        return self._call("POST", f"/_sandbox/charges/{charge}/dispute", json={"amount": amount, "reason": reason})

    def decide(self, dispute_id: str, status: str) -> None:
        """Let the bank decide a dispute: won or lost."""
        self._call("POST", f"/_sandbox/disputes/{dispute_id}/close", json={"status": status})

    def keep(self, customer: str, token: str = "pm_card_visa") -> Json:
        """Keep one of Stripe's test cards for a customer."""
        return self._call("POST", f"/v1/payment_methods/{token}/attach", data={"customer": customer})

    def card(self, payment_method: str) -> Json:
        """Return the payment method as the API shows it."""
        return self._get(f"/v1/payment_methods/{payment_method}")

    def detach(self, payment_method: str) -> None:
        """Remove a card, as from Stripe's dashboard."""
        self._call("POST", f"/v1/payment_methods/{payment_method}/detach")

    def intents(self, topup_id: object) -> list[Json]:
        """Return the payments that carry this top-up's id, newest first."""
        listed = self._get("/v1/payment_intents", limit="100")["data"]
        return [intent for intent in listed if intent["metadata"].get("topup_id") == str(topup_id)]

    def card_event(self, payment_method: str, kind: str) -> Json:
        """Return the newest event of one type about a payment method."""
        listed = self._get("/v1/events", limit="100", type=kind)["data"]
        return next(event for event in listed if event["data"]["object"]["id"] == payment_method)

    def events_of(self, payment_intent: str, kind: str) -> list[Json]:
        """Return the events of one type about a payment, oldest first."""
        listed = self._get("/v1/events", limit="100", type=kind)["data"]
        return [e for e in reversed(listed) if e["data"]["object"].get("payment_intent") == payment_intent]

    def delete(self, path: str) -> None:
        """Delete the thing at this path of the API."""
        self._call("DELETE", path)

    def _get(self, path: str, **params: str) -> Json:
        return self._call("GET", path, params=params)

    def _call(self, method: str, path: str, **options: Any) -> Json:
        with httpx.Client(base_url=self.url, auth=(self.key, ""), trust_env=False, timeout=30) as http:
            return dict(http.request(method, path, **options).raise_for_status().json())


def signed(event: Json, *, at: datetime, secret: str = SECRET) -> tuple[bytes, str]:
    """Return the body of a delivery and its signature, made at the given time."""
    body = json.dumps(event).encode()
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={seconds},v1={digest}"
