"""The rows of billing, each in the file of its noun."""

from apps.billing.models.balances import BalanceAlert, BalanceWatch
from apps.billing.models.budgets import Budget, BudgetNotice, BudgetWindow
from apps.billing.models.caps import AutoTopUp, Cap, CapWindow
from apps.billing.models.credit_notes import CreditNote, CreditNoteDue
from apps.billing.models.documents import Document
from apps.billing.models.goodwill import Goodwill
from apps.billing.models.holds import Hold, HoldExtension, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.limits import Level
from apps.billing.models.lots import Lot, LotTake
from apps.billing.models.rates import Jump, Quote, Rate, Reading
from apps.billing.models.reversals import Reversal
from apps.billing.models.statements import Statement, StatementPart
from apps.billing.models.usage import UsageAdjustment, UsageRecord
from apps.billing.models.vat import PlaceProof, VatCheck
from apps.billing.models.vouchers import TrialExtension, TrialGrant, Voucher, VoucherUse

__all__ = [
    "AutoTopUp",
    "BalanceAlert",
    "BalanceWatch",
    "Budget",
    "BudgetNotice",
    "BudgetWindow",
    "Cap",
    "CapWindow",
    "CreditNote",
    "CreditNoteDue",
    "Document",
    "Goodwill",
    "Hold",
    "HoldExtension",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Jump",
    "Level",
    "Lot",
    "LotTake",
    "PlaceProof",
    "Quote",
    "Rate",
    "Reading",
    "Reversal",
    "Settlement",
    "Statement",
    "StatementPart",
    "TrialExtension",
    "TrialGrant",
    "UsageAdjustment",
    "UsageRecord",
    "VatCheck",
    "Voucher",
    "VoucherUse",
]
