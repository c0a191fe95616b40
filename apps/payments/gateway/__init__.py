"""The one place that speaks to Stripe. What it returns is plain data; what it raises is one of our refusals."""

from apps.payments.gateway.balance import balance_net
from apps.payments.gateway.charges import Charge, charge_get
from apps.payments.gateway.client import SignatureRefused, StripeRefused, StripeUnavailable
from apps.payments.gateway.customers import customer_create, customer_find, customer_update
from apps.payments.gateway.disputes import Dispute, Movement, dispute_get
from apps.payments.gateway.endpoints import Endpoint, endpoint_create, endpoint_update, endpoints_list
from apps.payments.gateway.events import event_verify, events_since
from apps.payments.gateway.refunds import StripeRefund, refund_create, refund_find, refunds_of
from apps.payments.gateway.sessions import Fee, Line, Session, session_create, session_get

__all__ = [
    "Charge",
    "Dispute",
    "Endpoint",
    "Fee",
    "Line",
    "Movement",
    "Session",
    "SignatureRefused",
    "StripeRefund",
    "StripeRefused",
    "StripeUnavailable",
    "balance_net",
    "charge_get",
    "customer_create",
    "customer_find",
    "customer_update",
    "dispute_get",
    "endpoint_create",
    "endpoint_update",
    "endpoints_list",
    "event_verify",
    "events_since",
    "refund_create",
    "refund_find",
    "refunds_of",
    "session_create",
    "session_get",
]
