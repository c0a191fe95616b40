"""What banks and Radar refused, written down once for each charge, so that trying card after card is noticed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.payments import gateway
from apps.payments.errors import Parked
from apps.payments.gateway import Outcome
from apps.payments.models import Decline, TopUp
from apps.payments.services.news import News, news_apply, payment_news
from apps.payments.services.topups import topup_of


@dataclass(frozen=True)
class Refused:
    """A refused charge of a top-up, and what Stripe has of the payment as a whole, if that is known yet."""

    topup: TopUp
    outcome: Outcome | None
    news: News | None


def decline_fetch(payment: dict[str, Any]) -> Refused | None:
    """Return the charge that failed and the payment as Stripe has them now; None for what is no top-up here.

    Raises Parked for a foreign payment, gateway.StripeUnavailable or gateway.StripeRefused.
    """
    topup = TopUp.objects.filter(id=topup_of(payment.get("metadata") or {})).first()
    if topup is None:
        return None
    charge = payment.get("latest_charge")
    outcome = gateway.outcome_get(charge) if isinstance(charge, str) and charge else None
    if outcome is not None and topup_of(outcome.metadata or {}) != topup.pk:
        raise Parked(f"The charge {outcome.charge} is not this top-up's own.", topup_id=topup.pk)
    return Refused(topup, outcome, payment_news(topup, intent=payment["id"]))


def decline_apply(refused: Refused, /, *, now: datetime) -> None:
    """Write the refusal once, and make the top-up say what its payment says."""
    outcome = refused.outcome
    if outcome is not None and outcome.code:
        Decline.objects.get_or_create(
            charge=outcome.charge,
            defaults={
                "topup": refused.topup,
                "fingerprint": outcome.fingerprint,
                "code": outcome.code,
                "risk_level": outcome.risk_level,
                "risk_score": outcome.risk_score,
                "at": now,
            },
        )
    if refused.news is not None:
        news_apply(refused.news, now=now)
