"""Stripe's events: stored once each, then handled once each, however often and in whatever order they come."""

import json
import logging
import re
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.ids import uuid7
from apps.core.queue import enqueue, enqueue_with
from apps.payments import gateway
from apps.payments.errors import UNKEEPABLE, Parked
from apps.payments.handlers import HANDLERS
from apps.payments.models import StripeEvent, TopUp

logger = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9_]{1,255}")
NAMES = ("object", "mode", "payment_intent", "charge", "customer")  # what handlers read beside id and metadata


def event_receive(*, raw_body: bytes, signature: str, now: datetime) -> bool:
    """Keep a signed delivery and promise its handling; return whether the event was new.

    Raises gateway.SignatureRefused for what Stripe did not sign, or signed more than five minutes ago, and
    gateway.EventUnreadable for what is no event.
    """
    return event_store(gateway.event_verify(raw_body, signature, now=now), now=now)


def event_store(payload: dict[str, Any], *, now: datetime) -> bool:
    """Keep the event unless we have it, and promise its handling; return whether it was new.

    A type that nothing here handles is kept as handled. One statement does it all, since Stripe waits.
    """
    event_id, known = str(payload["id"]), payload["type"] in HANDLERS
    statement = """
        INSERT INTO payments_stripeevent (id, event_id, type, payload, received_at, handled_at, parked_reason)
        VALUES (%s, %s, %s, %s, %s, %s, '') ON CONFLICT (event_id) DO NOTHING RETURNING id
    """
    row = [uuid7(), event_id, payload["type"], json.dumps(payload), now, None if known else now]
    if known:
        return enqueue_with("payments.event_handle", statement, row, event_id=event_id)
    with connection.cursor() as cursor:
        cursor.execute(statement, row)
        return cursor.fetchone() is not None


def event_handle(*, event_id: str, now: datetime) -> None:
    """Do what the event calls for, once: fetch the truth from Stripe, then write it under the event's lock.

    What does not fit is parked for a person. Raises gateway.StripeUnavailable when the fetch must be tried again.
    """
    event = StripeEvent.objects.get(event_id=event_id)
    if event.handled_at is not None or event.parked_reason:
        return
    handler = HANDLERS[event.type]
    try:
        fetched = handler.fetch(_subject(event.payload))
        with transaction.atomic():
            event = StripeEvent.objects.select_for_update().get(id=event.id)
            if event.handled_at is not None:  # a twin was faster
                return
            if fetched is not None:
                handler.apply(fetched, now=now)
            event.handled_at, event.parked_reason = now, ""
            event.save(update_fields=["handled_at", "parked_reason"])
    except Parked as parked:
        _park(event, parked)
    except gateway.StripeRefused as refusal:
        _park(event, Parked(refusal.message))
    except UNKEEPABLE:
        logger.exception("event %s", event.event_id)
        _park(event, Parked("What Stripe tells of it cannot be written down: look at it in Stripe's dashboard."))


def _subject(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the object the event is about, with names where names belong. Raises Parked for one that has others."""
    thing: dict[str, Any] = payload["data"]["object"]
    marks = thing.get("metadata")
    if not isinstance(thing.get("id"), str) or not NAME.fullmatch(thing["id"]):
        raise Parked("This event names no object of Stripe's.")
    if any(not isinstance(thing.get(field), str | None) for field in NAMES):
        raise Parked(f"This event is about {thing['id']}, of which it says what makes no sense.")
    if marks is not None and not (
        isinstance(marks, dict) and all(isinstance(mark, str) for mark in marks.values())
    ):
        raise Parked(f"This event is about {thing['id']}, whose metadata are no texts.")
    return thing


def _park(event: StripeEvent, parked: Parked) -> None:
    logger.warning("event %s (%s) is parked: %s", event.event_id, event.type, parked.reason)
    with transaction.atomic():
        StripeEvent.objects.filter(id=event.id, handled_at=None).update(parked_reason=parked.reason)
        if parked.topup_id is not None:
            TopUp.objects.filter(id=parked.topup_id).update(parked_reason=parked.reason)


def event_handle_again(*, event: StripeEvent) -> None:
    """Take a parked event back into the work, after a person has looked."""
    with transaction.atomic():
        if StripeEvent.objects.filter(id=event.id, handled_at=None).update(parked_reason=""):
            enqueue("payments.event_handle", event_id=event.event_id)
