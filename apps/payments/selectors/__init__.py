"""Questions about payments, each in the file of its noun."""

from apps.payments.selectors.topups import invoice_number, quotes_in_use, topup_get, topups_page

__all__ = ["invoice_number", "quotes_in_use", "topup_get", "topups_page"]
