"""Checkout sessions: made by the API, paid on the hosted page, expired by the clock."""

import re
from urllib.parse import urlsplit

from sandbox.stripe import objects, payments
from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.money import amount_check
from sandbox.stripe.saved import saved_options
from sandbox.stripe.store import Json, new_id
from sandbox.stripe.world import Sandbox, public

LEAST_SECONDS, MOST_SECONDS = 30 * 60, 24 * 3600
LEEWAY = 10  # seconds between the caller's clock and ours that Stripe forgives


def _line(sandbox: Sandbox, given: Json, position: int) -> Json:
    """Return a line item from `price_data`."""
    data = given["price_data"]
    param = f"line_items[{position}][price_data]"
    amounts = [data[name] for name in ("unit_amount", "unit_amount_decimal") if data.get(name) is not None]
    if len(amounts) != 1:
        raise InvalidRequest(
            f"You must specify either `unit_amount` or `unit_amount_decimal` in `{param}`.",
            code="parameter_missing",
            param=f"{param}[unit_amount]",
        )
    if ("product" in data) == ("product_data" in data):
        raise InvalidRequest(
            f"You must specify either `product` or `product_data` when creating a price, in `{param}`.",
            param=f"{param}[product_data]",
        )
    product = data.get("product") or new_id("prod", 14)
    name = (data.get("product_data") or {}).get("name") or product
    total = amounts[0] * given["quantity"]
    price = objects.base("price", "price", sandbox.now()) | {
        "active": False,
        "billing_scheme": "per_unit",
        "currency": data["currency"].lower(),
        "custom_unit_amount": None,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": None,
        "tax_behavior": data.get("tax_behavior") or "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": amounts[0],
        "unit_amount_decimal": str(amounts[0]),
    }
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": name,
        "metadata": {},
        "price": price,
        "quantity": given["quantity"],
        "_detail": (data.get("product_data") or {}).get("description"),
    }


def _urls_check(given: Json) -> None:
    for name in ("success_url", "cancel_url"):
        url = given.get(name)
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
            raise InvalidRequest(
                "Not a valid URL. URLs must begin with http:// or https://.", code="url_invalid", param=name
            )
    if not given.get("success_url"):
        raise InvalidRequest("Missing required param: success_url.", code="parameter_missing", param="success_url")


def _expiry(given: Json, now: int) -> int:
    wanted = given.get("expires_at")
    if wanted is None:
        return now + MOST_SECONDS
    if not LEAST_SECONDS - LEEWAY <= wanted - now <= MOST_SECONDS + LEEWAY:
        side = "at least 30 minutes" if wanted - now < LEAST_SECONDS else "less than 24 hours"
        raise InvalidRequest(
            f"The `expires_at` timestamp must be {side} from Checkout Session creation.", param="expires_at"
        )
    return int(wanted)


def _mode_check(given: Json) -> None:
    """Raises InvalidRequest for parameters that do not go with the mode."""
    mode = given["mode"]
    if mode == "payment" and not given.get("line_items"):
        raise InvalidRequest(
            "You must provide `line_items` in `payment` mode.", code="parameter_missing", param="line_items"
        )
    wrong = ("line_items", "payment_intent_data") if mode == "setup" else ("setup_intent_data",)
    for name in wrong:
        if given.get(name):
            raise InvalidRequest(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode == "setup" and not given.get("currency") and not given.get("allowed_payment_method_types"):
        raise InvalidRequest(
            "You must provide `currency` or `allowed_payment_method_types` in `setup` mode.",
            code="parameter_missing",
            param="currency",
        )
    if given.get("customer") and (given.get("customer_email") or given.get("customer_creation")):
        raise InvalidRequest(
            "You may only specify one of these parameters: customer, customer_email or customer_creation.",
            param="customer",
        )


def session_create(sandbox: Sandbox, given: Json) -> Json:
    """Write an open session. Raises InvalidRequest."""
    now = sandbox.now()
    _mode_check(given)
    _urls_check(given)
    expires_at = _expiry(given, now)
    customer = sandbox.get("customer", given["customer"], "customer") if given.get("customer") else None
    lines = [_line(sandbox, line, position) for position, line in enumerate(given.get("line_items") or [])]
    currencies = {line["currency"] for line in lines} | (
        {given["currency"].lower()} if given.get("currency") else set()
    )
    if len(currencies) > 1:
        raise InvalidRequest("All line items must have the same currency.", param="line_items")
    currency = currencies.pop() if currencies else None
    total = sum(line["amount_total"] for line in lines) if lines else None
    if total is not None and currency is not None:
        amount_check(total, currency, "line_items")
    kinds = given.get("allowed_payment_method_types")
    if not kinds:
        bank = objects.BANK_DEBITS.get(currency or "") if given["mode"] == "payment" else None
        kinds = ["card", bank] if bank else ["card"]
    token = new_id("x", 58)[2:]
    session = _session(given, customer, now) | {
        "id": f"cs_test_a1{token}",
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        "expires_at": expires_at,
        "payment_method_types": kinds,
        "url": f"{sandbox.url}/c/pay/cs_test_a1{token}",
        "_line_items": lines,
        "_intent_data": given.get("payment_intent_data") or {},
    }
    if given["mode"] == "setup":
        data = given.get("setup_intent_data") or {}
        setup = payments.setup_create(
            sandbox, {**data, "customer": session["customer"], "allowed_payment_method_types": kinds}
        )
        session["setup_intent"] = setup["id"]
    return sandbox.store.put(session, due=expires_at)


def _session(given: Json, customer: Json | None, now: int) -> Json:
    """Return the fields that follow from the parameters alone."""
    payment = given["mode"] == "payment"
    email = (customer or {}).get("email") or given.get("customer_email")
    known = {"address": None, "business_name": None, "individual_name": None, "name": None, "phone": None}
    return objects.base("checkout.session", "cs", now) | {
        "adaptive_pricing": {"enabled": False} if payment else None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": given.get("billing_address_collection"),
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            name: (given.get("custom_text") or {}).get(name)
            for name in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        },
        "customer": customer["id"] if customer else None,
        "customer_account": None,
        "customer_creation": None if customer else (given.get("customer_creation") or "if_required"),
        "customer_details": {**known, "email": email, "tax_exempt": "none", "tax_ids": []} if email else None,
        "customer_email": given.get("customer_email"),
        "discounts": [] if payment else None,
        "invoice": None,
        "invoice_creation": None,
        "locale": given.get("locale"),
        "metadata": given.get("metadata") or {},
        "mode": given["mode"],
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required" if payment else "always",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_status": "unpaid" if payment else "no_payment_required",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": saved_options(given, customer),
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": given.get("submit_type"),
        "subscription": None,
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if payment else None,
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }


