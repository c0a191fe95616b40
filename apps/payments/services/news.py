"""What Stripe has of a top-up's payment, whichever way it is paid."""

from datetime import datetime

from apps.payments import gateway
from apps.payments.gateway import Intent, Session
from apps.payments.models import TopUp
from apps.payments.services.charging import intent_apply
from apps.payments.services.crediting import session_apply

News = Session | Intent


def payment_news(topup: TopUp, *, intent: str | None = None) -> News | None:
    """Return the top-up's session, or its payment where it has none, as Stripe has it now; None while neither is known.

    `intent` is what an event names as the payment. Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    if topup.stripe_session_id is not None:
        return gateway.session_get(topup.stripe_session_id)
    intent = topup.payment_intent or intent
    if topup.automatic and intent:
        return gateway.intent_get(intent)
    return None


def news_apply(news: News, *, now: datetime) -> None:
    """Make the top-up say what Stripe has; must run in the caller's transaction. Raises Parked."""
    if isinstance(news, Intent):
        intent_apply(news, now=now)
    else:
        session_apply(news, now=now)
