"""Events: as Stripe delivers them, signed, and as Stripe lists them."""

import json
from datetime import datetime
from typing import Any

from apps.payments.gateway.client import SignatureRefused, signature_check, stripe_client

TOLERANCE_SECONDS = 300  # how old a signed delivery may be
TYPES_AT_ONCE = 20  # Stripe's own limit


def events_since(since: datetime, types: list[str]) -> list[dict[str, Any]]:
    """Return Stripe's events of these types created at `since` or later, oldest first.

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
    return sorted(events, key=lambda event: int(event["created"]))


def event_verify(raw_body: bytes, signature: str, *, now: datetime) -> dict[str, Any]:
    """Return the event in a delivery that Stripe signed with our secret in the last five minutes.

    Raises SignatureRefused.
    """
    signature_check(raw_body, signature)
    signed_at = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
    if now.timestamp() - signed_at > TOLERANCE_SECONDS:
        raise SignatureRefused(
            "This delivery was signed more than five minutes ago; let Stripe send it again, and check this"
            " machine's clock."
        )
    try:
        event = json.loads(raw_body)
    except ValueError:
        event = None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise SignatureRefused("This delivery holds no event; subscribe the endpoint to snapshot events.")
    return event
