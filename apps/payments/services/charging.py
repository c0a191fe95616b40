"""Charging a kept card for an automatic top-up, and believing what Stripe has about it.

The row and its key come first. While the key is certain to be remembered and the price stands, a repeat asks Stripe
again under the same key; later it only looks whether there was a payment.
"""

import logging
import uuid
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from apps.core.money import credits_text, fiat_text
from apps.core.queue import enqueue
from apps.payments import gateway
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.gateway import Intent
from apps.payments.models import StripeCustomer, TopUp
from apps.payments.services.automatic_mails import automatic_mail
from apps.payments.services.cards import card_look
from apps.payments.services.crediting import topup_paid
from apps.payments.services.customers import customer_ensure, customer_look
from apps.payments.services.starting import payable_until, session_open
from apps.payments.services.topups import marks_of, topup_close, topup_lock, topup_of
from apps.payments.states import State, topup_move

logger = logging.getLogger(__name__)

KEY_LASTS = timedelta(hours=23)  # Stripe forgets a key after 24 hours: a repeat would then charge again
ON_ITS_WAY = timedelta(minutes=10)  # the longest that a request sent before may still be under way
CLOCKS = timedelta(minutes=5)  # by which Stripe's clock may differ from ours
# What no later attempt with the same card would mend, in the words of Stripe and the banks.
HOPELESS = frozenset(
    {
        "card_not_supported",
        "closed_account",
        "currency_not_supported",
        "expired_card",
        "invalid_account",
        "lost_card",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "stolen_card",
        "stop_payment_order",
    }
)


def topup_charge(*, topup_id: uuid.UUID, now: datetime) -> None:
    """Charge the card of an automatic top-up, once however often it runs, and write what came of it.

    Raises gateway.StripeUnavailable, after which a repeat is safe; Parked when Stripe's answer does not fit.
    """
    topup = TopUp.objects.select_related("organisation", "quote", "card").get(id=topup_id)
    if not topup.automatic or topup.state != State.CREATED or topup.closed_at is not None:
        return
    try:
        intent = _asked(topup, now=now)
    except gateway.StripeRefused as refusal:
        # Refused in this form; an earlier form of the same request may have passed.
        intent = _found(topup, now=now)
        if intent is None:
            reason, gone = _why(topup, refusal, now=now)
            with transaction.atomic():
                topup_close(topup_lock(topup.id), State.FAILED, reason=reason, now=now, hopeless=gone)
            return
    if intent is not None:
        with transaction.atomic():
            intent_apply(intent, now=now)
    elif now > charged_until(topup) + ON_ITS_WAY:
        with transaction.atomic():
            topup_close(topup_lock(topup.id), State.EXPIRED, reason="", now=now)


def _why(topup: TopUp, refusal: gateway.StripeRefused, *, now: datetime) -> tuple[str, bool]:
    """Return why Stripe would not charge the card, as the person reads it, and whether the card is gone for good.

    It may have been removed there, alone or with its customer, and no news of that have come; so Stripe is asked.
    """
    card = topup.card
    assert card is not None
    if isinstance(refusal, gateway.CustomerGone):
        customer_look(organisation_id=topup.organisation_id, now=now)
    elif card.removed_at is None:
        with suppress(gateway.StripeRefused):  # then its first refusal is all there is to say
            card_look(card=card, now=now)
    card.refresh_from_db()
    if card.removed_at is None:
        return refusal.message, False
    return said.CARD_REMOVED % {"card": card}, True


def charged_until(topup: TopUp) -> datetime:
    """Return until when the card may be charged at the price that was locked."""
    return min(topup.quote.expires_at, topup.created_at + KEY_LASTS)


