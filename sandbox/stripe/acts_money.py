"""Acts on balance transactions, payouts, refunds, disputes, events and webhook endpoints."""

from urllib.parse import urlsplit

from sandbox.stripe import disputes, objects, payouts, refunds
from sandbox.stripe.endpoints import Call, metadata_set
from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.listing import page
from sandbox.stripe.store import Json, new_id
from sandbox.stripe.world import VERSION, public


def balance_list(call: Call) -> Json:
    """List balance transactions by currency, source or type; `payout` knows only automatic ones, and none is here."""
    given = call.given
    if given.get("payout"):
        call.sandbox.get("payout", given["payout"], "payout")
        raise InvalidRequest(
            "Balance transaction history can only be filtered on automatic transfers, not manual.", param="payout"
        )
    wanted = {name: given[name] for name in ("currency", "source", "type") if given.get(name)}
    source = call.sandbox.store.find(wanted["source"]) if "source" in wanted else None
    if source and source["object"] == "payment_intent" and source["latest_charge"]:
        wanted["source"] = source["latest_charge"]
    return page(
        call.sandbox,
        "balance_transaction",
        given,
        call.path,
        lambda thing: all(thing[name] == value for name, value in wanted.items()),
    )


def balance(call: Call) -> Json:
    """Return the account's balance per currency: available and pending."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for row in call.sandbox.store.walk("balance_transaction"):
        part = sums[call.sandbox.shown(row)["status"]]
        part[row["currency"]] = part.get(row["currency"], 0) + row["net"]
    shown = {
        name: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in sorted(part.items())
        ]
        for name, part in sums.items()
    }
    return {"object": "balance", "livemode": False, "refund_and_dispute_prefunding": None, **shown}


def payout_create(call: Call) -> Json:
    """Pay out what is available."""
    given = call.given
    payout = payouts.payout_create(
        call.sandbox, given["amount"], given["currency"], given.get("description"), given.get("metadata") or {}
    )
    return public(payout)


def refund_create(call: Call) -> Json:
    """Give money back, by charge or by payment intent."""
    given = call.given
    if not given.get("charge") and not given.get("payment_intent"):
        raise InvalidRequest(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    charge_id = given.get("charge")
    if given.get("payment_intent"):
        intent = call.sandbox.get("payment_intent", given["payment_intent"], "payment_intent")
        if charge_id not in (None, intent["latest_charge"]):
            raise InvalidRequest("The charge does not belong to the payment_intent.", param="charge")
        charge_id = intent["latest_charge"]
        if intent["status"] != "succeeded" or charge_id is None:
            raise InvalidState(
                "This PaymentIntent does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
            )
    charge = call.sandbox.get("charge", str(charge_id), "charge")
    refund = refunds.refund_create(
        call.sandbox, charge, given.get("amount"), given.get("reason"), given.get("metadata") or {}
    )
    return public(refund)


def refund_cancel(call: Call) -> Json:
    """Refuse: only a refund that waits for the customer can be cancelled, and none here ever does."""
    refund = call.sandbox.get("refund", call.id)
    raise InvalidState(f"This refund has status {refund['status']} and cannot be canceled.")


def dispute_update(call: Call) -> Json:
    """Add evidence to a dispute and hand it in, unless `submit` is false."""
    dispute = call.sandbox.get("dispute", call.id)
    metadata_set(call, dispute)
    return public(
        disputes.dispute_update(
            call.sandbox, dispute, call.given.get("evidence") or {}, bool(call.given.get("submit", True))
        )
    )


def dispute_close(call: Call) -> Json:
    """Give in: the dispute is lost."""
    return public(disputes.dispute_close(call.sandbox, call.sandbox.get("dispute", call.id), "lost"))


def event_list(call: Call) -> Json:
    """List events, newest first, by type (`charge.*` too) or by whether every delivery succeeded."""
    given = call.given
    if given.get("type") and given.get("types"):
        raise InvalidRequest("You may only specify one of these parameters: type, types.", param="types")
    types = given.get("types") or ([given["type"]] if given.get("type") else [])

    def fits(event: Json) -> bool:
        named = not types or any(
            event["type"] == name or (name.endswith(".*") and event["type"].startswith(name[:-1]))
            for name in types
        )
        if not named or "delivery_success" not in given:
            return named
        states = {delivery["state"] for delivery in call.sandbox.store.deliveries_of(event["id"])}
        return given["delivery_success"] is (states <= {"delivered"})

    return page(call.sandbox, "event", given, call.path, fits)


def endpoint_create(call: Call) -> Json:
    """Register a webhook endpoint; its secret is shown this once."""
    given = call.given
    _url_check(given["url"])
    endpoint = endpoint_new(given["url"], given["enabled_events"], new_id("whsec", 32), call.sandbox.now())
    endpoint |= {"api_version": given.get("api_version"), "description": given.get("description")}
    metadata_set(call, endpoint)
    call.sandbox.store.put(endpoint)
    return public(endpoint) | {"secret": endpoint["_secret"]}


def endpoint_new(url: str, events: list[str], secret: str, now: int) -> Json:
    """Return a webhook endpoint that wants the events."""
    return objects.base("webhook_endpoint", "we", now) | {
        "api_version": VERSION,
        "application": None,
        "description": None,
        "enabled_events": events,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret,
    }


def endpoint_update(call: Call) -> Json:
    """Change where events go, or which."""
    endpoint = call.sandbox.get("webhook_endpoint", call.id)
    given = call.given
    if given.get("url"):
        _url_check(given["url"])
    endpoint |= {name: given[name] for name in ("description", "enabled_events", "url") if name in given}
    if "disabled" in given:
        endpoint["status"] = "disabled" if given["disabled"] else "enabled"
    metadata_set(call, endpoint)
    return public(call.sandbox.store.put(endpoint))


def endpoint_delete(call: Call) -> Json:
    """Forget the endpoint; what was on its way to it is given up."""
    call.sandbox.get("webhook_endpoint", call.id)
    call.sandbox.store.rekind(call.id, "deleted.webhook_endpoint")
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def _url_check(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise InvalidRequest(
            "Invalid URL: An explicit scheme (such as https) must be provided.", code="url_invalid", param="url"
        )
