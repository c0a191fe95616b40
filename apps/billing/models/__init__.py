"""The rows of billing, each in the file of its noun."""

from apps.billing.models.balances import BalanceAlert, BalanceWatch
from apps.billing.models.holds import Hold, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.lots import Lot, LotTake
from apps.billing.models.rates import Jump, Quote, Rate, Reading
from apps.billing.models.reversals import Reversal
from apps.billing.models.usage import UsageRecord
from apps.billing.models.vouchers import TrialGrant, Voucher, VoucherUse

__all__ = [
    "BalanceAlert",
    "BalanceWatch",
    "Hold",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Jump",
    "Lot",
    "LotTake",
    "Quote",
    "Rate",
    "Reading",
    "Reversal",
    "Settlement",
    "TrialGrant",
    "UsageRecord",
    "Voucher",
    "VoucherUse",
]
