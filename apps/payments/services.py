"""Acts of a top-up: start it, cancel it, and believe what Stripe has about it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from apps.billing.errors import QuoteUnknown
from apps.billing.models import Quote
from apps.billing.services import Terms, quote_accept, stripe_fee_post, topup_credit
from apps.core.errors import Conflict
from apps.core.money import credits_text, fiat_text
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import terms_require
from apps.payments import gateway
from apps.payments.gateway import Line, Session
from apps.payments.models import TopUp
from apps.payments.states import State, topup_move

PLATFORM = "nosana-web"
# Stripe wants a session to live 30 minutes at least; the rest is for the request's own way and our clocks.
CHECKOUT_MINIMUM = timedelta(minutes=30, seconds=15)


class Parked(Exception):
    """What Stripe says does not fit what we know; a person must look before money moves."""

    def __init__(self, reason: str, *, topup_id: uuid.UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.topup_id = topup_id


class QuoteOver(Conflict):
    """The quote's price can no longer be paid."""

    code = "quote_over"


def price_pay(*, membership: Membership, price: str, now: datetime) -> str:
    """Return the address where a price is paid: the id of a quote, or an offer that becomes one. See topup_start.

    Raises as `topup_start`, and QuoteUnknown or QuoteRefused for an offer that is none or has run out.
    """
    membership.require(Permission.BILLING_MANAGE)
    try:
        quote_id = uuid.UUID(price)
    except ValueError:
        quote_id = quote_accept(organisation=membership.organisation, offer=price, now=now).id
    return topup_start(membership=membership, quote_id=quote_id, now=now)


def topup_start(*, membership: Membership, quote_id: uuid.UUID, now: datetime) -> str:
    """Return the address where this quote is paid: Stripe Checkout, or the top-up's own page once it is paid.

    A repeat with the same quote gives the same top-up and the same Checkout session, also after a crash between
    the two. Raises Denied, TermsNotAccepted, NotFound, QuoteOver, gateway.StripeUnavailable or gateway.StripeRefused.
    """
    membership.require(Permission.BILLING_MANAGE)
    terms_require(membership.organisation)
    quote = Quote.objects.filter(organisation=membership.organisation, id=quote_id).first()
    if quote is None:
        raise QuoteUnknown
    topup = TopUp.objects.select_related("user", "organisation", "quote").filter(quote=quote).first()
    if topup is not None and topup.state == State.PAID:
        return topup_path(topup)
    if topup is not None and topup.stripe_session_id:
        return _resume(topup, now=now)
    if now > payable_until(quote) or (topup is not None and topup.closed_at is not None):
        raise _quote_over(membership.organisation)
    if topup is None:
        # The row comes before the call, so that whatever Stripe then tells of the session finds it.
        topup, _ = TopUp.objects.get_or_create(
            quote=quote, defaults={"organisation": membership.organisation, "user": membership.user}
        )
    return _open(topup, now=now)


def payable_until(quote: Quote | Terms) -> datetime:
    """Return until when a payment of this quote can begin; the price then stays for as long as Checkout lives."""
    return quote.expires_at - CHECKOUT_MINIMUM


def topup_path(topup: TopUp) -> str:
    """Return the address of the top-up's page on this platform."""
    return reverse("payments:topup_detail", args=[topup.organisation.slug, topup.id])


def _resume(topup: TopUp, *, now: datetime) -> str:
    if topup.closed_at is not None or now >= topup.quote.expires_at:
        raise _quote_over(topup.organisation)
    with transaction.atomic():
        topup = topup_lock(topup.id)
        if topup.state == State.CANCELLED:
            topup_move(topup, State.OPEN)
            topup.save()
    return topup.checkout_url


def _quote_over(organisation: Organisation) -> QuoteOver:
    return QuoteOver(
        "This price has run out and nothing was charged; look at today's price and pay that.",
        step=("Show today's price", reverse("payments:topup", args=[organisation.slug])),
    )


def _open(topup: TopUp, *, now: datetime) -> str:
    """Ask Stripe for the session under the top-up's own idempotency key, then keep what it answered."""
    quote = topup.quote
    lines = [Line(f"{credits_text(quote.credits_micro)} Nosana credits", quote.net_minor)]
    if quote.vat_minor:
        lines.append(Line(f"VAT {quote.vat_bp / 100:g} %", quote.vat_minor))
    page = settings.BASE_URL + topup_path(topup)
    try:
        session = gateway.session_create(
            key=f"topup:{topup.id}",
            lines=lines,
            currency=quote.currency,
            customer_email=topup.user.email,
            success_url=f"{page}?returned=paid",
            cancel_url=f"{page}?returned=cancelled",
            expires_at=quote.expires_at,
            reference=str(topup.id),
            metadata={"platform": PLATFORM, "environment": settings.ENVIRONMENT, "topup_id": str(topup.id)},
        )
    except gateway.StripeRefused as refusal:
        with transaction.atomic():
            _close(topup_lock(topup.id), State.FAILED, reason=refusal.message, now=now)
        raise
    with transaction.atomic():
        topup = topup_lock(topup.id)
        topup.stripe_session_id, topup.checkout_url = session.id, session.url
        if topup.state == State.CREATED:
            topup_move(topup, State.OPEN)
        topup.save()
    return session.url


