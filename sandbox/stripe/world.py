"""The sandbox's one account: its store, clock, faults and events."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.errors import StripeError, missing
from sandbox.stripe.faults import Faults
from sandbox.stripe.store import Json, Store, new_id

VERSION = "2026-10-28.endive"


def public(thing: Json) -> Json:
    """Return the object without what only the sandbox may know (names that begin with an underscore)."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


@dataclass
class Sandbox:
    """Everything an act needs; acts run one at a time, each in a transaction of the store."""

    store: Store
    url: str = ""
    retry_seconds: float = 1.0
    faults: Faults = field(default_factory=Faults)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    request: Json = field(default_factory=lambda: {"id": None, "idempotency_key": None})

    def now(self) -> int:
        """Return the sandbox's time in seconds since 1970; the clock switch moves it ahead."""
        return int(time.time()) + int(self.store.setting("clock") or 0)

    @contextmanager
    def acting(self, request_id: str | None, key: str | None = None) -> Iterator[None]:
        """Do one act: all it writes is kept, or nothing; its events name the request."""
        self.request = {"id": request_id, "idempotency_key": key}
        with self.store.transaction():
            yield

    @contextmanager
    def trying(self, request_id: str | None) -> Iterator[None]:
        """Do one act; what it wrote before an error that `began` is kept too, and the error goes on."""
        late: StripeError | None = None
        with self.acting(request_id):
            try:
                yield
            except StripeError as error:
                if not error.began:
                    raise
                late = error
        if late:
            raise late

    def get(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return the object. Raises InvalidRequest (`resource_missing`)."""
        thing = self.store.get(kind, object_id)
        if thing is None:
            raise missing(kind.rsplit(".", 1)[-1], object_id, param)
        return thing

    def emit(self, event_type: str, thing: Json, previous: Json | None = None) -> Json:
        """Write the event with a snapshot of the object, and a delivery for each endpoint that wants it."""
        data: Json = {"object": public(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": dict(self.request),
            "type": event_type,
        }
        self.store.put(event)
        for endpoint in self.store.walk("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and ("*" in wanted or event_type in wanted):
                self.store.delivery_add(event["id"], endpoint["id"], time.time() + self.faults.wait())
        self.woken.set()
        return event

    def shown(self, thing: Json) -> Json:
        """Return the object as the API shows it at this moment."""
        shown = public(thing)
        if shown["object"] == "event":
            shown["pending_webhooks"] = self.store.pending(shown["id"])
        elif shown["object"] == "balance_transaction":
            shown["status"] = "available" if shown["available_on"] <= self.now() else "pending"
        return shown


def metadata_merged(old: Json, new: Any) -> Json:
    """Return metadata after an update: given names replace, empty values remove, None removes all."""
    if new is None:
        return {}
    return {name: value for name, value in {**old, **new}.items() if value != ""}
