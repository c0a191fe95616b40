"""Stripe's events: stored once each, then handled once each, however often and in whatever order they come."""

import json
import logging
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.ids import uuid7
from apps.core.queue import enqueue, enqueue_with
from apps.payments import gateway
from apps.payments.errors import Parked
from apps.payments.handlers import HANDLERS
from apps.payments.models import StripeEvent, TopUp

logger = logging.getLogger(__name__)


def event_receive(*, raw_body: bytes, signature: str, now: datetime) -> bool:
    """Keep a signed delivery and promise its handling; return whether the event was new.

    Raises gateway.SignatureRefused for what Stripe did not sign, or signed more than five minutes ago.
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
        fetched = handler.fetch(event.payload["data"]["object"])
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
