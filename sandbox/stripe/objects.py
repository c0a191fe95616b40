"""Objects in Stripe's published shapes; names with an underscore stay inside the sandbox."""

import hashlib
from typing import Any

from sandbox.stripe.cards import CARDS, Card, Expiry
from sandbox.stripe.store import Json, new_id

# Test accounts: how their bank answers a debit, and after how many seconds; None: when the switch says so.
IBANS: dict[str, Json | None] = {
    "DE89370400440532013000": None,
    "AT611904300234573201": {"outcome": "succeeded", "seconds": 2},
    "AT321904300235473204": {"outcome": "succeeded", "seconds": 180},
    "AT861904300235473202": {"outcome": "failed", "seconds": 2},
    "AT051904300235473205": {"outcome": "failed", "seconds": 180},
}
BANK_DEBITS = {"eur": "sepa_debit", "gbp": "bacs_debit", "usd": "us_bank_account"}
NO_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def base(kind: str, prefix: str, now: int, length: int = 24) -> Json:
    """Return what every object begins with."""
    return {"id": new_id(prefix, length), "object": kind, "created": now, "livemode": False}


def billing_details(given: Json | None = None) -> Json:
    """Return billing details with every name Stripe gives."""
    given = given or {}
    return {
        "address": {**NO_ADDRESS, **(given.get("address") or {})},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": None,
    }


def customer(given: Json, now: int) -> Json:
    """Return a customer."""
    thing = base("customer", "cus", now, 14)
    settings = given.get("invoice_settings") or {}
    return thing | {
        "address": {**NO_ADDRESS, **given["address"]} if given.get("address") else None,
        "balance": 0,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "discount": None,
        "email": given.get("email"),
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": settings.get("default_payment_method"),
            "footer": None,
            "rendering_options": None,
        },
        "metadata": {},
        "name": given.get("name"),
        "next_invoice_sequence": 1,
        "phone": given.get("phone"),
        "preferred_locales": given.get("preferred_locales") or [],
        "shipping": None,
        "tax_exempt": given.get("tax_exempt") or "none",
        "test_clock": None,
    }


def card_details(card: Card, expiry: Expiry) -> Json:
    """Return what payment methods and charges tell of a card."""
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "exp_month": expiry.month,
        "exp_year": expiry.year,
        "fingerprint": hashlib.sha256(f"sandbox {card.number}".encode()).hexdigest()[:16],
        "funding": card.funding,
        "last4": card.last4,
        "wallet": None,
    }


def payment_method_card(card: Card, expiry: Expiry, billing: Json | None, now: int) -> Json:
    """Return a payment method of a test card, not attached to anyone."""
    return base("payment_method", "pm", now) | {
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(billing),
        "card": card_details(card, expiry)
        | {
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
        },
        "customer": None,
        "customer_account": None,
        "metadata": {},
        "type": "card",
        "_number": card.number,
        "_set_up": False,
    }


def payment_method_bank(kind: str, billing: Json | None, now: int, iban: str = "") -> Json:
    """Return a payment method of a bank debit, which settles days later; some test accounts by themselves."""
    details: dict[str, Json] = {
        "sepa_debit": {
            "bank_code": "37040044",
            "branch_code": "",
            "country": iban[:2] or "DE",
            "fingerprint": hashlib.sha256(f"sandbox {iban}".encode()).hexdigest()[:16],
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": iban[-4:] or "3000",
        },
        "bacs_debit": {"fingerprint": "sandboxbacsdebit", "last4": "2345", "sort_code": "108800"},
        "us_bank_account": {
            "account_holder_type": "company",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": "sandboxusbank",
            "last4": "6789",
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": {},
        },
    }
    return base("payment_method", "pm", now) | {
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(billing),
        "customer": None,
        "customer_account": None,
        "metadata": {},
        "type": kind,
        kind: details[kind],
        "_settles": IBANS.get(iban),
        "_number": "",
        "_set_up": False,
    }


