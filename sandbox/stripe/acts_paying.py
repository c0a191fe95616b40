"""Acts on checkout sessions, payment intents and setup intents."""

from sandbox.stripe import checkout, money, objects, payments
from sandbox.stripe.endpoints import Call, metadata_set
from sandbox.stripe.errors import InvalidRequest, InvalidState
from sandbox.stripe.listing import list_of, page
from sandbox.stripe.store import Json
from sandbox.stripe.world import public

# checkout


def session_create(call: Call) -> Json:
    """Open a session."""
    return public(checkout.session_create(call.sandbox, call.given))


def session_expire(call: Call) -> Json:
    """End an open session."""
    return public(checkout.session_expire(call.sandbox, call.sandbox.get("checkout.session", call.id)))


def session_lines(call: Call) -> Json:
    """List the session's line items."""
    return list_of(checkout.line_items(call.sandbox.get("checkout.session", call.id)), call.path)


def session_list(call: Call) -> Json:
    """List sessions."""
    given = call.given
    wanted = {name: given[name] for name in ("customer", "payment_intent", "status") if given.get(name)}
    email = (given.get("customer_details") or {}).get("email")

    def fits(thing: Json) -> bool:
        details = thing["customer_details"] or {}
        return all(thing[n] == v for n, v in wanted.items()) and (email is None or details.get("email") == email)

    return page(call.sandbox, "checkout.session", given, call.path, fits)


# payment intents


def _customer_check(call: Call) -> None:
    if call.given.get("customer"):
        call.sandbox.get("customer", call.given["customer"], "customer")


def intent_create(call: Call) -> Json:
    """Write an intent, and pay it at once with `confirm`."""
    given = call.given | {"currency": call.given["currency"].lower()}
    money.amount_check(given["amount"], given["currency"])
    _customer_check(call)
    for name in ("off_session", "error_on_requires_action", "return_url"):
        if given.get(name) and not given.get("confirm"):
            raise InvalidRequest(f"You can only pass `{name}` together with `confirm` set to true.", param=name)
    method = payments.method_get(call.sandbox, given["payment_method"]) if given.get("payment_method") else None
    if given.get("confirm") and method is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    if method:
        given |= {"payment_method": method["id"]}
        if given.get("confirm"):
            payments.usable(method, given.get("customer"))
    intent = payments.intent_create(call.sandbox, given)
    return _confirm(call, intent, method) if given.get("confirm") and method else public(intent)


def intent_confirm(call: Call) -> Json:
    """Try to pay the intent."""
    intent = call.sandbox.get("payment_intent", call.id)
    for name in ("receipt_email", "setup_future_usage"):
        if name in call.given:
            intent[name] = call.given[name]
    name = call.given.get("payment_method") or intent["payment_method"]
    if not name:
        raise InvalidState(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
            "update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    return _confirm(call, intent, payments.method_get(call.sandbox, name))


def _return_check(given: Json, automatic: Json | None, kind: str) -> None:
    """Raises InvalidRequest when a method that Stripe may choose could lead the payer away with no way back."""
    may_lead_away = automatic and automatic["enabled"] and automatic["allow_redirects"] == "always"
    if may_lead_away and not given.get("return_url"):
        raise InvalidRequest(
            f"This {kind} is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`."
            " If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]`"
            f" to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating {kind}s.",
            param="return_url",
        )


def _allow(given: Json, intent: Json) -> None:
    """Narrow the kinds of payment method to those named."""
    allowed, automatic = objects.methods_allowed(given)
    if allowed:
        intent |= {
            "allowed_payment_method_types": allowed,
            "automatic_payment_methods": automatic,
            "payment_method_types": allowed,
        }


def _confirm(call: Call, intent: Json, method: Json) -> Json:
    given = call.given
    _allow(given, intent)
    _return_check(given, intent["automatic_payment_methods"], "PaymentIntent")
    intent = payments.intent_confirm(
        call.sandbox,
        intent,
        method,
        off_session=bool(given.get("off_session") or given.get("error_on_requires_action")),
        return_url=given.get("return_url"),
    )
    return public(intent)


def intent_update(call: Call) -> Json:
    """Change an intent nobody has paid."""
    intent = call.sandbox.get("payment_intent", call.id)
    given = dict(call.given)
    label_only = set(given) <= {"metadata", "description", "expand"}
    if intent["status"] not in payments.CONFIRMABLE and not label_only:
        raise InvalidState(
            f"This PaymentIntent could not be updated because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    _customer_check(call)
    if given.get("payment_method"):
        given["payment_method"] = payments.method_get(call.sandbox, given["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    if given.get("currency"):
        given["currency"] = given["currency"].lower()
    money.amount_check(given.get("amount") or intent["amount"], given.get("currency") or intent["currency"])
    _allow(given, intent)
    intent |= {
        name: value
        for name, value in given.items()
        if name not in ("metadata", "expand", "allowed_payment_method_types")
    }
    metadata_set(call, intent)
    return public(call.sandbox.store.put(intent))


def intent_cancel(call: Call) -> Json:
    """End an intent nobody has paid."""
    intent = call.sandbox.get("payment_intent", call.id)
    open_session = any(
        session["payment_intent"] == call.id and session["status"] == "open"
        for session in call.sandbox.store.walk("checkout.session")
    )
    if open_session:
        raise InvalidState(
            "You cannot cancel a PaymentIntent created by a Checkout Session. Expire the Checkout Session "
            "instead.",
        )
    return public(payments.intent_cancel(call.sandbox, intent, call.given.get("cancellation_reason")))


# setup intents


def setup_create(call: Call) -> Json:
    """Write a setup intent, and save the card at once with `confirm`."""
    _customer_check(call)
    given = dict(call.given)
    method = payments.method_get(call.sandbox, given["payment_method"]) if given.get("payment_method") else None
    if method:
        given["payment_method"] = method["id"]
    if given.get("confirm") and method is None:
        raise InvalidRequest("You cannot confirm this SetupIntent because it's missing a payment method.")
    setup = payments.setup_create(call.sandbox, given)
    if given.get("confirm") and method:
        _return_check(given, setup["automatic_payment_methods"], "SetupIntent")
        setup = payments.setup_confirm(call.sandbox, setup, method, return_url=given.get("return_url"))
    return public(setup)


def setup_confirm(call: Call) -> Json:
    """Save the card."""
    setup = call.sandbox.get("setup_intent", call.id)
    name = call.given.get("payment_method") or setup["payment_method"]
    if not name:
        raise InvalidState("You cannot confirm this SetupIntent because it's missing a payment method.")
    method = payments.method_get(call.sandbox, name)
    _return_check(call.given, setup["automatic_payment_methods"], "SetupIntent")
    return public(payments.setup_confirm(call.sandbox, setup, method, return_url=call.given.get("return_url")))


def setup_cancel(call: Call) -> Json:
    """End a setup intent."""
    setup = call.sandbox.get("setup_intent", call.id)
    if setup["status"] not in payments.CONFIRMABLE:
        raise InvalidState(
            f"You cannot cancel this SetupIntent because it has a status of {setup['status']}.",
            code="setup_intent_unexpected_state",
        )
    setup |= {
        "status": "canceled",
        "cancellation_reason": call.given.get("cancellation_reason"),
        "next_action": None,
    }
    call.sandbox.store.put(setup)
    call.sandbox.emit("setup_intent.canceled", setup)
    return public(setup)
