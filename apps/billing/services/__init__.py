"""The acts of billing, each in the file of its noun."""

from apps.billing.pricing import cost_of, platform_fee
from apps.billing.services.budgets import budget_mail, budget_remove, budget_set, budgets_forecast
from apps.billing.services.caps import cap_remove, cap_set, caps_check_topup, caps_release_topup
from apps.billing.services.holds import hold_expire, hold_extend, hold_place, hold_release, holds_sweep
from apps.billing.services.invoices import invoice_issue, invoices_sweep
from apps.billing.services.lots import lot_grant
from apps.billing.services.quotes import Terms, quote_create, quote_preview
from apps.billing.services.rates import rate_latest, rate_read
from apps.billing.services.settlements import Bill, hold_settle, hold_settle_many, loss_post
from apps.billing.services.topups import stripe_fee_post, topup_credit, treasury_fund
from apps.billing.services.wallets import wallet_open

__all__ = [
    "Bill",
    "Terms",
    "budget_mail",
    "budget_remove",
    "budget_set",
    "budgets_forecast",
    "cap_remove",
    "cap_set",
    "caps_check_topup",
    "caps_release_topup",
    "cost_of",
    "hold_expire",
    "hold_extend",
    "hold_place",
    "hold_release",
    "hold_settle",
    "hold_settle_many",
    "holds_sweep",
    "invoice_issue",
    "invoices_sweep",
    "loss_post",
    "lot_grant",
    "platform_fee",
    "quote_create",
    "quote_preview",
    "rate_latest",
    "rate_read",
    "stripe_fee_post",
    "topup_credit",
    "treasury_fund",
    "wallet_open",
]
