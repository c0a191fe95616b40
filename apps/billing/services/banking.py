"""What Stripe does with our money by itself: it pays out to the bank, and charges for its services."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import AmountInvalid
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, transfer_post


def payout_post(*, movement: str, currency: str, amount_minor: int, fee_minor: int, now: datetime) -> Transfer:
    """Book what went to the bank, or came from it, in minor units; once per balance transaction of Stripe's.

    `amount_minor` is as Stripe tells it: below 0 what left for the bank, above 0 what came back or was put in.
    Raises AmountInvalid for nothing, KeyReused for other amounts.
    """
    return _moved(
        movement,
        currency,
        {chart.bank: -amount_minor, chart.stripe_fees: fee_minor},
        reason="payout",
        now=now,
    )


def service_fee_post(*, movement: str, currency: str, amount_minor: int, now: datetime) -> Transfer:
    """Book what Stripe charged for a service of its own (below 0) or gave back, once per balance transaction.

    Raises AmountInvalid for nothing, KeyReused for other amounts.
    """
    return _moved(movement, currency, {chart.stripe_fees: -amount_minor}, reason="stripe_service", now=now)


def _moved(
    movement: str, currency: str, others: Mapping[Callable[[str], str], int], *, reason: str, now: datetime
) -> Transfer:
    legs = [Leg(account(currency), amount, currency) for account, amount in others.items() if amount]
    total = sum(leg.amount for leg in legs)
    if not total:
        raise AmountInvalid(
            _("Stripe's %(balance_transaction)s moved nothing; there is nothing to book.")
            % {"balance_transaction": movement}
        )
    return transfer_post(
        key=f"stripe:{movement}",
        legs=[Leg(chart.stripe(currency), -total, currency), *legs],
        reason=reason,
        at=now,
        details={"reference": movement},
    )
