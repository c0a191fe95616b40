"""What finds a payment that no webhook told: questions about unclosed top-ups, and Stripe's own list of events."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.billing.errors import RateUnavailable
from apps.core.sweeping import each_apart
from apps.payments import gateway
from apps.payments.errors import UNKEEPABLE, Parked
from apps.payments.handlers import HANDLERS
from apps.payments.inbox import event_store
from apps.payments.models import EventCursor, Refund, TopUp
from apps.payments.services import refund_send, topup_charge, topup_confirm, topup_expire
from apps.payments.services.news import news_apply, payment_news

logger = logging.getLogger(__name__)

BATCH = 100  # payments, or refunds, in one round
PATIENCE = timedelta(seconds=30)  # what a webhook usually needs, and more
OVERLAP = timedelta(minutes=5)  # for clocks that differ and events that are listed late
BANKS_TAKE = timedelta(hours=1)  # a payment that takes days is asked about now and then
FIRST_LOOK = timedelta(days=1)
REFUND_PATIENCE = timedelta(minutes=10)  # its own message tries again until then


def topups_sweep(*, now: datetime) -> int:
    """Ask Stripe about the top-ups it has not finished with, those asked longest ago first; return how many.

    Raises gateway.StripeUnavailable when Stripe does not answer; the next sweep goes on from there.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    waiting = TopUp.objects.select_related("quote").filter(
        closed_at=None, parked_reason="", created_at__lt=now - PATIENCE
    )
    waiting = waiting.exclude(state=TopUp.State.PROCESSING, checked_at__gt=now - BANKS_TAKE)
    topups = list(waiting.order_by(F("checked_at").asc(nulls_first=True), "created_at")[:BATCH])
    for topup in topups:
        _ask(topup, now=now)
    return len(topups)


def _ask(topup: TopUp, *, now: datetime) -> None:
    TopUp.objects.filter(id=topup.id).update(checked_at=now)
    try:
        if topup.automatic and topup.stripe_session_id is None and topup.state != TopUp.State.PAID:
            topup_charge(
                topup_id=topup.id, now=now
            )  # what a worker left undone; each looks whether it is its turn
            topup_confirm(topup_id=topup.id, now=now)
            return
        news = payment_news(topup)
        if news is None:
            if now > topup.quote.expires_at:
                topup_expire(topup_id=topup.id, now=now)
            return
        with transaction.atomic():
            news_apply(news, now=now)
    except (Parked, gateway.StripeRefused) as error:
        logger.warning("top-up %s is parked: %s", topup.id, error)
        TopUp.objects.filter(id=topup.id).update(parked_reason=str(error))
    except UNKEEPABLE:
        logger.exception("top-up %s is parked", topup.id)
        TopUp.objects.filter(id=topup.id).update(parked_reason="What Stripe tells of it cannot be written down.")
    except RateUnavailable:
        logger.warning("top-up %s has arrived and waits for a rate", topup.id)
        TopUp.objects.filter(id=topup.id).update(checked_at=topup.checked_at)


def refunds_sweep(*, now: datetime) -> int:
    """Send the refunds that an interruption left behind; return how many were tried. One failing stops no other."""
    if not settings.STRIPE_SECRET_KEY:
        return 0
    left = Refund.objects.filter(state=Refund.State.WANTED, parked_reason="", created_at__lt=now - REFUND_PATIENCE)
    ids = list(left.order_by("created_at").values_list("id", flat=True)[:BATCH])
    each_apart(ids, lambda refund_id: refund_send(refund_id=refund_id, now=now))
    return len(ids)


def events_sweep(*, now: datetime) -> int:
    """Read Stripe's list of events since the last reading into the inbox; return how many were new.

    Raises gateway.StripeUnavailable when Stripe does not answer; the next sweep reads the same stretch.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    cursor = EventCursor.objects.filter(name="events").first()
    since = cursor.read_until - OVERLAP if cursor else now - FIRST_LOOK
    new = sum(_store(event, now=now) for event in gateway.events_since(since, list(HANDLERS)))
    EventCursor.objects.update_or_create(name="events", defaults={"read_until": now})
    return new


def _store(event: dict[str, Any], *, now: datetime) -> bool:
    """Keep a listed event; one that cannot be read keeps no other waiting."""
    try:
        return event_store(gateway.event_read(event), now=now)
    except gateway.EventUnreadable as refusal:
        logger.warning("an event of Stripe's list (%.80s): %s", event.get("id"), refusal)
        return False
