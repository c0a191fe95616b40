"""Which parameters each endpoint knows; a test holds the names against stripe-python's own types."""

from collections.abc import Mapping

from sandbox.stripe.params import Choice, DecimalText, Field, Flag, Many, Metadata, Nested, Text, Whole
from sandbox.stripe.saved import OPTIONS

Spec = Mapping[str, Field]


def _words(text: str) -> list[str]:
    return text.split()


EXPAND: Spec = {"expand": Many()}
WHEN = Nested(fields={name: Whole() for name in ("gt", "gte", "lt", "lte")}, bare=Whole())
PAGE: Spec = {
    **EXPAND,
    "limit": Whole(least=1, most=100),
    "starting_after": Text(unset=False),
    "ending_before": Text(unset=False),
}
LIST: Spec = {**PAGE, "created": WHEN}
METADATA = Metadata()
ADDRESS = Nested(fields={n: Text() for n in ("city", "country", "line1", "line2", "postal_code", "state")})
BILLING = Nested(fields={"address": ADDRESS, "email": Text(), "name": Text(), "phone": Text()})
USAGE = Choice(among=("off_session", "on_session"))
KINDS = ("card", "sepa_debit", "bacs_debit", "us_bank_account")
METHOD_TYPES = Many(of=Choice(among=KINDS))
AUTOMATIC = Nested(fields={"enabled": Flag(required=True), "allow_redirects": Choice(among=("always", "never"))})
LOCALES = _words("""
    auto bg cs da de el
    en en-GB es es-419 et fi
    fil fr fr-CA hr hu id
    it ja ko lt lv ms
    mt nb nl pl pt pt-BR
    ro ru sk sl sv th
    tr vi zh zh-HK zh-TW
""")
PORTAL_LOCALES = [*LOCALES, "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-SG"]

CUSTOMER: Spec = {
    **EXPAND,
    "address": ADDRESS,
    "description": Text(),
    "email": Text(longest=512),
    "invoice_settings": Nested(fields={"default_payment_method": Text()}),
    "metadata": METADATA,
    "name": Text(longest=256),
    "phone": Text(longest=20),
    "preferred_locales": Many(),
    "tax_exempt": Choice(among=("exempt", "none", "reverse")),
}
CUSTOMER_LIST: Spec = {**LIST, "email": Text(unset=False)}

PRICE_DATA = Nested(
    required=True,
    fields={
        "currency": Text(required=True),
        "unit_amount": Whole(least=0),
        "unit_amount_decimal": DecimalText(),
        "product": Text(unset=False),
        "product_data": Nested(
            fields={
                "name": Text(required=True),
                "description": Text(unset=False),
                "images": Many(),
                "metadata": METADATA,
                "tax_code": Text(unset=False),
            }
        ),
        "tax_behavior": Choice(among=("exclusive", "inclusive", "unspecified")),
    },
)
LINE = Nested(fields={"price_data": PRICE_DATA, "quantity": Whole(required=True, least=1, most=999_999)})
MESSAGE = Nested(fields={"message": Text(required=True, longest=1200)})
SESSION: Spec = {
    **EXPAND,
    "mode": Choice(required=True, among=("payment", "setup")),
    "billing_address_collection": Choice(among=("auto", "required")),
    "cancel_url": Text(unset=False),
    "client_reference_id": Text(longest=200),
    "currency": Text(unset=False),
    "custom_text": Nested(
        fields=dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"), MESSAGE
        )
    ),
    "customer": Text(unset=False),
    "customer_creation": Choice(among=("always", "if_required")),
    "customer_email": Text(longest=800, unset=False),
    "expires_at": Whole(),
    "line_items": Many(of=LINE),
    "locale": Choice(among=LOCALES),
    "metadata": METADATA,
    "payment_intent_data": Nested(
        fields={
            "description": Text(),
            "metadata": METADATA,
            "receipt_email": Text(),
            "setup_future_usage": USAGE,
            "statement_descriptor": Text(longest=22),
            "statement_descriptor_suffix": Text(longest=22),
        }
    ),
    "payment_method_options": Nested(
        fields={"card": Nested(fields={"request_three_d_secure": Choice(among=("any", "automatic", "challenge"))})}
    ),
    "automatic_tax": Nested(fields={"enabled": Flag(required=True)}),
    "allowed_payment_method_types": METHOD_TYPES,
    "saved_payment_method_options": OPTIONS,
    "setup_intent_data": Nested(fields={"description": Text(), "metadata": METADATA}),
    "submit_type": Choice(among=("auto", "book", "donate", "pay", "subscribe")),
    "success_url": Text(unset=False),
    "ui_mode": Choice(among=("hosted_page",)),
}
SESSION_UPDATE: Spec = {**EXPAND, "metadata": METADATA}
SESSION_LIST: Spec = {
    **LIST,
    "customer": Text(unset=False),
    "customer_details": Nested(fields={"email": Text(required=True)}),
    "payment_intent": Text(unset=False),
    "status": Choice(among=("complete", "expired", "open")),
}

