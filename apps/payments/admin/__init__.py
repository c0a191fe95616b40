"""Staff pages of payments, each in the file of its noun."""

from apps.payments.admin.allowances import AllowanceAdmin, DeclineAdmin
from apps.payments.admin.cards import CardAdmin, StripeCustomerAdmin, TopUpRuleAdmin
from apps.payments.admin.disputes import DisputeAdmin
from apps.payments.admin.refunds import RefundAdmin
from apps.payments.admin.topups import StripeEventAdmin, TopUpAdmin

__all__ = [
    "AllowanceAdmin",
    "CardAdmin",
    "DeclineAdmin",
    "DisputeAdmin",
    "RefundAdmin",
    "StripeCustomerAdmin",
    "StripeEventAdmin",
    "TopUpAdmin",
    "TopUpRuleAdmin",
]
