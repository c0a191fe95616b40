"""Money that goes back at Stripe, read from Stripe.

Its events may come before the payment's own, so whoever applies one credits the top-up first if need be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.payments import gateway
from apps.payments.errors import Parked, PaymentUnknownYet
from apps.payments.gateway import Charge, StripeDispute, StripeRefund
from apps.payments.models import TopUp
from apps.payments.services.crediting import topup_credited
from apps.payments.services.news import News, news_apply, payment_news
from apps.payments.services.topups import topup_lock, topup_of
from apps.payments.states import State, topup_move


@dataclass(frozen=True)
class Reversed:
    """A charge of which money went or goes back, with all its refunds, and the news that credits its top-up, if that is
    not credited yet."""

    charge: Charge
    refunds: tuple[StripeRefund, ...]
    news: News | None
    dispute: StripeDispute | None = None


def reversed_of(charge_id: str, dispute: StripeDispute | None = None) -> Reversed:
    """Return what there is to apply.

    Raises Parked for a foreign or unknown payment, PaymentUnknownYet, gateway.StripeUnavailable or StripeRefused.
    """
    charge = gateway.charge_get(charge_id)
    topup = TopUp.objects.filter(id=topup_of(charge.metadata)).first()
    if topup is None:
        raise Parked(f"There is no top-up {charge.metadata.get('topup_id')} here.")
    if topup.state == State.PAID:
        return Reversed(charge, gateway.refunds_of(charge.id), None, dispute)
    news = payment_news(topup, intent=charge.payment_intent)
    if news is None:
        raise PaymentUnknownYet(
            _("The session of top-up %(topup)s is not known yet; its refund waits for it.") % {"topup": topup.id}
        )
    return Reversed(charge, gateway.refunds_of(charge.id), news, dispute)


def reversal_topup(fetched: Reversed, *, now: datetime) -> TopUp:
    """Return the locked top-up of the charge, credited now if it was not. Raises Parked when they do not fit."""
    charge = fetched.charge
    if fetched.news is not None:
        news_apply(fetched.news, now=now)
    topup = topup_lock(topup_of(charge.metadata))
    if topup.state == State.HELD:  # what goes back must be in the books first; staff need not decide any more
        topup_move(topup, State.PAID)
        topup.save()
        topup_credited(topup, now=now)
    if topup.state != State.PAID or charge.payment_intent != topup.payment_intent:
        raise Parked(f"The charge {charge.id} did not pay this top-up.", topup_id=topup.id)
    if charge.currency != topup.quote.currency:
        raise Parked(f"The charge {charge.id} is in {charge.currency}.", topup_id=topup.id)
    return topup


@contextmanager
def parking(topup: TopUp) -> Iterator[None]:
    """Let what the books refuse wait for a person."""
    try:
        yield
    except AppError as refusal:
        raise Parked(refusal.message, topup_id=topup.id) from refusal