CONFIRM_FIELDS: dict[str, Field] = {
    "error_on_requires_action": Flag(),
    "off_session": Nested(fields={}, bare=Flag()),
    "payment_method": Text(unset=False),
    "allowed_payment_method_types": METHOD_TYPES,
    "receipt_email": Text(),
    "return_url": Text(unset=False),
    "setup_future_usage": USAGE,
}
INTENT_FIELDS: dict[str, Field] = {
    "customer": Text(unset=False),
    "description": Text(longest=1000),
    "metadata": METADATA,
    "payment_method": Text(unset=False),
    "allowed_payment_method_types": METHOD_TYPES,
    "receipt_email": Text(),
    "setup_future_usage": USAGE,
    "statement_descriptor": Text(longest=22),
    "statement_descriptor_suffix": Text(longest=22),
}
INTENT: Spec = {
    **EXPAND,
    **INTENT_FIELDS,
    **CONFIRM_FIELDS,
    "amount": Whole(required=True, least=1, most=99_999_999),
    "currency": Text(required=True),
    "automatic_payment_methods": AUTOMATIC,
    "capture_method": Choice(among=("automatic", "automatic_async")),
    "confirm": Flag(),
}
INTENT_UPDATE: Spec = {
    **EXPAND,
    **INTENT_FIELDS,
    "amount": Whole(least=1, most=99_999_999),
    "currency": Text(unset=False),
}
INTENT_CONFIRM: Spec = {**EXPAND, **CONFIRM_FIELDS}
INTENT_CANCEL: Spec = {
    **EXPAND,
    "cancellation_reason": Choice(among=("abandoned", "duplicate", "fraudulent", "requested_by_customer")),
}
INTENT_LIST: Spec = {**LIST, "customer": Text(unset=False)}

SETUP: Spec = {
    **EXPAND,
    "automatic_payment_methods": AUTOMATIC,
    "confirm": Flag(),
    "customer": Text(unset=False),
    "description": Text(longest=1000),
    "metadata": METADATA,
    "payment_method": Text(unset=False),
    "allowed_payment_method_types": METHOD_TYPES,
    "return_url": Text(unset=False),
    "usage": USAGE,
}
SETUP_CONFIRM: Spec = {**EXPAND, "payment_method": Text(unset=False), "return_url": Text(unset=False)}
SETUP_CANCEL: Spec = {
    **EXPAND,
    "cancellation_reason": Choice(among=("abandoned", "duplicate", "requested_by_customer")),
}
SETUP_LIST: Spec = {**LIST, "customer": Text(unset=False), "payment_method": Text(unset=False)}

METHOD: Spec = {
    **EXPAND,
    "type": Choice(required=True, among=("card",)),
    "billing_details": BILLING,
    "card": Nested(
        required=True,
        fields={
            "number": Text(unset=False),
            "exp_month": Whole(),
            "exp_year": Whole(),
            "cvc": Text(unset=False),
            "token": Text(unset=False),
        },
    ),
    "metadata": METADATA,
}
METHOD_UPDATE: Spec = {**EXPAND, "billing_details": BILLING, "metadata": METADATA}
METHOD_ATTACH: Spec = {**EXPAND, "customer": Text(required=True)}
METHOD_LIST: Spec = {**PAGE, "customer": Text(unset=False), "type": Choice(among=KINDS)}
CUSTOMER_METHODS: Spec = {**PAGE, "type": Choice(among=KINDS)}

