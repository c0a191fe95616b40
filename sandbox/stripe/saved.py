"""Saved cards on the hosted payment page: which are offered, the one that was chosen, and saving another."""

from sandbox.stripe.errors import CardError
from sandbox.stripe.params import Choice, Many, Nested
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox

SWITCH = Choice(among=("disabled", "enabled"))
OPTIONS = Nested(
    fields={
        "allow_redisplay_filters": Many(of=Choice(among=("always", "limited", "unspecified"))),
        "payment_method_remove": SWITCH,
        "payment_method_save": SWITCH,
    }
)


def saved_options(given: Json, customer: Json | None) -> Json | None:
    """Return the session's `saved_payment_method_options`; a session of nobody has none."""
    if customer is None or given["mode"] != "payment":
        return None
    asked = given.get("saved_payment_method_options") or {}
    return {
        "allow_redisplay_filters": asked.get("allow_redisplay_filters") or ["always"],
        "payment_method_remove": asked.get("payment_method_remove") or "disabled",
        "payment_method_save": asked.get("payment_method_save") or "disabled",
    }


def saved_cards(sandbox: Sandbox, session: Json) -> list[Json]:
    """Return the customer's cards that the session may show, newest first."""
    options = session["saved_payment_method_options"]
    if not options or "card" not in session["payment_method_types"]:
        return []
    return [
        method
        for method in sandbox.store.walk("payment_method")
        if method["customer"] == session["customer"]
        and method["type"] == "card"
        and method["allow_redisplay"] in options["allow_redisplay_filters"]
    ]


def saved_chosen(sandbox: Sandbox, session: Json, form: dict[str, str]) -> Json | None:
    """Return the saved card that the form chose, or None where another was typed. Raises CardError."""
    if form.get("card_number", "").strip() or form.get("saved", "") in ("", "another"):
        return None
    for method in saved_cards(sandbox, session):
        if method["id"] == form["saved"]:
            return method
    raise CardError("This card is not saved any more. Choose another one.")


def may_save(session: Json) -> bool:
    """Return whether the person is asked whether to save the card they type."""
    options = session["saved_payment_method_options"]
    return bool(options and options["payment_method_save"] == "enabled") and not session["_intent_data"].get(
        "setup_future_usage"
    )


def save_wanted(sandbox: Sandbox, session: Json, method: Json, *, ticked: bool) -> None:
    """Have the card kept with its payment if the person ticked that, or the session wants it anyway."""
    if session["mode"] == "setup":
        method["allow_redisplay"] = "always"
    elif ticked and may_save(session):
        session["_intent_data"] = {**session["_intent_data"], "setup_future_usage": "on_session"}
        intent = sandbox.store.get("payment_intent", session["payment_intent"] or "")
        if intent is not None:
            sandbox.store.put(intent | {"setup_future_usage": "on_session"})
        method["allow_redisplay"] = "always"
    elif session["_intent_data"].get("setup_future_usage") and not method["customer"]:
        method["allow_redisplay"] = "limited"
    sandbox.store.put(method)
