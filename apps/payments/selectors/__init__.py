"""Questions about payments, each in the file of its noun."""

from apps.payments.selectors.cards import card_get, card_setup_get, cards_of
from apps.payments.selectors.rules import Month, in_flight, month_of, rule_of
from apps.payments.selectors.topups import (
    automatic_latest,
    held_minor,
    invoice_number,
    quotes_in_use,
    topup_get,
    topups_found,
    topups_latest,
    topups_of,
)

__all__ = [
    "Month",
    "automatic_latest",
    "card_get",
    "card_setup_get",
    "cards_of",
    "held_minor",
    "in_flight",
    "invoice_number",
    "month_of",
    "quotes_in_use",
    "rule_of",
    "topup_get",
    "topups_found",
    "topups_of",
    "topups_latest",
]
