"""Telling an event: a row with its number, and a delivery for each endpoint that wants it, in the act's transaction."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.transaction import TransactionManagementError

from apps.core.queue import enqueue
from apps.notifications.models import Delivery, Endpoint, Event

KEPT = timedelta(days=30)
FORGET_BATCH = 5_000


def event_emit(
    *,
    organisation_id: uuid.UUID,
    type: str,
    subject: str,
    key: str,
    data: Mapping[str, Any],
    now: datetime,
    to: Endpoint | None = None,
) -> Event:
    """Tell an event of `subject` (noun:<id>), in the caller's transaction; a repeat with the same key tells nothing.

    Every endpoint that is on and wants the type gets it, or only `to`. The events of one subject are numbered 1, 2, …
    in the order in which their transactions told them. `data` is JSON. Costs four statements. Raises
    TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{type} is told outside of a transaction; open one around the act.")
    sequence = _number(organisation_id, subject, key)
    if sequence is None:
        return Event.objects.get(organisation_id=organisation_id, key=key)
    event = Event.objects.create(
        organisation_id=organisation_id, type=type, subject=subject, sequence=sequence, key=key, data=data, at=now
    )
    deliveries_make(event, [to] if to is not None else list(_endpoints(organisation_id, type)), now=now)
    return event


def deliveries_make(event: Event, endpoints: list[Endpoint], *, now: datetime) -> None:
    """Promise the event to the endpoints, once to each."""
    if not endpoints:
        return
    Delivery.objects.bulk_create(
        [
            Delivery(
                endpoint=endpoint,
                event=event,
                subject=event.subject,
                sequence=event.sequence,
                next_try_at=now,
            )
            for endpoint in endpoints
        ],
        ignore_conflicts=True,
    )
    enqueue("notifications.deliveries_send")


def _endpoints(organisation_id: uuid.UUID, type: str) -> QuerySet[Endpoint]:
    wants = Q(types=[]) | Q(types__contains=[type])
    return Endpoint.objects.filter(wants, organisation_id=organisation_id, removed_at=None, off_at=None)


def _number(organisation_id: uuid.UUID, subject: str, key: str) -> int | None:
    """Return the number of the subject's next event, or None when the key was told already.

    The lock lets one transaction at a time number a subject's events: two that did at once would break their acts.
    """
    with connection.cursor() as cursor:
        lock = f"event:{organisation_id}:{subject}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
        cursor.execute(
            "SELECT coalesce(max(sequence) FILTER (WHERE subject = %s), 0) + 1, coalesce(bool_or(key = %s), false)"
            " FROM notifications_event WHERE organisation_id = %s AND (subject = %s OR key = %s)",
            [subject, key, organisation_id, subject, key],
        )
        row = cursor.fetchone()
    assert row is not None
    return None if row[1] else int(row[0])


def events_forget(*, now: datetime) -> int:
    """Delete events older than 30 days and what became of them, a batch at a time; return how many.

    The last event of each subject stays, so that its next one has the next number.
    """
    total = 0
    while ids := _forgettable(now - KEPT):
        Event.objects.filter(pk__in=ids).delete()
        total += len(ids)
    return total


def _forgettable(before: datetime) -> list[uuid.UUID]:
    later = Event.objects.filter(
        organisation=OuterRef("organisation"), subject=OuterRef("subject"), sequence__gt=OuterRef("sequence")
    )
    return list(Event.objects.filter(Exists(later), at__lt=before).values_list("pk", flat=True)[:FORGET_BATCH])
