"""Telling an event: a row with its number, and a delivery for each endpoint that wants it, in the act's transaction.

The row is the notice that people read, too, where its kind has one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.transaction import TransactionManagementError

from apps.core.moments import zone_named
from apps.core.queue import enqueue
from apps.notifications.hours import quiet_end
from apps.notifications.models import Delivery, Endpoint, Event
from apps.notifications.types import NOTICE_KEPT, TEST, chat_kinds, notice_kinds

KEPT = timedelta(days=30)
FORGET_BATCH = 5_000
WAITED = Q(state=Delivery.State.WAITING, tries__gt=0)  # failed, and waits for its next try
Place = tuple[uuid.UUID, str]


@dataclass(frozen=True)
class Fact:
    """What is to be told: a type of event of `subject` (noun:<id>), `key` names the fact, `data` is JSON.

    As a notice it is for whoever may in the project, or for one person; `mailed` are addresses that a mail of its own
    goes to, so that nobody gets two.
    """

    organisation_id: uuid.UUID
    type: str
    subject: str
    key: str
    data: Mapping[str, Any]
    project_id: uuid.UUID | None = None
    person_id: int | None = None
    mailed: Sequence[str] = ()


def event_emit(
    *,
    organisation_id: uuid.UUID,
    type: str,
    subject: str,
    key: str,
    data: Mapping[str, Any],
    now: datetime,
    project_id: uuid.UUID | None = None,
    person_id: int | None = None,
    mailed: Sequence[str] = (),
    to: Endpoint | None = None,
) -> Event:
    """Tell one event, in the caller's transaction; a repeat with the same key tells nothing and returns the first.

    Every endpoint that is on and wants the type gets it, or only `to`. Raises as events_emit.
    """
    fact = Fact(organisation_id, type, subject, key, data, project_id, person_id, mailed)
    made = events_emit(facts=[fact], now=now, to=to)
    return made[0] if made else Event.objects.get(organisation_id=organisation_id, key=key)


def events_emit(*, facts: Sequence[Fact], now: datetime, to: Endpoint | None = None) -> list[Event]:
    """Tell many events, in the caller's transaction, and return those that were not told before.

    The events of one subject are numbered 1, 2, … in the order in which their transactions told them. Costs four
    statements, and two more where somebody is told. Raises TransactionManagementError outside a transaction.
    """
    if not facts:
        return []
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            f"{facts[0].type} is told outside of a transaction; open one around the act."
        )
    last, told = _numbers(facts)
    events = []
    for fact in facts:
        place = fact.organisation_id, fact.subject
        if (fact.organisation_id, fact.key) in told:
            continue
        told.add((fact.organisation_id, fact.key))
        last[place] = last.get(place, 0) + 1
        events.append(_event(fact, last[place], now))
    Event.objects.bulk_create(events)
    endpoints = [to] if to is not None else _endpoints({fact.organisation_id for fact in facts})
    deliveries_make([(one, event) for event in events for one in endpoints if _wants(one, event)], now=now)
    return events


def _event(fact: Fact, sequence: int, now: datetime) -> Event:
    kind = notice_kinds().get(fact.type)
    facts = vars(fact) | {"mailed": [address.lower() for address in fact.mailed]}
    if kind is None:
        facts |= {"person_id": None, "mailed": []}
    return Event(**facts, audience=kind.audience if kind else "", sequence=sequence, at=now)


def _wants(endpoint: Endpoint, event: Event) -> bool:
    if endpoint.organisation_id != event.organisation_id:
        return False
    if event.type == TEST.name:
        return True
    if endpoint.project_id is not None and endpoint.project_id != event.project_id:
        return False
    if endpoint.is_chat and event.type not in chat_kinds():
        return False
    return not endpoint.types or event.type in endpoint.types


def deliveries_make(pairs: Sequence[tuple[Endpoint, Event]], *, now: datetime) -> None:
    """Promise each endpoint its event, once."""
    if not pairs:
        return
    Delivery.objects.bulk_create(
        [
            Delivery(
                endpoint=endpoint,
                event=event,
                subject=event.subject,
                sequence=event.sequence,
                next_try_at=_after_quiet(endpoint, event, now),
            )
            for endpoint, event in pairs
        ],
        ignore_conflicts=True,
    )
    enqueue("notifications.deliveries_send")


def deliveries_hurry(deliveries: QuerySet[Delivery], *, now: datetime) -> None:
    """Let them go now, as often as if they had never been tried; what is being sent this moment is left to that."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    deliveries.filter(free).update(
        state=Delivery.State.WAITING, tries=0, next_try_at=now, lease=None, leased_until=None
    )
    enqueue("notifications.deliveries_send")


