"""Staff pages of payments, each in the file of its noun."""

from apps.payments.admin.disputes import DisputeAdmin
from apps.payments.admin.refunds import RefundAdmin
from apps.payments.admin.topups import StripeEventAdmin, TopUpAdmin

__all__ = ["DisputeAdmin", "RefundAdmin", "StripeEventAdmin", "TopUpAdmin"]
