"""Sending deliveries: claim, send outside of any transaction, store what came of it, by the lease that was claimed.

The events of one subject reach an endpoint in their order: a later one waits while an earlier one is not there yet.
"""

import asyncio
import json
import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from standardwebhooks import Webhook

from apps.core.errors import Conflict, NotFound
from apps.core.numbers import number_text
from apps.core.outbound import Answer, post
from apps.core.seals import unseal
from apps.notifications import sentences as said
from apps.notifications.chat import chat_body
from apps.notifications.events import ENDPOINT_OFF
from apps.notifications.models import Delivery, DeliveryTry, Endpoint, Event
from apps.notifications.selectors import delivery_get, earlier_waiting, endpoint_get
from apps.notifications.services.endpoints import ADDRESS, PURPOSE
from apps.notifications.services.events import KEPT, WAITED, deliveries_hurry, deliveries_make, event_emit
from apps.notifications.types import TEST, chat_kinds
from apps.organisations.models import Grant
from apps.organisations.services import RESENDS, Actor, audit_record, reason_read, staff_require

logger = logging.getLogger(__name__)

S = Delivery.State
AGENT = "Nosana-Web-Webhooks/1"
SECONDS = 15.0  # an endpoint has to answer within
LEASE = timedelta(seconds=90)
BATCH, AT_ONCE = 40, 4  # of all endpoints, and of one
# Pauses before the second try, the third, and so on, in seconds: in all three days.
PAUSES = (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
OFF_AFTER = timedelta(days=3)
REPLAY_MAXIMUM = 10_000
GONE = {410: "410 Gone"}  # statuses that say so
GONE_CHAT = GONE | {404: "404 Not Found"}
CHATS = [kind for kind in Endpoint.Kind.values if kind != Endpoint.Kind.WEBHOOK]


def deliveries_send(*, now: datetime, rounds: int = 8) -> int:
    """Send what is due, batch by batch until nothing is; return how many were tried. What fails is tried later."""
    total = 0
    for _unused in range(rounds):
        claimed = _claim(now)
        if not claimed:
            break
        answers = asyncio.run(_send_all(claimed, now))
        for delivery, answer in zip(claimed, answers, strict=True):
            _store(delivery, answer, now)
        total += len(claimed)
    return total


def deliveries_due(*, now: datetime) -> QuerySet[Delivery]:
    """Return what may be sent now: due, held by nobody, its endpoint on, and nothing earlier of its subject waiting."""
    # in a chat, what waits only for the end of quiet hours holds nothing back that does not
    earlier = earlier_waiting().filter(~Q(endpoint__kind__in=CHATS) | Q(tries__gt=0) | Q(next_try_at__lte=now))
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return Delivery.objects.filter(
        free,
        ~Exists(earlier),
        state=S.WAITING,
        next_try_at__lte=now,
        endpoint__off_at=None,
        endpoint__removed_at=None,
    )


def _claim(now: datetime) -> list[Delivery]:
    token = uuid.uuid4()
    with transaction.atomic():
        place = Window(RowNumber(), partition_by=F("endpoint"), order_by=F("next_try_at").asc())
        fair = deliveries_due(now=now).annotate(place=place).filter(place__lte=AT_ONCE).order_by("next_try_at")
        ids = list(fair.values_list("pk", flat=True)[:BATCH])
        mine = deliveries_due(now=now).filter(pk__in=ids).select_for_update(skip_locked=True, of=("self",))
        ids = list(mine.values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ids).update(lease=token, leased_until=now + LEASE)
    return list(Delivery.objects.select_related("endpoint__organisation", "event").filter(pk__in=ids, lease=token))


async def _send_all(deliveries: list[Delivery], now: datetime) -> list[Answer]:
    return list(await asyncio.gather(*(_send(delivery, now) for delivery in deliveries)))


async def _send(delivery: Delivery, now: datetime) -> Answer:
    try:
        url, headers, body = _request(delivery, now)
    except Exception:  # a seal whose key is gone, say: it must not keep the others of the batch from going
        logger.exception("delivery %s could not be written", delivery.pk)
        return Answer(None, "", said.NOT_WRITTEN, 0)
    return await post(url, content=body.encode(), headers=headers, seconds=SECONDS)


def _request(delivery: Delivery, now: datetime) -> tuple[str, dict[str, str], str]:
    """Return where a delivery goes, with which headers, and what is sent."""
    endpoint, body = delivery.endpoint, delivery_body(delivery)
    headers = {"Content-Type": "application/json", "User-Agent": AGENT}
    if endpoint.is_chat:
        return unseal(endpoint.address, purpose=ADDRESS), headers, body
    signed = {
        "webhook-id": str(delivery.event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature(endpoint, str(delivery.event_id), body, now=now),
    }
    return endpoint.url, headers | signed, body


def delivery_body(delivery: Delivery) -> str:
    """Return what is sent of a delivery: the event, or for a chat its message."""
    if delivery.endpoint.is_chat:
        return chat_body(delivery.endpoint, delivery.event)
    return event_body(delivery.event)


def event_body(event: Event) -> str:
    """Return what is sent of an event, the same to the byte at each try."""
    return json.dumps(event_content(event), separators=(",", ":"))


def event_content(event: Event) -> dict[str, Any]:
    """Return what an event tells, as programs read it."""
    return {
        "id": str(event.pk),
        "type": event.type,
        "timestamp": event.at.astimezone(UTC).isoformat(),
        "organisation": str(event.organisation_id),
        "subject": event.subject,
        "sequence": event.sequence,
        "data": event.data,
    }


def signature(endpoint: Endpoint, message_id: str, body: str, *, now: datetime) -> str:
    """Return the value of `webhook-signature` (Standard Webhooks): one signature by each secret that is in use."""
    sealed = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until is not None and now < endpoint.old_secret_until:
        sealed.append(endpoint.old_secret)
    moment = now.astimezone(UTC)  # the library takes the clock's digits for UTC
    return " ".join(Webhook(unseal(one, purpose=PURPOSE)).sign(message_id, moment, body) for one in sealed)


def _store(delivery: Delivery, answer: Answer, now: datetime) -> None:
    """Keep what came of a sending, unless another worker took the delivery over meanwhile."""
    arrived = answer.status is not None and 200 <= answer.status < 300
    changes = _arrived(now) if arrived else _failed(delivery, now)
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=delivery.endpoint_id)
        ours = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=S.WAITING)
        if not ours.update(lease=None, leased_until=None, tries=F("tries") + 1, **changes):
            return
        DeliveryTry.objects.create(
            delivery=delivery,
            at=now,
            status=answer.status,
            milliseconds=answer.milliseconds,
            error=_redirected(answer) or answer.error[:300],
            answer=answer.text[:500],
        )
        gone = GONE_CHAT if endpoint.is_chat else GONE
        _judge(endpoint, arrived, gone=gone.get(answer.status or 0, ""), now=now)


