"""The rows of billing, each in the file of its noun."""

from apps.billing.models.balances import BalanceAlert, BalanceWatch
from apps.billing.models.credit_notes import CreditNote, CreditNoteDue
from apps.billing.models.holds import Hold, HoldLot, Settlement
from apps.billing.models.invoices import Invoice, InvoiceCounter, InvoiceDue
from apps.billing.models.lots import Lot, LotTake
from apps.billing.models.rates import Jump, Quote, Rate, Reading
from apps.billing.models.reversals import Reversal
from apps.billing.models.statements import Statement, StatementPart
from apps.billing.models.usage import UsageRecord
from apps.billing.models.vat import PlaceProof, VatCheck
from apps.billing.models.vouchers import TrialGrant, Voucher, VoucherUse

__all__ = [
    "BalanceAlert",
    "BalanceWatch",
    "CreditNote",
    "CreditNoteDue",
    "Hold",
    "HoldLot",
    "Invoice",
    "InvoiceCounter",
    "InvoiceDue",
    "Jump",
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
    "TrialGrant",
    "UsageRecord",
    "VatCheck",
    "Voucher",
    "VoucherUse",
]
