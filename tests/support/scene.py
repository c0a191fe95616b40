"""Hand-made items of reconciliation, for tests and pictures of their pages."""

from datetime import UTC, date, datetime

from apps.organisations.models import Organisation
from apps.support.models import ReconciliationDay, ReconciliationItem


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