def _asked(topup: TopUp, *, now: datetime) -> Intent | None:
    """Return the payment: read, made now under the top-up's key, or found; None if there is none and never will."""
    if topup.payment_intent:
        return gateway.intent_get(topup.payment_intent)
    if now >= charged_until(topup):
        return _found(topup, now=now)
    assert topup.card is not None
    quote = topup.quote
    return gateway.intent_charge(
        key=f"topup:{topup.id}",
        amount_minor=quote.total_minor,
        currency=quote.currency,
        customer=customer_ensure(organisation=topup.organisation, now=now),
        payment_method=topup.card.payment_method,
        description=f"Automatic top-up: {credits_text(quote.credits_micro)} Nosana credits",
        metadata=marks_of("topup_id", topup.id),
    )


def _found(topup: TopUp, *, now: datetime) -> Intent | None:
    """Return the payment that carries the top-up's marks; the customer it was made for may be gone since."""
    customer = StripeCustomer.objects.filter(organisation=topup.organisation_id).first()
    found = None
    if customer is not None and customer.customer_id is not None and customer.asked_at < topup.created_at:
        found = customer.customer_id
    return gateway.intent_find(
        customer=found,
        since=topup.created_at - CLOCKS,
        until=charged_until(topup) + ON_ITS_WAY,
        metadata=marks_of("topup_id", topup.id),
    )


def intent_apply(intent: Intent, *, now: datetime) -> None:
    """Make the automatic top-up say what its freshly fetched payment says; credit it once, whenever it is paid.

    Must run in the caller's transaction, which also notes what led here. Raises Parked when the payment is not
    exactly what this top-up asked for.
    """
    topup = topup_lock(topup_of(intent.metadata))
    _check(topup, intent)
    if intent.status == "succeeded":
        topup_paid(
            topup, intent=intent.id, fee=intent.fee, country=intent.country, outcome=intent.outcome, now=now
        )
        return
    if topup.state != State.CREATED or topup.closed_at is not None:  # old news
        return
    topup.payment_intent = intent.id
    if intent.asks_holder:
        topup_move(topup, State.OPEN)
        topup.save()
        enqueue("payments.topup_confirm", topup_id=str(topup.id))
    elif intent.status in ("requires_payment_method", "canceled"):
        hopeless = bool({intent.error_code, intent.decline_code} & HOPELESS)
        reason = intent.error or said.CANCELLED
        topup_close(topup, State.FAILED, reason=reason, now=now, hopeless=hopeless)
    else:  # it is being worked on; its next news tells
        topup.save()


def _check(topup: TopUp, intent: Intent) -> None:
    quote = topup.quote
    if not topup.automatic:
        raise Parked(f"The payment {intent.id} names a top-up that is paid at Checkout.", topup_id=topup.id)
    if (intent.currency, intent.amount_minor) != (quote.currency, quote.total_minor):
        raise Parked(
            f"Stripe has {fiat_text(intent.amount_minor, intent.currency)}; the quote says"
            f" {fiat_text(quote.total_minor, quote.currency)}.",
            topup_id=topup.id,
        )


def topup_confirm(*, topup_id: uuid.UUID, now: datetime) -> None:
    """Offer a payment that its bank wants confirmed at Checkout, for as long as its price stands, and mail the link.

    The first payment is ended before, so that only one of the two can ever be paid. A repeat changes nothing.
    Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    topup = TopUp.objects.select_related("organisation", "quote", "card").get(id=topup_id)
    if not topup.automatic or topup.state != State.OPEN or topup.closed_at is not None:
        return
    if topup.stripe_session_id is None:
        if topup.payment_intent:
            intent = gateway.intent_cancel(topup.payment_intent)
            if intent.status == "succeeded":
                with transaction.atomic():
                    intent_apply(intent, now=now)
            if intent.status != "canceled":
                return
        if now > payable_until(topup.quote):
            with transaction.atomic():
                reason = said.CONFIRM
                topup_close(topup_lock(topup.id), State.FAILED, reason=reason, now=now)
            return
        session_open(topup, key=f"topup:{topup.id}:confirm", now=now)
        topup.refresh_from_db(fields=["checkout_url"])
    automatic_mail("confirm", organisation=topup.organisation, key=str(topup.id), now=now, topup=topup)
