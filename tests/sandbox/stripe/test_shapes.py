"""Objects and parameters held against the types that stripe-python generates from Stripe's OpenAPI document."""

import importlib
import inspect
import io
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from sandbox.stripe import specs
from sandbox.stripe.params import Field, Many, Nested
from tests.sandbox.stripe.parts import Running, as_json, browse, card, session_params

FREE = ("metadata", "expand")


def literals(annotation: Any) -> set[str]:
    """Return the words an annotation lists (stripe-python writes enums as `Union[Literal[...], str]`)."""
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return {word for part in typing.get_args(annotation) for word in literals(part)}


def fields_of(cls: type) -> dict[str, Any]:
    """Return the annotated fields of a stripe-python class; names it imports for typing only are looked up."""
    module = vars(importlib.import_module(cls.__module__))
    known = {name: getattr(stripe, name, Any) for name in dir(stripe) if name[0].isupper()}
    outer = {name: value for name, value in vars(cls).items() if inspect.isclass(value)}
    found = {}
    for name, text in cls.__annotations__.items():
        try:
            found[name] = eval(text, {**known, **module, **outer}) if isinstance(text, str) else text
        except NameError:
            found[name] = Any
    return {name: value for name, value in found.items() if typing.get_origin(value) is not typing.ClassVar}


def optional(annotation: Any) -> bool:
    return annotation is Any or type(None) in typing.get_args(annotation)


def offences(thing: Any, cls: type, path: str) -> Iterator[str]:
    """Yield each required field that is missing or null, unknown name, wrong basic type and unlisted word."""
    fields = fields_of(cls)
    for name in set(thing) - set(fields):
        yield f"{path}.{name} is not Stripe's"
    for name, annotation in fields.items():
        value = thing.get(name)
        if value is None:
            if not optional(annotation):
                yield f"{path}.{name} is required"
            continue
        words = literals(annotation)
        if words and isinstance(value, str) and value not in words:
            yield f"{path}.{name} is {value}"
        kinds = [part for part in (annotation, *typing.get_args(annotation)) if inspect.isclass(part)]
        basic = {int, str, bool} & set(kinds)
        if basic and not words and type(value) not in basic and not isinstance(value, dict | list):
            yield f"{path}.{name} is {value!r}"
        kinds += [part for kind in typing.get_args(annotation) for part in typing.get_args(kind)]
        kinds = [kind for kind in kinds if inspect.isclass(kind)]
        inner = [kind for kind in kinds if issubclass(kind, stripe.StripeObject) and kind.__annotations__]
        if isinstance(value, list) and inner and "Untyped" not in inner[0].__name__:
            for position, item in enumerate(value):
                if isinstance(item, dict):
                    yield from offences(item, inner[0], f"{path}.{name}[{position}]")
        if isinstance(value, dict) and inner and "Untyped" not in inner[0].__name__:
            yield from offences(value, inner[0], f"{path}.{name}")


@pytest.fixture(scope="module")
def told(running: Running) -> dict[str, Any]:
    """One object of each kind, after a session was paid with a card that is disputed."""
    client = running.client()
    customer = client.v1.customers.create({"email": "a@acme.example", "address": {"country": "NL"}})
    session = client.v1.checkout.sessions.create(session_params(customer=customer.id))
    opened = as_json(session)
    browse(session.url, **card("4000000000000259"))
    second = client.v1.checkout.sessions.create(session_params())
    browse(second.url, **card("4000000000000077"))
    refunded = client.v1.checkout.sessions.retrieve(second.id).payment_intent
    lines = client.v1.checkout.sessions.line_items.list(session.id)
    answers = {
        "session": client.v1.checkout.sessions.retrieve(session.id),
        "line": lines.data[0],
        "price": lines.data[0].price,
        "customer": customer,
        "intent": client.v1.payment_intents.list().data[-1],
        "charge": client.v1.charges.list().data[-1],
        "move": client.v1.balance_transactions.list().data[-1],
        "method": client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}),
        "setup": client.v1.setup_intents.create(
            {"payment_method": "pm_card_visa", "confirm": True, "return_url": "https://a.example/"}
        ),
        "refund": client.v1.refunds.create({"payment_intent": refunded}),
        "payout": client.v1.payouts.create({"amount": 100, "currency": "eur"}),
        "dispute": client.v1.disputes.list().data[0],
        "event": client.v1.events.list().data[0],
        "endpoint": client.v1.webhook_endpoints.list().data[0],
        "portal": client.v1.billing_portal.sessions.create({"customer": customer.id}),
    }
    return {"open session": opened, **{name: as_json(thing) for name, thing in answers.items()}}


