"""Staff pages of billing, each in the file of its noun."""

from apps.billing.admin.documents import DocumentAdmin, HoldAdmin, InvoiceDueAdmin
from apps.billing.admin.goodwill import GoodwillAdmin
from apps.billing.admin.rates import JumpAdmin, RateAdmin, ReadingAdmin
from apps.billing.admin.vouchers import VoucherAdmin

__all__ = [
    "DocumentAdmin",
    "GoodwillAdmin",
    "HoldAdmin",
    "InvoiceDueAdmin",
    "JumpAdmin",
    "RateAdmin",
    "ReadingAdmin",
    "VoucherAdmin",
]