def topup_cancel(*, topup_id: uuid.UUID) -> None:
    """Note that the person came back from Checkout without paying; a payment that still arrives is credited."""
    with transaction.atomic():
        topup = topup_lock(topup_id)
        if topup.state in (State.CREATED, State.OPEN):
            topup_move(topup, State.CANCELLED)
            topup.save()


def session_apply(session: Session, *, now: datetime) -> None:
    """Make the top-up say what its freshly fetched session says; credit it once, whenever it is paid.

    Must run in the caller's transaction, which also notes what led here. Raises Parked when the session is not
    exactly what this top-up asked for.
    """
    topup = topup_lock(topup_of(session.metadata))
    _check(topup, session)
    topup.stripe_session_id = session.id
    if session.payment_status == "paid":
        _credit(topup, session, now=now)
    elif session.status == "expired":
        _close(topup, State.EXPIRED, reason="", now=now)
    elif session.status == "complete" and session.payment_failed:
        _close(topup, State.FAILED, reason=session.payment_error or "The bank did not pay.", now=now)


def topup_of(metadata: Mapping[str, str]) -> uuid.UUID:
    """Return the id of the top-up that this platform wrote on an object of Stripe. Raises Parked for any other."""
    platform, environment = metadata.get("platform", "none"), metadata.get("environment", "none")
    if (platform, environment) != (PLATFORM, settings.ENVIRONMENT):
        raise Parked(
            f"It belongs to platform “{platform}”, environment “{environment}”, and this is “{PLATFORM}”,"
            f" “{settings.ENVIRONMENT}”."
        )
    try:
        topup_id = uuid.UUID(metadata.get("topup_id", ""))
    except ValueError:
        raise Parked("Its metadata names no top-up.") from None
    return topup_id


def topup_lock(topup_id: uuid.UUID) -> TopUp:
    """Return the top-up with its quote, its row locked until the transaction ends. Raises Parked for an unknown one."""
    topups = TopUp.objects.select_related("quote__organisation").select_for_update(of=("self",))
    topup = topups.filter(id=topup_id).first()
    if topup is None:
        raise Parked(f"There is no top-up {topup_id} here.")
    return topup


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


def _credit(topup: TopUp, session: Session, *, now: datetime) -> None:
    intent = session.payment_intent
    if intent is None or TopUp.objects.filter(payment_intent=intent).exclude(id=topup.id).exists():
        raise Parked(f"The payment {intent} is not this top-up's own.", topup_id=topup.id)
    if topup.payment_intent not in (None, intent):
        raise Parked(f"Paid by {topup.payment_intent} already, and now by {intent}.", topup_id=topup.id)
    arrived = topup.state != State.PAID
    fee = session.fee if topup.fee_minor is None else None
    if arrived:
        topup_move(topup, State.PAID)
        topup.payment_intent, topup.paid_at, topup.closed_at = intent, now, None
        topup.reason = topup.parked_reason = ""
    if fee is not None and fee.currency != topup.quote.currency:
        # The credits stand; what an exchange at Stripe does to its fee is not for a program to guess.
        topup.parked_reason = f"Stripe settled in {fee.currency}: book its fee of {fee.amount_minor} by hand."
        fee = None
    if fee is not None:  # then Stripe has nothing more to tell
        topup.fee_minor, topup.closed_at = fee.amount_minor, now
    topup.save()
    if arrived:
        topup_credit(
            organisation_id=topup.organisation_id,
            topup_id=topup.id,
            quote=topup.quote,
            payment_reference=intent,
            now=now,
        )
    if fee is not None:
        stripe_fee_post(topup_id=topup.id, currency=fee.currency, fee_minor=fee.amount_minor, now=now)


def _close(topup: TopUp, state: str, *, reason: str, now: datetime) -> None:
    """End a top-up that was not paid; one that was paid or ended before stays as it is."""
    if topup.closed_at is not None or topup.state == State.PAID:
        return
    topup_move(topup, state)
    topup.reason, topup.closed_at = reason[:300], now
    topup.save()


def topup_expire(*, topup_id: uuid.UUID, now: datetime) -> None:
    """End a top-up that never got a Checkout page: nobody can have paid it."""
    with transaction.atomic():
        topup = topup_lock(topup_id)
        if topup.stripe_session_id is None:
            _close(topup, State.EXPIRED, reason="", now=now)


def topup_ask_again(*, topup: TopUp) -> None:
    """Let the sweep ask Stripe about a parked top-up again, after a person has looked."""
    TopUp.objects.filter(id=topup.id).update(parked_reason="")
