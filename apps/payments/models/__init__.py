"""Top-ups, and what Stripe told us about them."""

from apps.payments.models.customers import StripeCustomer
from apps.payments.models.events import EventCursor, StripeEvent
from apps.payments.models.refunds import Refund
from apps.payments.models.topups import TopUp

__all__ = ["EventCursor", "Refund", "StripeCustomer", "StripeEvent", "TopUp"]
