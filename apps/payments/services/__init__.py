"""The acts of payments, each in the file of its noun."""

from apps.payments.services.allowances import allowance_approved, allowance_give
from apps.payments.services.answers import answer_send, dispute_answer
from apps.payments.services.automatic import auto_top_up, auto_top_ups_sweep, automatic_stop
from apps.payments.services.card_notices import cards_expiring_tell
from apps.payments.services.card_setups import card_setup_start, card_setups_sweep, setup_apply
from apps.payments.services.cards import (
    card_apply,
    card_default_set,
    card_detach,
    card_fetch,
    card_remove,
    cards_sweep,
)
from apps.payments.services.charging import topup_charge, topup_confirm
from apps.payments.services.crediting import session_apply
from apps.payments.services.customers import customer_ensure, customer_fetch, customer_forget, customer_served
from apps.payments.services.declines import decline_apply, decline_fetch
from apps.payments.services.disputes import dispute_apply, dispute_fetch
from apps.payments.services.holding import release_approved, topup_release, topup_return
from apps.payments.services.limits import TopUpLimited, ceiling_words
from apps.payments.services.mails import topup_path
from apps.payments.services.payouts import payouts_sweep
from apps.payments.services.refund_requests import refund_request
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
from apps.payments.services.rules import RuleWish, rule_off, rule_set
from apps.payments.services.starting import payable_until, price_pay, topup_cancel, topup_make, topup_start
from apps.payments.services.topups import PLATFORM, topup_ask_again, topup_expire, topup_lock, topup_of

__all__ = [
    "PLATFORM",
    "TopUpLimited",
    "allowance_approved",
    "allowance_give",
    "answer_send",
    "RuleWish",
    "auto_top_up",
    "auto_top_ups_sweep",
    "automatic_stop",
    "card_apply",
    "card_default_set",
    "card_detach",
    "card_fetch",
    "card_remove",
    "card_setup_start",
    "card_setups_sweep",
    "cards_expiring_tell",
    "cards_sweep",
    "ceiling_words",
    "customer_ensure",
    "customer_fetch",
    "customer_forget",
    "customer_served",
    "decline_apply",
    "decline_fetch",
    "dispute_answer",
    "dispute_apply",
    "dispute_fetch",
    "payable_until",
    "price_pay",
    "payouts_sweep",
    "refund_apply",
    "refund_approved",
    "refund_fetch",
    "refund_give_up",
    "refund_pay",
    "refund_request",
    "refund_send",
    "refund_start",
    "refund_want",
    "release_approved",
    "rule_off",
    "rule_set",
    "session_apply",
    "setup_apply",
    "topup_ask_again",
    "topup_cancel",
    "topup_charge",
    "topup_confirm",
    "topup_expire",
    "topup_lock",
    "topup_make",
    "topup_of",
    "topup_path",
    "topup_release",
    "topup_return",
    "topup_start",
    "vat_refund_want",
]
