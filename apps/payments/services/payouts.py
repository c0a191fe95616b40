"""Stripe's payouts to our bank and its own fees: read from its list of movements, and booked."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.billing.selectors import payout_last
from apps.billing.services import payout_post, service_fee_post
from apps.core.money import CURRENCIES
from apps.payments import gateway

logger = logging.getLogger(__name__)

# The types of https://docs.stripe.com/reports/balance-transaction-types that are ours alone, not a customer's.
PAYOUTS = ("payout", "payout_cancel", "payout_failure", "topup", "topup_reversal")
FEES = ("stripe_fee", "stripe_fx_fee", "tax_fee")
OVERLAP = timedelta(days=7)  # read again each time; what is booked already is booked once


def payouts_sweep(*, now: datetime) -> int:
    """Book what Stripe paid out, took back and charged since the last such booking; return how many were read.

    Speaks to Stripe; never call it inside a transaction. Raises gateway.StripeUnavailable or StripeRefused; the next
    sweep reads the same stretch.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    last, found = payout_last(), list[gateway.BalanceMovement]()
    since = last - OVERLAP if last else None  # at first everything is read
    for kind in (*PAYOUTS, *FEES):
        found += gateway.balance_movements(since=since, until=now, type=kind)
    with transaction.atomic():  # all or nothing: where the next sweep begins follows from what is booked
        for one in found:
            _book(one, now=now)
    return len(found)


def _book(one: gateway.BalanceMovement, *, now: datetime) -> None:
    if one.currency not in CURRENCIES:
        logger.warning("movement %s is in %s, for which there are no books", one.id, one.currency)
        return
    facts: dict[str, Any] = {"movement": one.id, "currency": one.currency, "now": now}
    if one.type in PAYOUTS:
        payout_post(amount_minor=one.amount_minor, fee_minor=one.fee_minor, **facts)
    elif one.amount_minor != one.fee_minor:
        service_fee_post(amount_minor=one.amount_minor - one.fee_minor, **facts)
