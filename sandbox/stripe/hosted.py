"""Answers the hosted payment page: shows it, takes its form, sends the person on."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.stripe import objects, page, payments
from sandbox.stripe.cards import card_read
from sandbox.stripe.checkout import address_after, session_expire, session_pay
from sandbox.stripe.errors import CardError, StripeError
from sandbox.stripe.saved import save_wanted, saved_cards, saved_chosen
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

TYPED = ("email", "card_name", "card_expiry", "method", "iban", "saved", "save")


class Hosted:
    """The pages people see."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def _session(self, request: Request) -> Json | None:
        session = self.sandbox.store.get("checkout.session", request.path_params["id"])
        if session and session["status"] == "open" and session["expires_at"] <= self.sandbox.now():
            with self.sandbox.acting(None):
                session_expire(self.sandbox, session)
        return session

    async def show(self, request: Request) -> Response:
        """Show the session: its form, the bank's question, or that it is over."""
        session = self._session(request)
        if session is None:
            return _nothing()
        if session["status"] != "open":
            return self._over(session, 200)
        if self._waiting(session):
            return HTMLResponse(page.challenge(self._question(session)))
        return HTMLResponse(page.pay(session, session["_line_items"], saved=saved_cards(self.sandbox, session)))

    async def take(self, request: Request) -> Response:
        """Take the form: pay and go to the success page, ask again, or say what the bank said."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        session = self._session(request)
        if session is None:
            return _nothing()
        if session["status"] != "open":
            return self._over(session, 410 if session["status"] == "expired" else 409)
        try:
            with self.sandbox.trying(None):
                session = self._pay(session, form)
        except StripeError as error:
            session = self.sandbox.get("checkout.session", session["id"])
            typed = {name: form.get(name) for name in TYPED}
            saved = saved_cards(self.sandbox, session)
            return HTMLResponse(page.pay(session, session["_line_items"], error.message, typed, saved), 402)
        if session["status"] == "open":
            return HTMLResponse(page.challenge(self._question(session)))
        return RedirectResponse(address_after(session, session["success_url"]), 303)

    def _pay(self, session: Json, form: dict[str, str]) -> Json:
        waiting = self._waiting(session)
        if waiting and "authentication" in form:
            method = self.sandbox.get("payment_method", waiting["payment_method"])
            if form["authentication"] == "complete":
                return session_pay(self.sandbox, session, method, authenticated=True)
            refuse = payments.setup_refuse if waiting["object"] == "setup_intent" else payments.intent_refuse
            raise refuse(self.sandbox, waiting, method, "authentication_failed")
        if "authentication" in form:
            raise CardError("There is nothing to confirm any more. Enter the card again.")
        saved = saved_chosen(self.sandbox, session, form)
        typed = saved or self._method(session, form)
        if saved is None and typed["type"] == "card":
            save_wanted(self.sandbox, session, typed, ticked="save" in form)
        return session_pay(self.sandbox, session, typed)

    def _method(self, session: Json, form: dict[str, str]) -> Json:
        """Write the payment method that was typed. Raises CardError."""
        now = self.sandbox.now()
        known = (session["customer_details"] or {}).get("email")
        billing: dict[str, Any] = {
            "email": known or form.get("email") or None,
            "name": form.get("card_name") or None,
        }
        kinds = session["payment_method_types"]
        bank = next((kind for kind in kinds if kind in page.BANKS), None)
        chosen = form.get("method") or ("card" if "card" in kinds else "bank")
        if chosen == "bank":
            if bank is None or session["mode"] == "setup":
                raise CardError("This payment does not take bank debits. Choose a card.")
            iban = "".join(form.get("iban", "").split()).upper() if bank == "sepa_debit" else ""
            if iban and iban not in objects.IBANS:
                raise CardError("This is a sandbox: use one of the test accounts that the page lists.")
            return self.sandbox.store.put(objects.payment_method_bank(bank, billing, now, iban))
        if chosen != "card" or "card" not in kinds:
            raise CardError("Choose one of the ways to pay that the page shows.")
        number, expires, cvc = (form.get(name, "") for name in ("card_number", "card_expiry", "card_cvc"))
        card, expiry = card_read(number, expires, cvc, now)
        return self.sandbox.store.put(objects.payment_method_card(card, expiry, billing, now))

    def _waiting(self, session: Json) -> Json | None:
        """Return the session's intent while the bank waits for the holder."""
        kind = "payment_intent" if session["mode"] == "payment" else "setup_intent"
        intent = self.sandbox.store.get(kind, session[kind] or "")
        return intent if intent and intent["status"] == "requires_action" else None

    def _question(self, session: Json) -> str:
        if session["mode"] == "setup":
            return "Confirm that this card may be saved for later payments."
        return f"Confirm the payment of {page.money(session['amount_total'], session['currency'])}."

    def _over(self, session: Json, status: int) -> Response:
        if session["status"] == "expired":
            link = (address_after(session, session["cancel_url"]), "Back") if session["cancel_url"] else None
            words = "The time to pay is over and nothing was charged. Go back and start again."
            return HTMLResponse(page.said("This payment page has expired", words, link), status)
        link = (address_after(session, session["success_url"]), "Continue")
        words = "It was completed before, so nothing is charged a second time."
        return HTMLResponse(page.said("This payment is already complete", words, link), status)

    async def authenticate(self, request: Request) -> Response:
        """The bank's question for an intent that was confirmed through the API with a return_url."""
        kind = "payment_intent" if request.path_params["id"].startswith("pi_") else "setup_intent"
        intent = self.sandbox.store.get(kind, request.path_params["id"])
        if intent is None or request.query_params.get("secret") != intent["client_secret"]:
            return _nothing()
        if intent["status"] != "requires_action":
            return HTMLResponse(
                page.said("Nothing to confirm", "This payment needs no confirmation any more."), 409
            )
        if request.method == "GET":
            words = "Confirm that this card may be saved for later payments."
            if kind == "payment_intent":
                words = f"Confirm the payment of {page.money(intent['amount'], intent['currency'])}."
            return HTMLResponse(page.challenge(words))
        form = await request.form()
        back = (
            intent["next_action"]["redirect_to_url"]["return_url"]
            if "redirect_to_url" in intent["next_action"]
            else ""
        )
        self._decide(intent, kind, str(form.get("authentication")))
        if not back:
            return HTMLResponse(page.said("Thank you", "You can close this page."))
        mark = "&" if "?" in back else "?"
        return RedirectResponse(f"{back}{mark}{kind}={intent['id']}&redirect_status={intent['status']}", 303)

    def _decide(self, intent: Json, kind: str, answer: str) -> None:
        method = self.sandbox.get("payment_method", intent["payment_method"])
        payment = kind == "payment_intent"
        try:
            with self.sandbox.trying(None):
                if answer == "complete":
                    confirm = payments.intent_confirm if payment else payments.setup_confirm
                    confirm(self.sandbox, intent, method, authenticated=True)
                else:
                    refuse = payments.intent_refuse if payment else payments.setup_refuse
                    refuse(self.sandbox, intent, method, "authentication_failed")
        except StripeError:
            return  # the intent keeps the bank's reason; the caller reads it there


def _nothing() -> Response:
    return HTMLResponse(page.said("Nothing here", "There is no payment page at this address."), 404)
