"""Payment methods, payment intents and setup intents: what happens when somebody pays or saves a card."""

from sandbox.stripe import objects
from sandbox.stripe.cards import CARDS, TOKENS, Expiry, refusal
from sandbox.stripe.disputes import dispute_open
from sandbox.stripe.errors import CardError, InvalidRequest, InvalidState, missing
from sandbox.stripe.money import balance_move, fee
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox, public

TOKEN_EXPIRY = Expiry(12, 2034)
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def method_get(sandbox: Sandbox, name: str, param: str = "payment_method") -> Json:
    """Return the payment method; a name such as `pm_card_visa` makes a new one. Raises InvalidRequest."""
    if name in TOKENS:
        return sandbox.store.put(
            objects.payment_method_card(CARDS[TOKENS[name]], TOKEN_EXPIRY, None, sandbox.now())
        )
    method = sandbox.store.get("payment_method", name)
    if method is None:
        raise missing("PaymentMethod", name, param)
    return method


def method_attach(sandbox: Sandbox, method: Json, customer: str) -> Json:
    """Save the payment method for the customer. Raises CardError when the bank refuses, InvalidState if taken."""
    if method["customer"] == customer:
        return method
    if method["customer"]:
        raise InvalidState("The payment method you provided has already been attached to a customer.")
    card = CARDS.get(method["_number"])
    if card and card.decline and not card.attaches:
        raise refusal(card.decline)
    method["customer"] = customer
    sandbox.store.put(method)
    sandbox.emit("payment_method.attached", method)
    return method