@pytest.fixture(scope="module")
def rarely(running: Running) -> dict[str, Any]:
    """Objects as they are on the way and after trouble."""
    client = running.client()

    def pay(**form: str) -> Any:
        session = client.v1.checkout.sessions.create(session_params())
        browse(session.url, **form)
        again = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        return again, again.payment_intent, again.payment_intent.latest_charge

    debited, processing, pending = pay(**card("", method="bank"))
    _, asking, _ = pay(**card("4000002760003184"))
    _, declined, refused = pay(**card("4000000000000002"))
    waiting = client.v1.refunds.create({"payment_intent": pay(**card("4000000000007726"))[1].id})
    failing = client.v1.refunds.create({"payment_intent": pay(**card("4000000000005126"))[1].id})
    running.control(f"refunds/{failing.id}/settle", {"outcome": "failed"})
    inquiry = client.v1.disputes.list({"payment_intent": pay(**card("4000000000001976"))[1].id}).data[0]
    won = client.v1.disputes.list({"payment_intent": pay(**card("4000000000000259"))[1].id}).data[0]
    running.control(f"disputes/{won.id}/close", {"status": "won"})
    uploading = stripe.StripeClient("sk_test_x", base_addresses={"api": running.url, "files": running.url})
    file = io.BytesIO(b"%PDF-1.7")
    customer = client.v1.customers.create({}).id
    flow: Any = {"type": "payment_method_update"}
    answers = {
        "debited session": as_json(debited) | {"payment_intent": processing.id},
        "processing intent": as_json(processing) | {"latest_charge": pending.id},
        "pending charge": pending,
        "asking intent": asking,
        "declined intent": as_json(declined) | {"latest_charge": refused.id},
        "refused charge": refused,
        "bank method": client.v1.payment_methods.retrieve(processing.payment_method),
        "pending refund": waiting,
        "failed refund": client.v1.refunds.retrieve(failing.id),
        "inquiry": inquiry,
        "won dispute": client.v1.disputes.retrieve(won.id),
        "file": uploading.v1.files.create({"purpose": "dispute_evidence", "file": file}),
        "portal flow": client.v1.billing_portal.sessions.create({"customer": customer, "flow_data": flow}),
        "balance": client.v1.balance.retrieve(),
    }
    return {
        name: thing if isinstance(thing, dict) and not isinstance(thing, stripe.StripeObject) else as_json(thing)
        for name, thing in answers.items()
    }


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("debited session", stripe.checkout.Session),
        ("processing intent", stripe.PaymentIntent),
        ("pending charge", stripe.Charge),
        ("asking intent", stripe.PaymentIntent),
        ("declined intent", stripe.PaymentIntent),
        ("refused charge", stripe.Charge),
        ("bank method", stripe.PaymentMethod),
        ("pending refund", stripe.Refund),
        ("failed refund", stripe.Refund),
        ("inquiry", stripe.Dispute),
        ("won dispute", stripe.Dispute),
        ("file", stripe.File),
        ("portal flow", stripe.billing_portal.Session),
        ("balance", stripe.Balance),
    ],
)
def test_an_object_on_its_way_or_in_trouble_has_stripes_shape(
    rarely: dict[str, Any], name: str, cls: type
) -> None:
    assert list(offences(rarely[name], cls, name)) == []


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("open session", stripe.checkout.Session),
        ("session", stripe.checkout.Session),
        ("line", stripe.LineItem),
        ("price", stripe.Price),
        ("customer", stripe.Customer),
        ("intent", stripe.PaymentIntent),
        ("charge", stripe.Charge),
        ("move", stripe.BalanceTransaction),
        ("method", stripe.PaymentMethod),
        ("setup", stripe.SetupIntent),
        ("refund", stripe.Refund),
        ("payout", stripe.Payout),
        ("dispute", stripe.Dispute),
        ("event", stripe.Event),
        ("endpoint", stripe.WebhookEndpoint),
        ("portal", stripe.billing_portal.Session),
    ],
)
def test_an_object_has_stripes_fields_types_and_words(told: dict[str, Any], name: str, cls: type) -> None:
    assert list(offences(told[name], cls, name)) == []


