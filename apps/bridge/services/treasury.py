"""Reading the treasury: a row each minute, so that pages and alerts need not ask the chain."""

from datetime import datetime, timedelta

from apps.bridge.models import TreasuryReading
from apps.bridge.selectors import position

KEPT = timedelta(days=30)


def treasury_read(*, now: datetime) -> TreasuryReading:
    """Store what the treasury has now, finalised. Speaks to the chain: raises ChainError; never in a transaction."""
    found = position()
    reading, _ = TreasuryReading.objects.get_or_create(
        at=now,
        defaults={
            "nos_micro": found.treasury_micro,
            "deposits_micro": found.deposits_micro,
            "earned_micro": found.earned_micro,
            "lamports": found.lamports,
        },
    )
    TreasuryReading.objects.filter(at__lt=now - KEPT).delete()
    return reading
