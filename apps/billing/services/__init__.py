"""The acts of billing, each in the file of its noun."""

from apps.billing.pricing import cost_of, platform_fee
from apps.billing.services.allowances import (
    caps_check_topup,
    caps_recount_topup,
    caps_refuse_topup,
    caps_release_topup,
)
from apps.billing.services.balances import balance_alert_set, balance_check, balance_watch, balances_check
from apps.billing.services.banking import payout_post, service_fee_post
from apps.billing.services.budgets import budget_mail, budget_remove, budget_set, budgets_forecast
from apps.billing.services.cap_refusals import cap_refusal_tell
from apps.billing.services.caps import cap_approved, cap_remove, cap_set
from apps.billing.services.caps_of_staff import staff_cap_approved, staff_cap_set
from apps.billing.services.credit_notes import credit_note_due, credit_note_issue, credit_notes_sweep
from apps.billing.services.details import billing_details_change
from apps.billing.services.disputes import (
    debt_collect,
    dispute_funds_post,
    dispute_lost,
    dispute_open,
    dispute_won,
)
from apps.billing.services.expiry import expiry_notices, lots_expire
from apps.billing.services.goodwill import goodwill_approved, goodwill_give
from apps.billing.services.holds import (
    hold_expire,
    hold_extend,
    hold_place,
    hold_release,
    hold_shorten,
    holds_sweep,
)
from apps.billing.services.invoices import invoice_issue, invoice_send_again, invoice_send_for, invoices_sweep
from apps.billing.services.lots import lot_grant
from apps.billing.services.moves import Purse, credits_move, purse_of
from apps.billing.services.quotes import (
    Terms,
    net_for_credits,
    quote_accept,
    quote_create,
    quote_offer,
    quote_preview,
    quote_settle,
    quotes_purge,
)
from apps.billing.services.rates import RatesRead, jump_confirm, rate_latest, rate_read, rates_purge
from apps.billing.services.refunds import (
    refund_bounced,
    refund_cancel,
    refund_limit,
    refund_looks,
    refund_offer,
    refund_repaid,
    refund_reserve,
    topup_refund,
)
from apps.billing.services.settlements import Bill, hold_settle, hold_settle_many, loss_post
from apps.billing.services.staff_changes import staff_changed_tell
from apps.billing.services.statement_delivery import statement_deliver, statement_print, statements_sweep
from apps.billing.services.statements import Closing, month_close, months_close, statement_close
from apps.billing.services.topups import stripe_fee_post, topup_credit, treasury_fund
from apps.billing.services.trial_extensions import trial_approved, trial_extend, trial_left
from apps.billing.services.trials import trial_grant
from apps.billing.services.usage import labels_check, usage_relabel
from apps.billing.services.vat import invoice_replace, place_proof_record, vat_of, vat_refund_paid
from apps.billing.services.vat_checks import vat_check_ask, vat_checks_sweep, vat_id_check
from apps.billing.services.vouchers import voucher_make, voucher_redeem, voucher_withdraw
from apps.billing.services.wallets import wallet_open

__all__ = [
    "Bill",
    "Closing",
    "Purse",
    "RatesRead",
    "Terms",
    "balance_alert_set",
    "balance_check",
    "balance_watch",
    "balances_check",
    "billing_details_change",
    "budget_mail",
    "budget_remove",
    "budget_set",
    "budgets_forecast",
    "cap_approved",
    "cap_refusal_tell",
    "cap_remove",
    "cap_set",
    "caps_check_topup",
    "caps_recount_topup",
    "caps_refuse_topup",
    "caps_release_topup",
    "cost_of",
    "credit_note_due",
    "credit_note_issue",
    "credit_notes_sweep",
    "credits_move",
    "debt_collect",
    "dispute_funds_post",
    "dispute_lost",
    "dispute_open",
    "dispute_won",
    "expiry_notices",
    "goodwill_approved",
    "goodwill_give",
    "hold_expire",
    "hold_extend",
    "hold_place",
    "hold_release",
    "hold_settle",
    "hold_settle_many",
    "hold_shorten",
    "holds_sweep",
    "invoice_issue",
    "invoice_replace",
    "invoice_send_again",
    "invoice_send_for",
    "invoices_sweep",
    "jump_confirm",
    "labels_check",
    "loss_post",
    "lot_grant",
    "lots_expire",
    "month_close",
    "months_close",
    "net_for_credits",
    "place_proof_record",
    "platform_fee",
    "purse_of",
    "quote_accept",
    "quote_create",
    "quote_offer",
    "quote_preview",
    "quote_settle",
    "quotes_purge",
    "rate_latest",
    "rate_read",
    "rates_purge",
    "refund_bounced",
    "refund_cancel",
    "refund_limit",
    "refund_looks",
    "refund_offer",
    "refund_repaid",
    "refund_reserve",
    "staff_cap_approved",
    "staff_cap_set",
    "staff_changed_tell",
    "statement_close",
    "statement_deliver",
    "statement_print",
    "statements_sweep",
    "stripe_fee_post",
    "topup_credit",
    "topup_refund",
    "payout_post",
    "service_fee_post",
    "treasury_fund",
    "trial_approved",
    "trial_extend",
    "trial_left",
    "trial_grant",
    "usage_relabel",
    "vat_check_ask",
    "vat_checks_sweep",
    "vat_id_check",
    "vat_of",
    "vat_refund_paid",
    "voucher_make",
    "voucher_redeem",
    "voucher_withdraw",
    "wallet_open",
]