def session_expire(sandbox: Sandbox, session: Json) -> Json:
    """End an open session; nobody can pay it any more. Raises InvalidState."""
    if session["status"] != "open":
        raise InvalidState(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {session['status']}."
        )
    session |= {"status": "expired", "url": None}
    sandbox.store.put(session)
    intent = sandbox.store.get("payment_intent", session["payment_intent"] or "")
    if intent and intent["status"] in payments.CONFIRMABLE:
        payments.intent_cancel(sandbox, intent, "automatic")
    sandbox.emit("checkout.session.expired", session)
    return session


def session_due(sandbox: Sandbox, session: Json) -> None:
    """Do what is due of a session: end an open one, or let the bank answer for one that is not paid yet."""
    if session["status"] == "open":
        session_expire(sandbox, session)
    elif session["payment_status"] == "unpaid" and session.get("_settles"):
        session_settle(sandbox, session, session["_settles"]["outcome"])
    else:
        sandbox.store.put(session)


def session_pay(sandbox: Sandbox, session: Json, method: Json, *, authenticated: bool = False) -> Json:
    """Pay (or set up) with the method; the session is complete, or its intent waits in requires_action.

    Raises CardError when the bank refuses: the session stays open for another try.
    """
    customer = session["customer"]
    if not customer and session["customer_creation"] == "always":
        email = method["billing_details"]["email"]
        made = sandbox.store.put(objects.customer({"email": email}, sandbox.now()))
        sandbox.emit("customer.created", made)
        customer = session["customer"] = made["id"]
        sandbox.store.put(session, due=session["expires_at"])
    if session["mode"] == "setup":
        setup = sandbox.get("setup_intent", session["setup_intent"])
        setup["customer"] = customer
        setup = payments.setup_confirm(sandbox, setup, method, authenticated=authenticated)
        return session if setup["status"] == "requires_action" else _complete(sandbox, session, method)
    intent = sandbox.store.get("payment_intent", session["payment_intent"] or "")
    if intent is None:
        intent = payments.intent_create(
            sandbox,
            {
                **session["_intent_data"],
                "amount": session["amount_total"],
                "currency": session["currency"],
                "customer": customer,
                "allowed_payment_method_types": session["payment_method_types"],
            },
        )
        session["payment_intent"] = intent["id"]
        sandbox.store.put(session, due=session["expires_at"])
    intent = payments.intent_confirm(sandbox, intent, method, authenticated=authenticated)
    if intent["status"] == "requires_action":
        return session
    session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
    session["_settles"] = method.get("_settles")
    session = _complete(sandbox, session, method)
    if session["_settles"]:  # a test account whose bank answers by itself
        sandbox.store.put(session, due=sandbox.now() + session["_settles"]["seconds"])
    return session


def _complete(sandbox: Sandbox, session: Json, method: Json) -> Json:
    billing = method["billing_details"]
    details = session["customer_details"] or {"address": None, "phone": None, "tax_exempt": "none", "tax_ids": []}
    session |= {
        "status": "complete",
        "url": None,
        "customer_details": details
        | {
            "address": billing["address"],
            "business_name": None,
            "email": details.get("email") or billing["email"],
            "individual_name": billing["name"],
            "name": billing["name"],
        },
    }
    sandbox.store.put(session)
    sandbox.emit("checkout.session.completed", session)
    return session


def session_settle(sandbox: Sandbox, session: Json, outcome: str) -> Json:
    """Let the bank debit of a complete but unpaid session arrive (`succeeded`) or bounce (`failed`)."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise InvalidState(
            f"Only a complete and unpaid session can be settled; this one is {session['status']} and "
            f"{session['payment_status']}."
        )
    payments.intent_settle(sandbox, sandbox.get("payment_intent", session["payment_intent"]), outcome)
    if outcome == "succeeded":
        session["payment_status"] = "paid"
    sandbox.store.put(session)
    sandbox.emit(f"checkout.session.async_payment_{outcome}", session)
    return session


def line_items(session: Json) -> list[Json]:
    """Return the session's line items as the API shows them."""
    return [public(line) for line in session["_line_items"]]


def address_after(session: Json, url: str) -> str:
    """Return where the person goes, with the session's id put in."""
    return re.sub(r"\{CHECKOUT_SESSION_ID\}|%7BCHECKOUT_SESSION_ID%7D", session["id"], url)
