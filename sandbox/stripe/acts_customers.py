"""Acts on customers and on their payment methods."""

from sandbox.stripe import objects, payments
from sandbox.stripe.cards import Expiry, card_read
from sandbox.stripe.endpoints import Call, metadata_set
from sandbox.stripe.errors import InvalidRequest, missing
from sandbox.stripe.listing import page
from sandbox.stripe.store import Json
from sandbox.stripe.world import public


def customer_create(call: Call) -> Json:
    """Write a customer."""
    thing = objects.customer(call.given, call.sandbox.now())
    metadata_set(call, thing)
    call.sandbox.store.put(thing)
    call.sandbox.emit("customer.created", thing)
    return public(thing)


def customer_read(call: Call) -> Json:
    """Return the customer; a deleted one answers that it is."""
    gone = call.sandbox.store.get("deleted.customer", call.id)
    return _gone(call.id) if gone else public(call.sandbox.get("customer", call.id))


def _gone(customer: str) -> Json:
    return {"id": customer, "object": "customer", "deleted": True}


def customer_update(call: Call) -> Json:
    """Change what was given, and nothing else."""
    thing = call.sandbox.get("customer", call.id)
    given = call.given
    for name in ("description", "email", "name", "phone", "preferred_locales", "tax_exempt"):
        if name in given:
            thing[name] = given[name]
    if "address" in given:
        thing["address"] = {**objects.NO_ADDRESS, **(thing["address"] or {}), **given["address"]}
    settings = given.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        default = settings["default_payment_method"]
        if default is not None:
            param = "invoice_settings[default_payment_method]"
            method = payments.method_get(call.sandbox, default, param)
            if method["customer"] != thing["id"]:
                raise InvalidRequest(
                    f"The customer does not have a payment method with the ID {default}. The payment method "
                    "must be "
                    "attached to the customer.",
                    code="resource_missing",
                    param=param,
                )
        thing["invoice_settings"]["default_payment_method"] = default
    metadata_set(call, thing)
    call.sandbox.store.put(thing)
    call.sandbox.emit("customer.updated", thing)
    return public(thing)


def customer_delete(call: Call) -> Json:
    """Forget the customer and its payment methods."""
    thing = call.sandbox.get("customer", call.id)
    for method in list(call.sandbox.store.walk("payment_method")):
        if method["customer"] == call.id:
            payments.method_detach(call.sandbox, method)
    call.sandbox.store.put(thing | {"object": "deleted.customer"})
    call.sandbox.store.rekind(call.id, "deleted.customer")
    call.sandbox.emit("customer.deleted", thing)
    return _gone(call.id)


# payment methods


def method_create(call: Call) -> Json:
    """Write a payment method of a test card or of a token such as `tok_visa`."""
    card = call.given["card"]
    token = card.get("token")
    if token:
        method = payments.method_get(call.sandbox, f"pm_card_{token.removeprefix('tok_')}", "card[token]")
    else:
        for name in ("number", "exp_month", "exp_year"):
            if name not in card:
                raise InvalidRequest(
                    f"Missing required param: card[{name}].", code="parameter_missing", param=f"card[{name}]"
                )
        expiry = f"{card['exp_month']}/{card['exp_year']}"
        found, good = card_read(card["number"], expiry, card.get("cvc") or "123", call.sandbox.now())
        method = objects.payment_method_card(found, Expiry(good.month, good.year), None, call.sandbox.now())
    method["billing_details"] = objects.billing_details(call.given.get("billing_details"))
    metadata_set(call, method)
    return public(call.sandbox.store.put(method))


def method_update(call: Call) -> Json:
    """Change the holder's details or the metadata."""
    method = payments.method_get(call.sandbox, call.id, "id")
    if "billing_details" in call.given:
        method["billing_details"] = objects.billing_details(
            method["billing_details"] | call.given["billing_details"]
        )
    metadata_set(call, method)
    call.sandbox.store.put(method)
    call.sandbox.emit("payment_method.updated", method)
    return public(method)


def method_attach(call: Call) -> Json:
    """Save the payment method for a customer."""
    call.sandbox.get("customer", call.given["customer"], "customer")
    method = payments.method_get(call.sandbox, call.id, "id")
    return public(payments.method_attach(call.sandbox, method, call.given["customer"]))


def method_detach(call: Call) -> Json:
    """Forget the payment method of its customer."""
    return public(payments.method_detach(call.sandbox, payments.method_get(call.sandbox, call.id, "id")))


def method_list(call: Call) -> Json:
    """List a customer's payment methods; without a customer there is nothing to list."""
    owner, kind = call.given.get("customer"), call.given.get("type")
    if owner:
        call.sandbox.get("customer", owner, "customer")
    return page(
        call.sandbox,
        "payment_method",
        call.given,
        call.path,
        lambda thing: owner is not None and thing["customer"] == owner and kind in (None, thing["type"]),
    )


def customer_methods(call: Call) -> Json:
    """List the payment methods of the customer in the address."""
    call.sandbox.get("customer", call.id)
    kind = call.given.get("type")
    return page(
        call.sandbox,
        "payment_method",
        call.given,
        call.path,
        lambda thing: thing["customer"] == call.id and kind in (None, thing["type"]),
    )


def customer_method(call: Call) -> Json:
    """Return one payment method of one customer."""
    customer, _, method_id = call.id.partition("/payment_methods/")
    method = payments.method_get(call.sandbox, method_id, "id")
    if method["customer"] != customer:
        raise missing("PaymentMethod", method_id)
    return public(method)
