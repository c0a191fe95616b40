"""The acts of payments, each in the file of its noun."""

from apps.payments.services.crediting import session_apply
from apps.payments.services.customers import customer_ensure
from apps.payments.services.disputes import dispute_apply, dispute_fetch
from apps.payments.services.mails import topup_path
from apps.payments.services.refunding import (
    refund_approved,
    refund_give_up,
    refund_pay,
    refund_send,
    refund_start,
    refund_want,
    vat_refund_want,
)
from apps.payments.services.refunds import refund_apply, refund_fetch
from apps.payments.services.starting import payable_until, price_pay, topup_cancel, topup_start
from apps.payments.services.topups import PLATFORM, topup_ask_again, topup_expire, topup_lock, topup_of

__all__ = [
    "PLATFORM",
    "customer_ensure",
    "dispute_apply",
    "dispute_fetch",
    "payable_until",
    "price_pay",
    "refund_apply",
    "refund_approved",
    "refund_fetch",
    "refund_give_up",
    "refund_pay",
    "refund_send",
    "refund_start",
    "refund_want",
    "session_apply",
    "topup_ask_again",
    "topup_cancel",
    "topup_expire",
    "topup_lock",
    "topup_of",
    "topup_path",
    "topup_start",
    "vat_refund_want",
]
