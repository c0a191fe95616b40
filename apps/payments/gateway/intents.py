"""Payment intents: charges of kept cards while their holder is away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.payments.gateway.charges import Outcome, outcome_of
from apps.payments.gateway.client import (
    CardDeclined,
    PaymentIntentCreateParams,
    StripeRefused,
    stripe_client,
)
from apps.payments.gateway.sessions import Fee, country_of, fee_of

EXPANDED = ["latest_charge.balance_transaction"]
ASKS = "authentication_required"  # Stripe's word for a bank that wants the holder


@dataclass(frozen=True)
class Intent:
    """A payment intent as Stripe has it now, in minor units."""

    id: str
    status: str  # succeeded | processing | requires_payment_method | requires_action | canceled | …
    currency: str  # upper case
    amount_minor: int
    metadata: Mapping[str, str]
    error: str  # what the bank last said, as Stripe words it for the payer
    error_code: str  # Stripe's word for it
    decline_code: str  # the bank's word for it
    fee: Fee | None
    country: str = ""  # of the card that paid, as an ISO 3166 code
    outcome: Outcome | None = None  # of the latest charge

    @property
    def asks_holder(self) -> bool:
        """Return whether the bank wants the card's holder to confirm."""
        return self.status == "requires_action" or (
            self.status == "requires_payment_method" and ASKS in (self.error_code, self.decline_code)
        )


def intent_charge(
    *,
    key: str,
    amount_minor: int,
    currency: str,
    customer: str,
    payment_method: str,
    description: str,
    metadata: Mapping[str, str],
) -> Intent:
    """Charge a kept card now, without its holder, once per idempotency key; a repeat gets the first answer.

    A card that the bank declines is an answer too. Raises StripeUnavailable (repeat safely) or StripeRefused.
    """
    params: PaymentIntentCreateParams = {
        "amount": amount_minor,
        "currency": currency.lower(),
        "customer": customer,
        "payment_method": payment_method,
        "allowed_payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "description": description,
        "metadata": dict(metadata),
        "expand": EXPANDED,
    }
    try:
        with stripe_client() as client:
            return _intent(client.v1.payment_intents.create(params, {"idempotency_key": key}).to_dict())
    except CardDeclined as declined:
        if declined.intent is None:
            raise
        return _intent(declined.intent)


def intent_get(intent_id: str) -> Intent:
    """Return the intent as it is now. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        return _intent(client.v1.payment_intents.retrieve(intent_id, {"expand": EXPANDED}).to_dict())


def intent_find(
    *, customer: str | None, since: datetime, until: datetime, metadata: Mapping[str, str]
) -> Intent | None:
    """Return the intent with exactly these marks that was made between the two; None where there is none.

    Of this customer, or of whomever where that is not known any more. Raises StripeUnavailable or StripeRefused.
    """
    created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    asked = {"created": created, "limit": 100} | ({"customer": customer} if customer else {})
    with stripe_client() as client:
        for row in client.v1.payment_intents.list(asked).auto_paging_iter():  # type: ignore[arg-type]
            data = row.to_dict()
            if (data.get("metadata") or {}) == dict(metadata):
                break
        else:
            return None
    return intent_get(data["id"])


def intent_cancel(intent_id: str) -> Intent:
    """End an intent, so that nobody can pay it any more; return it as it is then, for it may have been paid before.

    Raises StripeUnavailable or StripeRefused.
    """
    try:
        with stripe_client() as client:
            client.v1.payment_intents.cancel(intent_id)
    except StripeRefused:  # it has ended before, one way or the other
        pass
    return intent_get(intent_id)


def _intent(data: dict[str, Any]) -> Intent:
    error = data.get("last_payment_error") or {}
    return Intent(
        id=data["id"],
        status=data.get("status") or "",
        currency=(data.get("currency") or "").upper(),
        amount_minor=int(data.get("amount") or 0),
        metadata=data.get("metadata") or {},
        error=error.get("message") or "",
        error_code=error.get("code") or "",
        decline_code=error.get("decline_code") or "",
        fee=fee_of(data),
        country=country_of(data),
        outcome=outcome_of(data),
    )