CHARGE_UPDATE: Spec = {**EXPAND, "description": Text(), "metadata": METADATA, "receipt_email": Text()}
CHARGE_LIST: Spec = {**LIST, "customer": Text(unset=False), "payment_intent": Text(unset=False)}
BALANCE_LIST: Spec = {
    **LIST,
    "currency": Text(unset=False),
    "payout": Text(unset=False),
    "source": Text(unset=False),
    "type": Text(unset=False),
}
REFUND: Spec = {
    **EXPAND,
    "amount": Whole(least=1),
    "charge": Text(unset=False),
    "instructions_email": Text(unset=False),
    "metadata": METADATA,
    "payment_intent": Text(unset=False),
    "reason": Choice(among=("duplicate", "fraudulent", "requested_by_customer")),
}
PAYOUT: Spec = {
    **EXPAND,
    "amount": Whole(required=True, least=1),
    "currency": Text(required=True),
    "description": Text(),
    "metadata": METADATA,
}
PAYOUT_LIST: Spec = {**LIST, "status": Choice(among=("canceled", "failed", "in_transit", "paid", "pending"))}
FILE: Spec = {
    **EXPAND,
    "file": Text(required=True, longest=10**7),
    "purpose": Choice(required=True, among=("dispute_evidence",)),
}
FILE_LIST: Spec = {**LIST, "purpose": Choice(among=("dispute_evidence",))}
METADATA_ONLY: Spec = {**EXPAND, "metadata": METADATA}
REFUND_LIST: Spec = {**LIST, "charge": Text(unset=False), "payment_intent": Text(unset=False)}
EVIDENCE_FILES = _words("""
    cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt
    refund_policy
    service_documentation shipping_documentation uncategorized_file
""")
EVIDENCE_TEXTS = _words("""
    access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal
    customer_email_address customer_name
    customer_purchase_ip duplicate_charge_explanation duplicate_charge_id product_description
    refund_policy_disclosure refund_refusal_explanation
    service_date shipping_address shipping_carrier shipping_date shipping_tracking_number uncategorized_text
""")
DISPUTE_REASONS = _words("""
    bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized duplicate
    fraudulent general incorrect_account_details insufficient_funds noncompliant product_not_received
    product_unacceptable subscription_canceled unrecognized
""")
DISPUTE_UPDATE: Spec = {
    **EXPAND,
    "evidence": Nested(fields={name: Text(longest=150_000) for name in (*EVIDENCE_FILES, *EVIDENCE_TEXTS)}),
    "metadata": METADATA,
    "submit": Flag(),
}
DISPUTE_LIST: Spec = {**LIST, "charge": Text(unset=False), "payment_intent": Text(unset=False)}
EVENT_LIST: Spec = {
    **LIST,
    "delivery_success": Flag(),
    "type": Text(unset=False),
    "types": Many(most=20),
}
ENDPOINT: Spec = {
    **EXPAND,
    "api_version": Text(unset=False),
    "description": Text(),
    "enabled_events": Many(required=True, most=500),
    "metadata": METADATA,
    "url": Text(required=True),
}
ENDPOINT_UPDATE: Spec = {
    **EXPAND,
    "description": Text(),
    "disabled": Flag(),
    "enabled_events": Many(most=500),
    "metadata": METADATA,
    "url": Text(unset=False),
}
PORTAL: Spec = {
    **EXPAND,
    "configuration": Text(unset=False),
    "customer": Text(required=True),
    "flow_data": Nested(
        fields={
            "type": Choice(required=True, among=("payment_method_update",)),
            "after_completion": Nested(
                fields={
                    "type": Choice(required=True, among=("hosted_confirmation", "portal_homepage", "redirect")),
                    "hosted_confirmation": Nested(fields={"custom_message": Text(longest=500)}),
                    "redirect": Nested(fields={"return_url": Text(required=True)}),
                }
            ),
        }
    ),
    "locale": Choice(among=PORTAL_LOCALES),
    "return_url": Text(unset=False),
}
