"""Hand-made items of reconciliation and announcements, for tests and pictures of their pages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.organisations.models import Organisation
from apps.support.announcements.services import announcement_save
from apps.support.models import Announcement, ReconciliationDay, ReconciliationItem


def item_of(organisation: Organisation) -> ReconciliationItem:
    """Return an open item of the organisation, on a day that was read."""
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    ReconciliationDay.objects.get_or_create(day=date(2026, 11, 2), defaults={"finished_at": at, "runs": 1})
    return ReconciliationItem.objects.get_or_create(
        side="stripe",
        reference=f"txn_{organisation.slug}",
        defaults={
            "day": date(2026, 11, 2),
            "at": at,
            "pair": "stripe",
            "kind": "payment",
            "match": f"movement:txn_{organisation.slug}",
            "currency": "EUR",
            "amount": 12_100,
            "organisation_id": organisation.pk,
        },
    )[0]


def announcement_make(**changes: Any) -> Announcement:
    """Return an announcement that is shown since a minute and for an hour."""
    now = timezone.now()
    words = {"text_en": "We move house tonight.", "text_de": "Wir ziehen heute Nacht um."}
    moments = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(hours=1)}
    made = Announcement(**{**words, **moments, **changes})
    announcement_save(announcement=made, now=now)
    return made
