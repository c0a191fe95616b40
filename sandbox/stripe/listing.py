"""Lists and `expand[]`, the same for every resource."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.checkout import line_items
from sandbox.stripe.errors import InvalidRequest, missing
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox, public

Test = Callable[[Json], bool]
EXPANDABLE = {
    "balance_transaction",
    "charge",
    "customer",
    "default_payment_method",
    "latest_charge",
    "payment_intent",
    "payment_method",
    "setup_intent",
    "source",
}
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _created(thing: Json, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(thing["created"] == wanted)
    return all(COMPARE[how](thing["created"], second) for how, second in wanted.items())


def list_of(data: list[Json], url: str, has_more: bool = False) -> Json:
    """Return Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def page(sandbox: Sandbox, kind: str, given: Json, url: str, fits: Test | None = None) -> Json:
    """Return one page of the kind, newest first. Raises InvalidRequest for a cursor that names nothing."""
    limit = given.get("limit") or 10
    if given.get("starting_after") and given.get("ending_before"):
        raise InvalidRequest(
            "You can only specify one of starting_after and ending_before.", param="ending_before"
        )
    before = _place(sandbox, kind, given, "starting_after")
    after = _place(sandbox, kind, given, "ending_before")
    found: list[Json] = []
    for thing in sandbox.store.walk(kind, before=before, after=after):
        if _created(thing, given.get("created")) and (fits is None or fits(thing)):
            found.append(thing)
        if len(found) > limit:
            break
    chosen = found[:limit]
    if after is not None:
        chosen.reverse()
    return list_of([sandbox.shown(thing) for thing in chosen], url, len(found) > limit)


def _place(sandbox: Sandbox, kind: str, given: Json, cursor: str) -> int | None:
    if not given.get(cursor):
        return None
    place = sandbox.store.seq(kind, given[cursor])
    if place is None:
        raise missing(kind.rsplit(".", 1)[-1], given[cursor], cursor)
    return place


def expand(sandbox: Sandbox, answer: Json, paths: list[str]) -> Json:
    """Return the answer with the ids at the dotted paths replaced by their objects. Raises InvalidRequest."""
    for path in paths:
        _expand(sandbox, answer, path.split("."), path)
    return answer


def _expand(sandbox: Sandbox, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(sandbox, item, parts, path)
        return
    if not parts or not isinstance(node, dict):
        return
    name, rest = parts[0], parts[1:]
    if name == "data" and node.get("object") == "list":
        _expand(sandbox, node["data"], rest, path)
        return
    if _computed(sandbox, node, name):
        return
    if name not in node or (name not in EXPANDABLE and not isinstance(node[name], dict)):
        raise InvalidRequest(
            f"This property cannot be expanded ({path}). You may want to try expanding another property.",
            param="expand",
        )
    if isinstance(node[name], str):
        found = sandbox.store.find(node[name])
        node[name] = sandbox.shown(found) if found else node[name]
    _expand(sandbox, node[name], rest, path)


def _computed(sandbox: Sandbox, node: Json, name: str) -> bool:
    """Put in a list that Stripe shows only when asked; return whether there is one of that name."""
    if (node.get("object"), name) == ("checkout.session", "line_items"):
        session = sandbox.get("checkout.session", node["id"])
        node[name] = list_of(line_items(session), f"/v1/checkout/sessions/{node['id']}/line_items")
        return True
    if (node.get("object"), name) == ("charge", "refunds"):
        refunds = [public(item) for item in sandbox.store.walk("refund") if item["charge"] == node["id"]]
        node[name] = list_of(refunds, f"/v1/charges/{node['id']}/refunds")
        return True
    return False
