"""Staff pages of billing, each in the file of its noun."""

from apps.billing.admin.rates import JumpAdmin, RateAdmin, ReadingAdmin
from apps.billing.admin.vouchers import VoucherAdmin

__all__ = ["JumpAdmin", "RateAdmin", "ReadingAdmin", "VoucherAdmin"]