def methods_allowed(given: Json) -> tuple[list[str] | None, Json | None]:
    """Return the kinds of payment method that were named, or how Stripe chooses them when none were."""
    allowed = given.get("allowed_payment_method_types") or None
    chosen = {"allow_redirects": "always", "enabled": True, **(given.get("automatic_payment_methods") or {})}
    return allowed, None if allowed else chosen


def payment_intent(given: Json, now: int) -> Json:
    """Return a payment intent that waits for a payment method."""
    thing = base("payment_intent", "pi", now)
    allowed, automatic = methods_allowed(given)
    bank = BANK_DEBITS.get(given["currency"])
    kinds = allowed or (["card", bank] if bank else ["card"])
    return thing | {
        "amount": given["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "allowed_payment_method_types": allowed,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": given.get("capture_method") or "automatic_async",
        "client_secret": f"{thing['id']}_secret_{new_id('x')[2:]}",
        "confirmation_method": "automatic",
        "currency": given["currency"],
        "customer": given.get("customer"),
        "customer_account": None,
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": given.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": given.get("payment_method"),
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": kinds,
        "processing": None,
        "receipt_email": given.get("receipt_email"),
        "review": None,
        "setup_future_usage": given.get("setup_future_usage"),
        "shipping": None,
        "source": None,
        "statement_descriptor": given.get("statement_descriptor"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_confirmation" if given.get("payment_method") else "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def setup_intent(given: Json, now: int) -> Json:
    """Return a setup intent that waits for a payment method."""
    thing = base("setup_intent", "seti", now)
    allowed, automatic = methods_allowed(given)
    return thing | {
        "application": None,
        "allowed_payment_method_types": allowed,
        "automatic_payment_methods": automatic,
        "cancellation_reason": None,
        "client_secret": f"{thing['id']}_secret_{new_id('x')[2:]}",
        "customer": given.get("customer"),
        "customer_account": None,
        "description": given.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "mandate": None,
        "metadata": given.get("metadata") or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": given.get("payment_method"),
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": allowed or ["card"],
        "single_use_mandate": None,
        "status": "requires_confirmation" if given.get("payment_method") else "requires_payment_method",
        "usage": given.get("usage") or "off_session",
    }


RISKS = {"": ("normal", 12), "elevated": ("elevated", 68), "highest": ("highest", 91)}


def outcome(refused: Json | None, risk: str = "") -> Json:
    """Return how the network and the bank answered a charge, and what Radar says of it."""
    why = refused["code"] if refused else None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": "01" if refused else None,
        "network_status": "declined_by_network" if refused else "approved_by_network",
        "reason": (refused.get("decline_code") or why) if refused else None,
        "risk_level": RISKS[risk][0],
        "risk_score": RISKS[risk][1],
        "seller_message": "The bank did not return any further details with this decline."
        if refused
        else "Payment complete.",
        "type": "issuer_declined" if refused else "authorized",
    }


def charge(intent: Json, method: Json, status: str, refused: Json | None, now: int) -> Json:
    """Return the charge of a payment intent."""
    thing = base("charge", "ch" if method["type"] == "card" else "py", now)
    paid = status == "succeeded"
    return thing | {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status != "failed" else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "NOSANA WEB SANDBOX",
        "captured": status != "failed",
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": refused["code"] if refused else None,
        "failure_message": refused["message"] if refused else None,
        "fraud_details": {},
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome(refused, CARDS[method["_number"]].risk if method.get("_number") else ""),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": charge_details(intent, method),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }


def charge_details(intent: Json, method: Json) -> Json:
    """Return what a charge tells of its payment method."""
    kind = method["type"]
    if kind != "card":
        foreign = ("generated_from", "networks", "status_details", "financial_connections_account")
        told = {name: value for name, value in method[kind].items() if name not in foreign}
        return {kind: {**told, "expected_debit_date": None, "mandate": None}, "type": kind}
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    details: dict[str, Any] = {name: method["card"][name] for name in names}
    details |= {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": method["card"]["brand"],
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
    }
    return {"card": details, "type": "card"}
