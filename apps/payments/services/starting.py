"""A top-up begins: a price becomes a Checkout session, once."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing.errors import QuoteUnknown
from apps.billing.models import Quote
from apps.billing.services import Terms, quote_accept, quote_create
from apps.billing.services.limits import wallet_lock
from apps.core.errors import Conflict
from apps.core.money import credits_text
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import organisation_keep_working, terms_require
from apps.payments import gateway
from apps.payments.errors import MethodRefused, QuoteOver
from apps.payments.gateway import Line
from apps.payments.methods import CARD, Method, method_named, methods_of
from apps.payments.models import TopUp
from apps.payments.services.customers import customer_served
from apps.payments.services.limits import limits_check
from apps.payments.services.mails import topup_path
from apps.payments.services.topups import marks_of, topup_close, topup_lock
from apps.payments.states import State, topup_move

LATER = gettext_lazy(
    "The money takes %(takes)s. Your credits are added when it has arrived, at the rate of that moment."
)
KEPT = gettext_lazy(
    "You chose to keep this card: it may be charged for later top-ups of %(organisation)s, by "
    "itself only under the rule for automatic top-ups, until it is removed under Billing, "
    "Cards."
)
# Stripe wants a session to live 30 minutes at least; the rest is for the request's own way and our clocks.
CHECKOUT_MINIMUM = timedelta(minutes=30, seconds=15)


def price_pay(
    *,
    membership: Membership,
    price: str,
    now: datetime,
    method: str = CARD,
    ip_country: str = "",
    address: str = "",
    keep_card: bool = False,
) -> str:
    """Return the address where a price is paid: the id of a quote, or an offer that becomes one. See topup_start.

    Raises as `topup_start`, and QuoteUnknown or QuoteRefused for an offer that is none or has run out.
    """
    membership.require(Permission.BILLING_MANAGE)
    try:
        quote_id = uuid.UUID(price)
    except ValueError:
        quote_id = quote_accept(organisation=membership.organisation, offer=price, now=now).id
    return topup_start(
        membership=membership,
        quote_id=quote_id,
        method=method,
        ip_country=ip_country,
        address=address,
        keep_card=keep_card,
        now=now,
    )


def topup_start(
    *,
    membership: Membership,
    quote_id: uuid.UUID,
    now: datetime,
    method: str = CARD,
    ip_country: str = "",
    address: str = "",
    keep_card: bool = False,
) -> str:
    """Return the address where this quote is paid: Stripe Checkout, or the top-up's own page once it is paid.

    A repeat with the same quote gives the same top-up and the same Checkout session, also after a crash between
    the two; the first call's choices stand. `address` and `ip_country` are where the person is, if known; `keep_card`
    keeps the card that pays for later top-ups. Raises Denied, TermsNotAccepted, NotFound, MethodRefused, QuoteOver,
    TopUpLimited, Conflict while an automatic one is charged, gateway.StripeUnavailable or gateway.StripeRefused.
    """
    membership.require(Permission.BILLING_MANAGE)
    terms_require(membership.organisation)
    quote = Quote.objects.filter(organisation=membership.organisation, id=quote_id).first()
    if quote is None:
        raise QuoteUnknown
    topup = TopUp.objects.select_related("user", "organisation", "quote").filter(quote=quote).first()
    if topup is not None and topup.state in (State.PAID, State.PROCESSING, State.HELD):
        return topup_path(topup)
    if method not in {known.kind for known in methods_of(quote.currency)}:
        raise MethodRefused(quote.currency)
    if topup is not None and topup.stripe_session_id:
        return _resume(topup, now=now)
    if topup is not None and topup.automatic and topup.closed_at is None:
        raise Conflict(
            _("This automatic top-up is being charged at this moment; its page says what comes of it."),
            step=(_("See the top-up"), topup_path(topup)),
        )
    if now > payable_until(quote) or (topup is not None and topup.closed_at is not None):
        raise _quote_over(membership.organisation)
    if topup is None:
        # The row comes before the call, so that whatever Stripe then tells of the session finds it.
        wish = {"method": method, "ip_country": ip_country, "ip_address": address[:45]}
        topup = _written(membership, quote, now=now, keep_card=keep_card and method == CARD, **wish)
    return session_open(topup, key=f"topup:{topup.id}", now=now)


def topup_make(
    *,
    membership: Membership,
    currency: str,
    net_minor: int,
    now: datetime,
    keep_card: bool = False,
    address: str = "",
) -> TopUp:
    """Lock today's price in a top-up that `topup_start` then opens; asks nobody, so it may run in a transaction.

    Raises Denied, TermsNotAccepted, QuoteRefused, RateUnavailable, TopUpLimited.
    """
    membership.require(Permission.BILLING_MANAGE)
    terms_require(membership.organisation)
    with transaction.atomic():
        quote = quote_create(organisation=membership.organisation, currency=currency, net_minor=net_minor, now=now)
        return _written(membership, quote, now=now, keep_card=keep_card, ip_address=address[:45])


def _written(membership: Membership, quote: Quote, *, now: datetime, **wish: Any) -> TopUp:
    """Return the quote's top-up, made under the wallet's lock if it may. Raises TopUpLimited, Closed, Frozen."""
    organisation = membership.organisation
    with transaction.atomic():
        organisation_keep_working(organisation.pk)
        wallet_lock(organisation.pk)
        topup = TopUp.objects.select_related("user", "organisation", "quote").filter(quote=quote).first()
        if topup is not None:
            return topup
        limits_check(
            organisation=organisation,
            person_id=membership.user_id,
            currency=quote.currency,
            net_minor=quote.net_minor,
            address=wish["ip_address"],
            now=now,
        )
        return TopUp.objects.create(organisation=organisation, user=membership.user, quote=quote, **wish)


def payable_until(quote: Quote | Terms) -> datetime:
    """Return until when a payment of this quote can begin; the price then stays for as long as Checkout lives."""
    return quote.expires_at - CHECKOUT_MINIMUM


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
        _("This price has run out and nothing was charged; look at today's price and pay that."),
        step=(_("Show today's price"), reverse("payments:topup", args=[organisation.slug])),
    )


def session_open(topup: TopUp, *, key: str, now: datetime) -> str:
    """Ask Stripe for a session under this idempotency key, keep what it answered, and return its address.

    Raises gateway.StripeUnavailable, or gateway.StripeRefused, after which the top-up has failed.
    """
    quote = topup.quote
    way = method_named(topup.method)
    bought = _("Nosana credits")
    if not way.later:
        bought = _("%(credits)s Nosana credits") % {"credits": credits_text(quote.credits_micro)}
    lines = [Line(bought, quote.net_minor)]
    if quote.vat_minor:
        lines.append(Line(_("VAT %(percent)s %%") % {"percent": f"{quote.vat_bp / 100:g}"}, quote.vat_minor))
    page = settings.BASE_URL + topup_path(topup)
    try:
        session = customer_served(
            organisation=topup.organisation,
            ask=lambda customer: gateway.session_create(
                key=key,
                lines=lines,
                currency=quote.currency,
                customer=customer,
                success_url=f"{page}?returned=paid",
                cancel_url=f"{page}?returned=cancelled",
                expires_at=quote.expires_at,
                reference=str(topup.id),
                metadata=marks_of("topup_id", topup.id),
                method=topup.method,
                keep_card=topup.keep_card,
                note=_note(topup, way),
            ),
            now=now,
        )
    except gateway.StripeRefused as refusal:
        with transaction.atomic():
            topup_close(topup_lock(topup.id), State.FAILED, reason=refusal.message, now=now)
        raise
    with transaction.atomic():
        topup = topup_lock(topup.id)
        topup.stripe_session_id, topup.checkout_url = session.id, session.url
        if topup.automatic:  # the payment that its bank would not make alone was ended before
            topup.payment_intent = None
        if topup.state == State.CREATED:
            topup_move(topup, State.OPEN)
        topup.save()
    return session.url


def _note(topup: TopUp, way: Method) -> str:
    """Return what stands at the button that pays: when the credits come, or what keeping the card allows."""
    if way.later:
        return LATER % {"takes": way.takes}
    return KEPT % {"organisation": topup.organisation.name} if topup.keep_card else ""


def topup_cancel(*, topup_id: uuid.UUID) -> None:
    """Note that the person came back from Checkout without paying; a payment that still arrives is credited."""
    with transaction.atomic():
        topup = topup_lock(topup_id)
        if topup.state in (State.CREATED, State.OPEN):
            topup_move(topup, State.CANCELLED)
            topup.save()
