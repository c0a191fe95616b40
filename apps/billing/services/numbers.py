"""Numbers of documents, without a gap and without a twin."""

from datetime import datetime

from apps.billing.models import InvoiceCounter


def number_next(prefix: str, *, now: datetime) -> tuple[str, int, str]:
    """Return (series, sequence, number) of the next document of the prefix's year (UTC).

    Runs in the caller's transaction, which also writes the document: both are kept or neither, and the next one
    waits for it.
    """
    series = f"{prefix}-{now:%Y}"
    InvoiceCounter.objects.bulk_create([InvoiceCounter(series=series)], ignore_conflicts=True)
    counter = InvoiceCounter.objects.select_for_update().get(series=series)
    counter.last += 1
    counter.save(update_fields=["last"])
    return series, counter.last, f"{series}-{counter.last:06d}"
