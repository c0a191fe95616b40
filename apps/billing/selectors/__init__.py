"""Questions to billing, organisation first, each in the file of its noun."""

from apps.billing.selectors.balances import spending_per_day
from apps.billing.selectors.forecasts import Forecast, forecast_month
from apps.billing.selectors.invoices import (
    credit_note_get,
    credit_notes_of,
    credit_notes_page,
    finance_address,
    invoice_get,
    invoices_of,
    invoices_page,
)
from apps.billing.selectors.limits import (
    LimitState,
    budget_get,
    budgets_of,
    cap_get,
    cap_tightest,
    caps_binding,
    caps_of,
    people_by_address,
)
from apps.billing.selectors.owed import credits_owed
from apps.billing.selectors.rates import rate_today
from apps.billing.selectors.statements import statement_csv, statement_get, statement_rows, statements_of
from apps.billing.selectors.usage import ROWS_LIMIT, Dimension, UsageLine, UsageRow, usage_by, usage_lines
from apps.billing.selectors.vat import places_of, vat_check_answered, vat_check_latest, vat_id_state
from apps.billing.selectors.wallets import (
    PAGE,
    Movement,
    Wallet,
    availables,
    holds_of,
    holds_open,
    lots_live,
    lots_of,
    movement_entries,
    movement_of,
    movements,
    usable,
    wallet,
)

__all__ = [
    "Dimension",
    "Forecast",
    "LimitState",
    "Movement",
    "PAGE",
    "ROWS_LIMIT",
    "UsageLine",
    "UsageRow",
    "Wallet",
    "availables",
    "budget_get",
    "budgets_of",
    "cap_get",
    "cap_tightest",
    "caps_binding",
    "caps_of",
    "credit_note_get",
    "credit_notes_of",
    "credit_notes_page",
    "credits_owed",
    "finance_address",
    "forecast_month",
    "holds_of",
    "holds_open",
    "invoice_get",
    "invoices_of",
    "invoices_page",
    "lots_live",
    "lots_of",
    "movement_entries",
    "movement_of",
    "movements",
    "people_by_address",
    "places_of",
    "rate_today",
    "spending_per_day",
    "statement_csv",
    "statement_get",
    "statement_rows",
    "statements_of",
    "usable",
    "usage_by",
    "usage_lines",
    "vat_check_answered",
    "vat_check_latest",
    "vat_id_state",
    "wallet",
]
