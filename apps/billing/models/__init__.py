"""The rows of billing, each in the file of its noun."""

from apps.billing.models.budgets import Budget, BudgetNotice, BudgetWindow
from apps.billing.models.caps import AutoTopUp, Cap, CapWindow
from apps.billing.models.holds import Hold, HoldExtension, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.limits import Level
from apps.billing.models.lots import Lot
from apps.billing.models.rates import Quote, Rate
from apps.billing.models.usage import UsageAdjustment, UsageRecord

__all__ = [
    "AutoTopUp",
    "Budget",
    "BudgetNotice",
    "BudgetWindow",
    "Cap",
    "CapWindow",
    "Hold",
    "HoldExtension",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Level",
    "Lot",
    "Quote",
    "Rate",
    "Settlement",
    "UsageAdjustment",
    "UsageRecord",
]
