"""Top-ups and cards, and what Stripe told us about them."""

from apps.payments.models.cards import Card, CardSetup
from apps.payments.models.customers import StripeCustomer
from apps.payments.models.disputes import Dispute
from apps.payments.models.events import EventCursor, StripeEvent
from apps.payments.models.limits import Allowance, Decline
from apps.payments.models.refunds import Refund
from apps.payments.models.rules import TopUpRule
from apps.payments.models.topups import TopUp

__all__ = [
    "Allowance",
    "Card",
    "CardSetup",
    "Decline",
    "Dispute",
    "EventCursor",
    "Refund",
    "StripeCustomer",
    "StripeEvent",
    "TopUp",
    "TopUpRule",
]
