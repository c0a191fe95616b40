"""Questions to billing, organisation first, each in the file of its noun."""

from apps.billing.selectors.invoices import finance_address, invoice_get, invoices_of, invoices_page
from apps.billing.selectors.statements import statement_csv, statement_get, statement_rows, statements_of
from apps.billing.selectors.vat import places_of, vat_check_answered, vat_check_latest, vat_id_state
from apps.billing.selectors.wallets import (
    PAGE,
    Movement,
    Wallet,
    holds_open,
    lots_live,
    lots_of,
    movements,
    wallet,
)

__all__ = [
    "PAGE",
    "Movement",
    "Wallet",
    "finance_address",
    "holds_open",
    "invoice_get",
    "invoices_of",
    "invoices_page",
    "lots_live",
    "lots_of",
    "movements",
    "places_of",
    "statement_csv",
    "statement_get",
    "statement_rows",
    "statements_of",
    "vat_check_answered",
    "vat_check_latest",
    "vat_id_state",
    "wallet",
]