def _redirected(answer: Answer) -> str:
    return said.REDIRECTED if answer.status is not None and 300 <= answer.status < 400 else ""


def _arrived(now: datetime) -> dict[str, object]:
    return {"state": S.DELIVERED, "delivered_at": now}


def _failed(delivery: Delivery, now: datetime) -> dict[str, object]:
    if delivery.tries >= len(PAUSES) or delivery.event.type == TEST.name:  # whoever tries it wants to know at once
        return {"state": S.DEAD}
    return {"next_try_at": now + timedelta(seconds=PAUSES[delivery.tries])}


def _judge(endpoint: Endpoint, arrived: bool, *, gone: str, now: datetime) -> None:
    """Note since when a locked endpoint fails; turn off one that fails for days, or says that it is gone."""
    if arrived:
        if endpoint.failing_since is not None:
            endpoint.failing_since = None
            endpoint.save(update_fields=["failing_since"])
        return
    endpoint.failing_since = endpoint.failing_since or now
    lasting = now - endpoint.failing_since >= OFF_AFTER
    ends = endpoint.off_at is None and (gone or lasting)
    if ends:
        endpoint.off_at = now
        took = said.OFF_SILENT % {"days": OFF_AFTER.days}
        endpoint.off_reason = said.OFF_GONE % {"answer": gone} if gone else took
    endpoint.save(update_fields=["failing_since", "off_at", "off_reason"])
    if ends:
        _off_told(endpoint, now)


