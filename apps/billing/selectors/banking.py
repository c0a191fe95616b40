"""What the books know of our bank."""

from datetime import datetime

from apps.billing import chart
from apps.core.money import CURRENCIES
from apps.ledger.models import Entry


def payout_last() -> datetime | None:
    """Return when Stripe's newest payout was booked, in any currency; None before the first."""
    banks = [chart.bank(currency) for currency in CURRENCIES]
    entry = Entry.objects.filter(account__code__in=banks).select_related("transfer").order_by("-id").first()
    return entry.transfer.at if entry else None
