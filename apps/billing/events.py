"""What billing tells to webhooks."""

from apps.notifications.types import EventType

CREDITS_ADDED = EventType(
    "credits.added",
    "A top-up was paid and its credits are there.",
    {"topup": "0199a1b2-0000-7000-8000-000000000000", "credits_micro": 233_430_000, "currency": "EUR"}
    | {"net_minor": 10_000, "vat_minor": 2_100, "total_minor": 12_100},
)
INVOICE_ISSUED = EventType(
    "invoice.issued",
    "An invoice has its number; its PDF follows within a minute.",
    {
        "number": "NW-2026-000001",
        "currency": "EUR",
        "net_minor": 10_000,
        "vat_minor": 2_100,
        "total_minor": 12_100,
    },
)
BALANCE_LOW = EventType(
    "balance.low",
    "The available credits fell below the threshold, or last less than the hours, that were chosen under Credits.",
    {"kind": "below", "available_micro": 4_750_000},
)


def event_types() -> list[EventType]:
    """Return the kinds of events that billing tells."""
    return [CREDITS_ADDED, INVOICE_ISSUED, BALANCE_LOW]
