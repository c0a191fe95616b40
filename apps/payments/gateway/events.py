"""Events: as Stripe delivers them, signed, and as Stripe lists them."""

import json
import math
import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.payments.gateway.client import EventUnreadable, SignatureRefused, signature_check, stripe_client

TOLERANCE_SECONDS = 300  # how old a signed delivery may be
TYPES_AT_ONCE = 20  # Stripe's own limit
DEEPEST = 40  # levels of a payload; Stripe's own have a dozen
LONGEST = {"id": 255, "type": 100}
NAME = re.compile(r"[A-Za-z0-9_.]+")


def events_since(since: datetime, types: list[str]) -> list[dict[str, Any]]:
    """Return Stripe's events of these types created at `since` or later, oldest first; unread (`event_read`).

    Raises StripeUnavailable or StripeRefused.
    """
    events: list[dict[str, Any]] = []
    with stripe_client() as client:
        for first in range(0, len(types), TYPES_AT_ONCE):
            page = client.v1.events.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "types": types[first : first + TYPES_AT_ONCE],
                    "limit": 100,
                }
            )
            events += [event.to_dict() for event in page.auto_paging_iter()]
    return sorted(events, key=lambda event: event["created"] if type(event.get("created")) is int else 0)


def event_verify(raw_body: bytes, signature: str, *, now: datetime) -> dict[str, Any]:
    """Return the event in a delivery that Stripe signed with our secret in the last five minutes.

    Raises SignatureRefused, EventUnreadable.
    """
    signature_check(raw_body, signature)
    # The first time counts, as it did in the check: whoever repeats an old delivery may have added another.
    signed_at = next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
    if now.timestamp() - signed_at > TOLERANCE_SECONDS:
        raise SignatureRefused(
            _(
                "This delivery was signed more than five minutes ago; let Stripe send it again, and check "
                "this machine's clock."
            )
        )
    try:
        return event_read(json.loads(raw_body))
    except (ValueError, RecursionError):
        raise EventUnreadable(_("This delivery is no JSON that can be read; let Stripe send it again.")) from None


def event_read(payload: Any) -> dict[str, Any]:
    """Return the event with everything in it that a database can keep.

    A zero byte or half a character becomes a replacement mark, a number that is none becomes null: what counts is
    fetched from Stripe anyway. Raises EventUnreadable for what is no event, or names no object.
    """
    if not isinstance(payload, dict) or payload.get("object") != "event":
        raise EventUnreadable(_("This delivery holds no event; subscribe the endpoint to snapshot events."))
    for field, longest in LONGEST.items():
        name = payload.get(field)
        if not isinstance(name, str) or len(name) > longest or not NAME.fullmatch(name):
            raise EventUnreadable(
                _("This event's %(field)s is no name of Stripe's; look at it in Stripe's dashboard.")
                % {"field": field}
            )
    data = payload.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise EventUnreadable(_("This event says nothing of what it is about: its data hold no object."))
    clean: dict[str, Any] = _kept(payload, DEEPEST)
    return clean


def _kept(value: Any, deep: int) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if not deep:
        raise EventUnreadable(
            _("This event is nested more than %(deepest)s levels deep; look at it in Stripe's dashboard.")
            % {"deepest": DEEPEST}
        )
    if isinstance(value, list):
        return [_kept(part, deep - 1) for part in value]
    return {_kept(name, deep): _kept(part, deep - 1) for name, part in value.items()}
