"""The billing portal: a page on which a customer sees, adds, prefers and removes cards."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.stripe import objects, page, payments
from sandbox.stripe.cards import card_read
from sandbox.stripe.endpoints import Call
from sandbox.stripe.errors import InvalidRequest, StripeError
from sandbox.stripe.store import Json, new_id
from sandbox.stripe.world import Sandbox, public

PORTAL_SECONDS = 3600
CONFIGURATION = "bpc_sandboxdefault0000000"


def session_create(call: Call) -> Json:
    """Open a portal session for a customer; its page works for an hour."""
    sandbox, given = call.sandbox, call.given
    sandbox.get("customer", given["customer"], "customer")
    if given.get("configuration") not in (None, CONFIGURATION):
        raise InvalidRequest(
            f"No such configuration: '{given['configuration']}'", code="resource_missing", param="configuration"
        )
    session = objects.base("billing_portal.session", "bps", sandbox.now())
    return public(
        sandbox.store.put(
            session
            | {
                "configuration": CONFIGURATION,
                "customer": given["customer"],
                "customer_account": None,
                "flow": _flow(given.get("flow_data")),
                "locale": given.get("locale"),
                "on_behalf_of": None,
                "return_url": given.get("return_url"),
                "url": f"{sandbox.url}/p/session/{new_id('test', 40)}",
            }
        )
    )


def _flow(given: Json | None) -> Json | None:
    """Return the one thing the page is opened for, and where the person goes once it is done."""
    if given is None:
        return None
    after = given.get("after_completion") or {"type": "portal_homepage"}
    if after["type"] == "redirect" and not after.get("redirect"):
        raise InvalidRequest(
            "Missing required param: flow_data[after_completion][redirect].",
            code="parameter_missing",
            param="flow_data[after_completion][redirect]",
        )
    return {
        "after_completion": {"hosted_confirmation": None, "redirect": None} | after,
        "customer_update": None,
        "subscription_cancel": None,
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": given["type"],
    }


class Portal:
    """Shows the portal and takes its forms."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def serve(self, request: Request) -> Response:
        """GET shows the cards; POST adds one (the payment form's fields), or `prefer` or `remove` names one."""
        here = f"{self.sandbox.url}{request.url.path}"
        session = next((s for s in self.sandbox.store.walk("billing_portal.session") if s["url"] == here), None)
        if session is None or session["created"] + PORTAL_SECONDS < self.sandbox.now():
            words = "This page has expired. Go back and open it again."
            return HTMLResponse(page.said("Nothing here", words), 404)
        if request.method == "GET":
            return HTMLResponse(self._page(session))
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            with self.sandbox.trying(None):
                self._act(session, form)
        except StripeError as error:
            return HTMLResponse(self._page(session, error.message), 402)
        after = (session["flow"] or {}).get("after_completion") or {}
        if after.get("redirect") and "card_number" in form:
            return RedirectResponse(after["redirect"]["return_url"], 303)
        return RedirectResponse(here, 303)

    def _act(self, session: Json, form: dict[str, str]) -> None:
        sandbox = self.sandbox
        customer = sandbox.get("customer", session["customer"])
        if form.get("remove"):
            payments.method_detach(sandbox, self._own(customer, form["remove"]))
            return
        if form.get("prefer"):
            chosen = self._own(customer, form["prefer"])
        else:
            number, expires, cvc = (form.get(name, "") for name in ("card_number", "card_expiry", "card_cvc"))
            found, expiry = card_read(number, expires, cvc, sandbox.now())
            billing = {"email": customer["email"], "name": form.get("card_name") or None}
            chosen = sandbox.store.put(objects.payment_method_card(found, expiry, billing, sandbox.now()))
            given = {"customer": customer["id"], "usage": "off_session"}
            # The portal asks the bank on the spot, so the card counts as confirmed by its holder.
            payments.setup_confirm(sandbox, payments.setup_create(sandbox, given), chosen, authenticated=True)
        customer = sandbox.get("customer", session["customer"])
        customer["invoice_settings"]["default_payment_method"] = chosen["id"]
        sandbox.store.put(customer)
        sandbox.emit("customer.updated", customer)

    def _own(self, customer: Json, method_id: str) -> Json:
        method = payments.method_get(self.sandbox, method_id)
        if method["customer"] != customer["id"]:
            raise InvalidRequest("This card is not saved any more.")
        return method

    def _page(self, session: Json, error: str = "") -> str:
        customer = self.sandbox.get("customer", session["customer"])
        default = customer["invoice_settings"]["default_payment_method"]
        methods = [m for m in self.sandbox.store.walk("payment_method") if m["customer"] == customer["id"]]
        rows = "".join(_row(method, method["id"] == default) for method in methods)
        listed = f'<ul class="lines">{rows}</ul>' if rows else '<p class="hint">No card is saved.</p>'
        back = ""
        if session["return_url"]:
            back = f'<a class="back" href="{escape(session["return_url"])}">&larr; Back</a>'
        alert = f'<p class="alert" role="alert">{escape(error)}</p>' if error else ""
        who = escape(customer["name"] or customer["email"] or customer["id"])
        return page.frame(
            "Payment methods",
            f"""<section aria-label="Saved cards">{back}<h1>Payment methods of</h1><p class="name">{who}</p>
{listed}</section><section class="card" aria-label="Add a card"><h2>Add a card</h2>{alert}
<form method="post">{page.CARD_FIELDS}<button type="submit">Save card</button></form>{page.hints()}</section>""",
            "pay",
        )


def _row(method: Json, default: bool) -> str:
    details = method["card"] if method["type"] == "card" else {"brand": page.BANKS[method["type"]], "last4": ""}
    name = f"{details['brand'].title()} •••• {details['last4']}"
    expiry = f"Expires {details['exp_month']:02}/{details['exp_year']}" if method["type"] == "card" else ""
    prefer = (
        '<small class="mark">Default</small>'
        if default
        else f'<button class="small" name="prefer" value="{method["id"]}">Make default</button>'
    )
    return f"""<li><span>{escape(name)}<small>{expiry}</small></span>
<form method="post" class="acts">{prefer}
<button class="small" name="remove" value="{method["id"]}" aria-label="Remove {escape(name)}">Remove</button>
</form></li>"""
