"""The rows of billing, each in the file of its noun."""

from apps.billing.models.holds import Hold, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.lots import Lot
from apps.billing.models.rates import Quote, Rate
from apps.billing.models.usage import UsageRecord

__all__ = [
    "Hold",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Lot",
    "Quote",
    "Rate",
    "Settlement",
    "UsageRecord",
]
