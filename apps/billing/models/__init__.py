"""The rows of billing, each in the file of its noun."""

from apps.billing.models.credit_notes import CreditNote, CreditNoteDue
from apps.billing.models.holds import Hold, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.lots import Lot
from apps.billing.models.rates import Quote, Rate
from apps.billing.models.statements import Statement, StatementPart
from apps.billing.models.usage import UsageRecord
from apps.billing.models.vat import PlaceProof, VatCheck

__all__ = [
    "CreditNote",
    "CreditNoteDue",
    "Hold",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Lot",
    "PlaceProof",
    "Quote",
    "Rate",
    "Settlement",
    "Statement",
    "StatementPart",
    "UsageRecord",
    "VatCheck",
]