def _off_told(endpoint: Endpoint, now: datetime) -> None:
    organisation = endpoint.organisation
    audit_record(
        organisation_id=organisation.pk,
        actor=Actor.system(),
        act="webhook.turned_off",
        subject=f"endpoint:{endpoint.pk}",
        after={"off_reason": endpoint.off_reason},
        now=now,
    )
    event_emit(
        organisation_id=organisation.pk,
        type=ENDPOINT_OFF.name,
        subject=f"endpoint:{endpoint.pk}",
        key=f"endpoint:{endpoint.pk}:off:{now.isoformat()}",
        data={"endpoint": str(endpoint.pk), "url": endpoint.url, "reason": endpoint.off_reason},
        now=now,
    )


def delivery_resend(
    *, grant: Grant, endpoint_id: uuid.UUID | str, delivery_id: uuid.UUID | str, now: datetime
) -> Delivery:
    """Send a delivery once more, whatever became of it. Raises NotFound, Denied, Conflict while its endpoint is off."""
    return _again(delivery_get(grant, endpoint_id, delivery_id), now=now)


def delivery_resend_for(
    *, organisation_id: uuid.UUID, delivery_id: uuid.UUID, reason: str, actor: Actor, now: datetime
) -> Delivery:
    """Send a delivery that was given up once more, for staff; a repeat finds it waiting and changes nothing.

    Raises Denied, NotFound, Conflict while its endpoint is off, AppError without a reason.
    """
    staff_require(actor, RESENDS)
    reason = reason_read(reason)
    with transaction.atomic():
        mine = Delivery.objects.select_for_update(of=("self",)).select_related("endpoint", "event")
        delivery = mine.filter(pk=delivery_id, endpoint__organisation=organisation_id).first()
        if delivery is None:
            raise NotFound(_("There is no such delivery to this endpoint; it may be older than 30 days."))
        if delivery.state != S.DEAD:
            return delivery
        audit_record(
            organisation_id=organisation_id,
            actor=actor,
            act="delivery.resent",
            subject=f"delivery:{delivery.pk}",
            after={"type": delivery.event.type, "endpoint": str(delivery.endpoint_id)},
            why=reason,
            now=now,
        )
        return _again(delivery, now=now)


def _again(delivery: Delivery, *, now: datetime) -> Delivery:
    if delivery.endpoint.off_at is not None:
        raise Conflict(_("This endpoint is off; turn it on, then send again."))
    with transaction.atomic():
        deliveries_hurry(Delivery.objects.filter(pk=delivery.pk), now=now)
    delivery.refresh_from_db()
    return delivery


def deliveries_replay(
    *, grant: Grant, endpoint_id: uuid.UUID | str, since: datetime, everything: bool, now: datetime
) -> int:
    """Send again what was given up since then, or `everything` the endpoint wants, also from before it was set up.

    What failed and waits for its next try goes at once. Returns how many will be sent. Raises NotFound, Denied, and
    Conflict while the endpoint is off or for more than 10,000 events. Events are kept for 30 days.
    """
    endpoint = endpoint_get(grant, endpoint_id)
    if endpoint.off_at is not None:
        raise Conflict(_("This endpoint is off; turn it on, then send again."))
    since = max(since, now - KEPT)
    with transaction.atomic():
        missing = _missing(endpoint, since) if everything else []
        past = endpoint.deliveries.filter(event__at__gte=since)
        past = past.filter(WAITED | ~Q(state=S.WAITING) if everything else WAITED | Q(state=S.DEAD))
        if not everything:
            past = past.exclude(event__type=TEST.name)
        count = past.count() + len(missing)
        if count > REPLAY_MAXIMUM:
            raise Conflict(
                _("That is more than %(replay_maximum)s events; choose a later beginning.")
                % {"replay_maximum": number_text(REPLAY_MAXIMUM)}
            )
        deliveries_hurry(past, now=now)
        deliveries_make([(endpoint, event) for event in missing], now=now)
    return count


def _missing(endpoint: Endpoint, since: datetime) -> list[Event]:
    events = Event.objects.filter(organisation_id=endpoint.organisation_id, at__gte=since)
    types = endpoint.types or (list(chat_kinds()) if endpoint.is_chat else [])
    if types:
        events = events.filter(type__in=types)
    if endpoint.project_id is not None:
        events = events.filter(project=endpoint.project_id)
    events = events.exclude(subject__startswith="endpoint:").exclude(type=TEST.name)
    events = events.exclude(deliveries__endpoint=endpoint)
    return list(events.order_by("id")[: REPLAY_MAXIMUM + 1])