def _after_quiet(endpoint: Endpoint, event: Event, now: datetime) -> datetime:
    """Return when it may go: now, or when the quiet hours of a chat are over; alarms and tests do not wait."""
    kind = notice_kinds().get(event.type)
    if endpoint.quiet_from is None or kind is None or kind.alarm:
        return now
    zone = zone_named(endpoint.organisation.time_zone)
    return quiet_end(now, quiet_from=endpoint.quiet_from, quiet_until=endpoint.quiet_until, zone=zone)


def _endpoints(organisations: set[uuid.UUID]) -> list[Endpoint]:
    rows = Endpoint.objects.filter(organisation__in=organisations, removed_at=None, off_at=None)
    return list(rows.select_related("organisation"))


def _numbers(facts: Sequence[Fact]) -> tuple[dict[Place, int], set[Place]]:
    """Return the last number of each subject, and which keys were told already.

    The locks let one transaction at a time number a subject's events: two that did at once would break their acts.
    """
    places = sorted({(str(fact.organisation_id), fact.subject) for fact in facts})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",
            [[f"event:{organisation}:{subject}" for organisation, subject in places]],
        )
        cursor.execute(
            "SELECT e.organisation_id, e.subject, max(e.sequence) FROM notifications_event e JOIN unnest(%s::uuid[],"
            " %s::text[]) AS f(organisation, subject) ON e.organisation_id = f.organisation"
            " AND e.subject = f.subject GROUP BY 1, 2",
            [[organisation for organisation, _ in places], [subject for _, subject in places]],
        )
        last = {(organisation, subject): number for organisation, subject, number in cursor.fetchall()}
    known = Event.objects.filter(
        organisation__in={fact.organisation_id for fact in facts}, key__in=[fact.key for fact in facts]
    )
    return last, set(known.values_list("organisation_id", "key"))


def events_forget(*, now: datetime) -> int:
    """Delete events older than 30 days and what became of them, a batch at a time; return how many.

    Notices stay for 90 days. The last event of each subject stays, so that its next one has the next number.
    """
    total = 0
    for kept, notices in ((KEPT, False), (NOTICE_KEPT, True)):
        while ids := _forgettable(now - kept, notices=notices):
            Event.objects.filter(pk__in=ids).delete()
            total += len(ids)
    while old := list(_old_deliveries(now - KEPT)):
        Delivery.objects.filter(pk__in=old).delete()
    return total


def _old_deliveries(before: datetime) -> QuerySet[Delivery, uuid.UUID]:
    """Return those of notices, which outlive them."""
    rows = Delivery.objects.filter(event__at__lt=before).exclude(event__audience="")
    return rows.values_list("pk", flat=True)[:FORGET_BATCH]


def _forgettable(before: datetime, *, notices: bool) -> list[uuid.UUID]:
    later = Event.objects.filter(
        organisation=OuterRef("organisation"), subject=OuterRef("subject"), sequence__gt=OuterRef("sequence")
    )
    old = Event.objects.filter(Exists(later), at__lt=before)
    old = old.exclude(audience="") if notices else old.filter(audience="")
    return list(old.values_list("pk", flat=True)[:FORGET_BATCH])
