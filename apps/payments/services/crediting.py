"""What Stripe has about a Checkout session becomes what the top-up says; a payment becomes credits, once."""

from datetime import datetime

from apps.billing.models import PlaceProof
from apps.billing.services import place_proof_record, quote_settle, stripe_fee_post, topup_credit
from apps.core.money import fiat_text
from apps.notifications.services import event_emit
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.events import TOPUP_FAILED
from apps.payments.gateway import Fee, Outcome, Session
from apps.payments.methods import CARD
from apps.payments.models import TopUp
from apps.payments.services.attempts import attempt_paid
from apps.payments.services.limits import freeze_reason, review_reason
from apps.payments.services.mails import staff_mail, topup_mail
from apps.payments.services.topups import topup_close, topup_lock, topup_of
from apps.payments.states import State, topup_move


def session_apply(session: Session, *, now: datetime) -> None:
    """Make the top-up say what its freshly fetched session says; credit it once, whenever it is paid.

    Must run in the caller's transaction, which also notes what led here. Raises Parked when the session is not
    exactly what this top-up asked for.
    """
    topup = topup_lock(topup_of(session.metadata))
    _check(topup, session)
    topup.stripe_session_id = session.id
    if session.payment_status == "paid":
        topup_paid(
            topup,
            intent=session.payment_intent,
            fee=session.fee,
            country=session.country,
            outcome=session.outcome,
            now=now,
        )
    elif session.status == "expired":
        topup_close(topup, State.EXPIRED, reason="", now=now)
    elif session.status == "complete" and session.payment_failed:
        promised = topup.state == State.PROCESSING
        topup_close(topup, State.FAILED, reason=session.payment_error or said.NOT_PAID, now=now)
        if promised:
            topup_mail(topup, "topup_failed")
            _failed_tell(topup, now=now)
    elif session.status == "complete" and topup.state in (State.CREATED, State.OPEN, State.CANCELLED):
        topup_move(topup, State.PROCESSING)
        topup.save()
        topup_mail(topup, "topup_processing")


def _check(topup: TopUp, session: Session) -> None:
    quote = topup.quote
    if topup.stripe_session_id not in (None, session.id):
        raise Parked(f"The top-up's session is {topup.stripe_session_id}, not {session.id}.", topup_id=topup.id)
    if (session.currency, session.total_minor) != (quote.currency, quote.total_minor):
        raise Parked(
            f"Stripe has {fiat_text(session.total_minor, session.currency)}; the quote says"
            f" {fiat_text(quote.total_minor, quote.currency)}.",
            topup_id=topup.id,
        )


def topup_paid(
    topup: TopUp,
    *,
    intent: str | None,
    fee: Fee | None,
    now: datetime,
    country: str = "",
    outcome: Outcome | None = None,
) -> None:
    """Credit a locked top-up that this intent paid, once, and book Stripe's fee once it is known.

    A payment by card that Radar thinks risky is held: its money is here, its credits come when staff release it.
    `country` is that of the card or account. Raises Parked, and RateUnavailable where the rate is that of now.
    """
    if intent is None or TopUp.objects.filter(payment_intent=intent).exclude(id=topup.id).exists():
        raise Parked(f"The payment {intent} is not this top-up's own.", topup_id=topup.id)
    if topup.payment_intent not in (None, intent):
        raise Parked(f"Paid by {topup.payment_intent} already, and now by {intent}.", topup_id=topup.id)
    arrived = topup.state not in (State.PAID, State.HELD)
    if arrived:
        _arrive(topup, intent, country, outcome, now=now)
    fee = fee if topup.fee_minor is None else None
    if fee is not None and fee.currency != topup.quote.currency:
        # The credits stand; what an exchange at Stripe does to its fee is not for a program to guess.
        topup.parked_reason = f"Stripe settled in {fee.currency}: book its fee of {fee.amount_minor} by hand."
        fee = None
    if fee is not None:  # then Stripe has nothing more to tell
        topup.fee_minor, topup.closed_at = fee.amount_minor, now
    topup.save()
    if arrived and topup.state == State.PAID:
        topup_credited(topup, now=now)
    elif arrived:
        topup_mail(topup, "topup_held")
        staff_mail(topup)
    if fee is not None:
        stripe_fee_post(topup_id=topup.id, currency=fee.currency, fee_minor=fee.amount_minor, now=now)


def _arrive(topup: TopUp, intent: str, country: str, outcome: Outcome | None, *, now: datetime) -> None:
    """Write that the money is here, and whether it is credited or held."""
    topup.card_country = country[:2]
    topup.payment_intent, topup.paid_at, topup.closed_at = intent, now, None
    topup.reason = topup.parked_reason = ""
    if outcome is not None and topup.method == CARD:
        topup.fingerprint, topup.risk_level = outcome.fingerprint, outcome.risk_level
        topup.risk_score = outcome.risk_score
        topup.held_reason = review_reason(topup, now=now)
    topup.held_reason = freeze_reason(topup) or topup.held_reason
    if topup.settles_later:
        topup.settled_quote = quote_settle(quote=topup.quote, now=now)
    topup_move(topup, State.HELD if topup.held_reason else State.PAID)


def topup_credited(topup: TopUp, *, now: datetime) -> None:
    """Give the credits of a locked top-up whose money is here and whose state has just become paid."""
    assert topup.payment_intent is not None
    if topup.automatic:
        attempt_paid(topup, now=now)
    _places(topup, topup.payment_intent, now=now)
    topup_credit(
        organisation_id=topup.organisation_id,
        topup_id=topup.id,
        quote=topup.price,
        payment_reference=topup.payment_intent,
        payment_method=topup.method,
        now=now,
    )
    if topup.settles_later:
        topup_mail(topup, "topup_arrived")


def _places(topup: TopUp, intent: str, *, now: datetime) -> None:
    """Keep what the payment shows of the customer's place before its invoice is written: VAT may rest on it."""
    payer = PlaceProof.Kind.CARD if topup.method == CARD else PlaceProof.Kind.ACCOUNT
    for kind, country in ((payer, topup.card_country), (PlaceProof.Kind.ADDRESS, topup.ip_country)):
        place_proof_record(
            organisation_id=topup.organisation_id, kind=kind, country=country, reference=intent, now=now
        )


def _failed_tell(topup: TopUp, *, now: datetime) -> None:
    event_emit(
        organisation_id=topup.organisation_id,
        type=TOPUP_FAILED.name,
        subject=f"topup:{topup.id}",
        key=f"topup:{topup.id}:failed",
        data={
            "topup": str(topup.id),
            "reason": topup.reason,
            "currency": topup.price.currency,
            "total_minor": topup.price.total_minor,
        },
        mailed=[topup.user.email],
        now=now,
    )
