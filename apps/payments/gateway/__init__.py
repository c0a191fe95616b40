"""The one place that speaks to Stripe. What it returns is plain data; what it raises is one of our refusals."""

from apps.payments.gateway.balance import BalanceMovement, balance_movements, balance_net
from apps.payments.gateway.cards import (
    KeptCard,
    SetupSession,
    card_detach,
    card_get,
    setup_session_create,
    setup_session_get,
)
from apps.payments.gateway.charges import Charge, Outcome, charge_get, outcome_get
from apps.payments.gateway.client import (
    CardDeclined,
    CustomerGone,
    EventUnreadable,
    KeyRefused,
    SignatureRefused,
    StripeRefused,
    StripeUnavailable,
)
from apps.payments.gateway.customers import customer_create, customer_find, customer_is_gone, customer_update
from apps.payments.gateway.disputes import (
    Movement,
    StripeDispute,
    dispute_get,
    evidence_submit,
    evidence_upload,
)
from apps.payments.gateway.endpoints import Endpoint, endpoint_create, endpoint_update, endpoints_list
from apps.payments.gateway.events import event_read, event_verify, events_since
from apps.payments.gateway.intents import Intent, intent_cancel, intent_charge, intent_find, intent_get
from apps.payments.gateway.refunds import StripeRefund, refund_create, refund_find, refunds_of
from apps.payments.gateway.sessions import Fee, Line, Session, session_create, session_get

__all__ = [
    "BalanceMovement",
    "CardDeclined",
    "Charge",
    "CustomerGone",
    "Endpoint",
    "EventUnreadable",
    "Fee",
    "Intent",
    "Outcome",
    "KeptCard",
    "KeyRefused",
    "Line",
    "Movement",
    "Session",
    "SetupSession",
    "SignatureRefused",
    "StripeDispute",
    "StripeRefund",
    "StripeRefused",
    "StripeUnavailable",
    "balance_movements",
    "balance_net",
    "card_detach",
    "card_get",
    "charge_get",
    "customer_create",
    "customer_find",
    "customer_is_gone",
    "customer_update",
    "dispute_get",
    "evidence_submit",
    "evidence_upload",
    "endpoint_create",
    "endpoint_update",
    "endpoints_list",
    "event_read",
    "event_verify",
    "events_since",
    "intent_cancel",
    "intent_charge",
    "intent_find",
    "intent_get",
    "outcome_get",
    "refund_create",
    "refund_find",
    "refunds_of",
    "session_create",
    "session_get",
    "setup_session_create",
    "setup_session_get",
]
