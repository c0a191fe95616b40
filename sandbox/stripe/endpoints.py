"""What an endpoint is, and the acts that are alike for every resource."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.stripe.listing import Test, page
from sandbox.stripe.specs import Spec
from sandbox.stripe.store import Json
from sandbox.stripe.world import Sandbox, metadata_merged


@dataclass(frozen=True)
class Call:
    """One understood request: its parameters have been checked."""

    sandbox: Sandbox
    path: str
    given: Json
    id: str = ""


Act = Callable[[Call], Json]


@dataclass(frozen=True)
class Endpoint:
    """One address: `{id}` in its path is an object's id, `{pair}` a customer and one of its payment methods."""

    method: str
    path: str
    spec: Spec
    act: Act

    def match(self, path: str) -> str | None:
        """Return the id in the path ('' where it has none), or None when the path is another's."""
        pattern = self.path.replace("{id}", "(?P<id>[^/]+)").replace(
            "{pair}", "(?P<id>[^/]+/payment_methods/[^/]+)"
        )
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict().get("id", "")


def read(kind: str) -> Act:
    """Return an act that shows one object of the kind."""
    return lambda call: call.sandbox.shown(call.sandbox.get(kind, call.id))


def listed(kind: str, *same: str) -> Act:
    """Return an act that lists the kind; a parameter in `same` must equal the field of that name."""

    def act(call: Call) -> Json:
        wanted = {name: call.given[name] for name in same if call.given.get(name) is not None}
        fits: Test = lambda thing: all(thing.get(name) == value for name, value in wanted.items())  # noqa: E731
        return page(call.sandbox, kind, call.given, call.path, fits)

    return act


def metadata_set(call: Call, thing: Json) -> None:
    """Merge the given metadata into the object's."""
    if "metadata" in call.given:
        thing["metadata"] = metadata_merged(thing["metadata"], call.given["metadata"])


def relabel(kind: str, *names: str, event: str = "") -> Act:
    """Return an act that changes metadata and the named texts of the kind."""

    def act(call: Call) -> Json:
        thing = call.sandbox.get(kind, call.id)
        thing |= {name: call.given[name] for name in names if name in call.given}
        metadata_set(call, thing)
        call.sandbox.store.rewrite(thing)
        if event:
            call.sandbox.emit(event, thing)
        return call.sandbox.shown(thing)

    return act