def method_detach(sandbox: Sandbox, method: Json) -> Json:
    """Forget the payment method of its customer. Raises InvalidState when it has none."""
    if not method["customer"]:
        raise InvalidState(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    owner = sandbox.store.get("customer", method["customer"])
    if owner and owner["invoice_settings"]["default_payment_method"] == method["id"]:
        owner["invoice_settings"]["default_payment_method"] = None
        sandbox.store.put(owner)
    previous = {"customer": method["customer"]}
    method |= {"customer": None, "_detached": True}
    sandbox.store.put(method)
    sandbox.emit("payment_method.detached", method, previous)
    return method


def intent_create(sandbox: Sandbox, given: Json) -> Json:
    """Write a payment intent that nobody has paid yet."""
    intent = sandbox.store.put(objects.payment_intent(given, sandbox.now()))
    sandbox.emit("payment_intent.created", intent)
    return intent


def usable(method: Json, customer: str | None) -> None:
    """Raises InvalidRequest when the payment method belongs to someone else, or was taken from its customer."""
    if method.get("_detached"):
        raise InvalidRequest(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
            "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
            "used again.",
            param="payment_method",
        )
    if method["customer"] and not customer:
        raise InvalidRequest(
            "The PaymentMethod you provided is attached to a customer so you must provide the customer as "
            "`customer`.",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != customer:
        raise InvalidRequest(
            "The PaymentMethod you provided belongs to another customer than the one given as `customer`.",
            param="payment_method",
        )


def _asks(method: Json) -> bool:
    """Return whether the bank wants the holder to confirm."""
    card = CARDS.get(method["_number"])
    return card is not None and (card.asks == "always" or (card.asks == "setup" and not method["_set_up"]))


def intent_confirm(
    sandbox: Sandbox,
    intent: Json,
    method: Json,
    *,
    off_session: bool = False,
    authenticated: bool = False,
    return_url: str | None = None,
) -> Json:
    """Try to pay: succeeded, processing (bank debit) or requires_action.

    Raises CardError when the bank refuses (the intent keeps the reason), InvalidState when the intent is done.
    """
    if intent["status"] not in CONFIRMABLE:
        raise InvalidState(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    usable(method, intent["customer"])
    if method["type"] not in intent["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            param="payment_method",
        )
    intent |= {"payment_method": method["id"], "next_action": None, "last_payment_error": None}
    if method["type"] != "card":
        return _intent_process(sandbox, intent, method)
    if _asks(method) and not authenticated:
        if off_session:
            raise intent_refuse(sandbox, intent, method, "authentication_required")
        return _holder_ask(sandbox, intent, return_url)
    decline = CARDS[method["_number"]].decline
    if decline:
        raise intent_refuse(sandbox, intent, method, decline)
    charge = sandbox.store.put(objects.charge(intent, method, "succeeded", None, sandbox.now()))
    return _intent_succeed(sandbox, intent, method, charge)


def _holder_ask(sandbox: Sandbox, thing: Json, return_url: str | None) -> Json:
    """Let an intent of either kind wait for the card's holder to confirm it."""
    thing["status"] = "requires_action"
    thing["next_action"] = (
        {
            "redirect_to_url": {
                "return_url": return_url,
                "url": f"{sandbox.url}/authenticate/{thing['id']}?secret={thing['client_secret']}",
            },
            "type": "redirect_to_url",
        }
        if return_url
        else {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    )
    sandbox.store.put(thing)
    sandbox.emit(f"{thing['object']}.requires_action", thing)
    return thing


def _intent_process(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    charge = sandbox.store.put(objects.charge(intent, method, "pending", None, sandbox.now()))
    intent |= {"status": "processing", "latest_charge": charge["id"]}
    sandbox.store.put(intent)
    sandbox.emit("payment_intent.processing", intent)
    sandbox.emit("charge.pending", charge)
    return intent


def _intent_succeed(sandbox: Sandbox, intent: Json, method: Json, charge: Json) -> Json:
    card = CARDS.get(method["_number"])
    move = balance_move(
        sandbox,
        charge,
        "charge" if card else "payment",
        charge["amount"],
        taken=fee(charge["amount"], charge["currency"]),
        category="charge",
        description=intent["description"],
        at_once=card is not None and card.at_once,
    )
    charge |= {"balance_transaction": move["id"], "status": "succeeded", "paid": True}
    sandbox.store.put(charge)
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    sandbox.store.put(intent)
    if intent["setup_future_usage"]:
        method["_set_up"] = method["_set_up"] or intent["setup_future_usage"] == "off_session"
        sandbox.store.put(method)
        if intent["customer"]:
            method_attach(sandbox, method, intent["customer"])
    sandbox.emit("charge.succeeded", charge)
    sandbox.emit("payment_intent.succeeded", intent)
    if card and card.disputes:
        dispute_open(sandbox, charge, card.disputes, inquiry=card.inquires)
    return intent


def intent_refuse(sandbox: Sandbox, intent: Json, method: Json, decline: str) -> CardError:
    """Write that the bank refused, and return the error to raise."""
    refused = refusal(decline)
    detail = refused.body("")["error"]
    charge = sandbox.store.get("charge", intent["latest_charge"] or "")
    if charge and charge["status"] == "pending":
        charge |= {
            "status": "failed",
            "captured": False,
            "amount_captured": 0,
            "failure_code": detail["code"],
            "failure_message": detail["message"],
            "outcome": objects.outcome(detail),
        }
    else:
        charge = objects.charge(intent, method, "failed", detail, sandbox.now())
    sandbox.store.put(charge)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": charge["id"],
        "last_payment_error": {
            "charge": charge["id"],
            "code": detail["code"],
            "decline_code": detail.get("decline_code"),
            "doc_url": detail["doc_url"],
            "message": detail["message"],
            "payment_method": public(method),
            "type": "card_error",
        },
    }
    sandbox.store.put(intent)
    sandbox.emit("charge.failed", charge)
    sandbox.emit("payment_intent.payment_failed", intent)
    refused.more |= {
        "charge": charge["id"],
        "payment_intent": public(intent),
        "payment_method": public(method),
    }
    return refused


def intent_settle(sandbox: Sandbox, intent: Json, outcome: str) -> Json:
    """Let the bank debit of a processing intent arrive (`succeeded`) or bounce (`failed`). Raises InvalidState."""
    if intent["status"] != "processing":
        raise InvalidState(f"Only a processing payment can be settled; this one has status {intent['status']}.")
    method = sandbox.get("payment_method", intent["payment_method"])
    if outcome == "failed":
        intent_refuse(sandbox, intent, method, "debit_not_authorized")
        return intent
    charge = sandbox.get("charge", intent["latest_charge"])
    return _intent_succeed(sandbox, intent, method, charge)


def intent_cancel(sandbox: Sandbox, intent: Json, reason: str | None) -> Json:
    """End an intent nobody has paid. Raises InvalidState."""
    if intent["status"] not in CONFIRMABLE:
        raise InvalidState(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(CONFIRMABLE)}.",
            code="payment_intent_unexpected_state",
            payment_intent=public(intent),
        )
    intent |= {
        "status": "canceled",
        "canceled_at": sandbox.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    sandbox.store.put(intent)
    sandbox.emit("payment_intent.canceled", intent)
    return intent


def setup_create(sandbox: Sandbox, given: Json) -> Json:
    """Write a setup intent."""
    setup = sandbox.store.put(objects.setup_intent(given, sandbox.now()))
    sandbox.emit("setup_intent.created", setup)
    return setup


def setup_confirm(
    sandbox: Sandbox, setup: Json, method: Json, *, authenticated: bool = False, return_url: str | None = None
) -> Json:
    """Save the payment method for later: succeeded or requires_action. Raises CardError or InvalidState."""
    if setup["status"] not in CONFIRMABLE:
        raise InvalidState(
            f"You cannot confirm this SetupIntent because it has a status of {setup['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=public(setup),
        )
    usable(method, setup["customer"])
    setup |= {"payment_method": method["id"], "next_action": None, "last_setup_error": None}
    card = CARDS.get(method["_number"])
    if card and card.decline and not card.attaches:
        raise setup_refuse(sandbox, setup, method, card.decline)
    if _asks(method) and not authenticated:
        return _holder_ask(sandbox, setup, return_url)
    method["_set_up"] = setup["usage"] == "off_session"
    sandbox.store.put(method)
    if setup["customer"]:
        method_attach(sandbox, method, setup["customer"])
    setup["status"] = "succeeded"
    sandbox.store.put(setup)
    sandbox.emit("setup_intent.succeeded", setup)
    return setup


def setup_refuse(sandbox: Sandbox, setup: Json, method: Json, decline: str) -> CardError:
    """Write that the bank refused to have the card saved, and return the error to raise."""
    refused = refusal(decline)
    detail = refused.body("")["error"]
    setup |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": {
            "code": detail["code"],
            "decline_code": detail.get("decline_code"),
            "doc_url": detail["doc_url"],
            "message": detail["message"],
            "payment_method": public(method),
            "type": "card_error",
        },
    }
    sandbox.store.put(setup)
    sandbox.emit("setup_intent.setup_failed", setup)
    refused.more |= {"setup_intent": public(setup), "payment_method": public(method)}
    return refused