def names(field: Field) -> typing.Mapping[str, Field] | None:
    """Return the inner fields of a nested parameter."""
    inner = field.of if isinstance(field, Many) else field
    return inner.fields if isinstance(inner, Nested) else None


def params_class(annotation: Any, module: types.ModuleType) -> Any:
    """Return the TypedDict an annotation of a parameter names, if any."""
    text = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else str(annotation)
    found = [name for name in vars(module) if name in text and isinstance(vars(module)[name], type)]
    return vars(module)[max(found, key=len)] if found else None


def strangers(spec: specs.Spec, cls: Any, path: str) -> Iterator[str]:
    """Yield each parameter that Stripe's type does not have."""
    module = importlib.import_module(cls.__module__)
    annotations = cls.__annotations__
    for name, field in spec.items():
        if name not in annotations:
            yield f"{path}[{name}]"
            continue
        inner = names(field)
        deeper = params_class(annotations[name], module) if inner and name not in FREE else None
        if inner and deeper is not None and "RangeQuery" not in deeper.__name__:
            yield from strangers(inner, deeper, f"{path}[{name}]")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("CUSTOMER", "CustomerCreateParams"),
        ("CUSTOMER_LIST", "CustomerListParams"),
        ("SESSION", "checkout.SessionCreateParams"),
        ("SESSION_LIST", "checkout.SessionListParams"),
        ("INTENT", "PaymentIntentCreateParams"),
        ("INTENT_UPDATE", "PaymentIntentUpdateParams"),
        ("INTENT_CONFIRM", "PaymentIntentConfirmParams"),
        ("INTENT_CANCEL", "PaymentIntentCancelParams"),
        ("INTENT_LIST", "PaymentIntentListParams"),
        ("SETUP", "SetupIntentCreateParams"),
        ("SETUP_CONFIRM", "SetupIntentConfirmParams"),
        ("SETUP_LIST", "SetupIntentListParams"),
        ("METHOD", "PaymentMethodCreateParams"),
        ("METHOD_UPDATE", "PaymentMethodUpdateParams"),
        ("METHOD_LIST", "PaymentMethodListParams"),
        ("CHARGE_LIST", "ChargeListParams"),
        ("BALANCE_LIST", "BalanceTransactionListParams"),
        ("REFUND", "RefundCreateParams"),
        ("REFUND_LIST", "RefundListParams"),
        ("PAYOUT", "PayoutCreateParams"),
        ("PAYOUT_LIST", "PayoutListParams"),
        ("DISPUTE_UPDATE", "DisputeUpdateParams"),
        ("DISPUTE_LIST", "DisputeListParams"),
        ("EVENT_LIST", "EventListParams"),
        ("ENDPOINT", "WebhookEndpointCreateParams"),
        ("ENDPOINT_UPDATE", "WebhookEndpointUpdateParams"),
        ("PORTAL", "billing_portal.SessionCreateParams"),
    ],
)
def test_every_parameter_is_one_that_stripe_has(spec: str, name: str) -> None:
    holder: Any = importlib.import_module("stripe.params")
    *package, last = name.split(".")
    for part in package:
        holder = importlib.import_module(f"{holder.__name__}.{part}")
    assert list(strangers(getattr(specs, spec), getattr(holder, last), "")) == []
