"""Questions to billing, organisation first, each in the file of its noun."""

from apps.billing.selectors.invoices import invoice_get, invoices_of, invoices_page
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
    "holds_open",
    "invoice_get",
    "invoices_of",
    "invoices_page",
    "lots_live",
    "lots_of",
    "movements",
    "wallet",
]
