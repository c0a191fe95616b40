"""Money that goes back at Stripe: refunds and disputes, read from Stripe and written into billing's books.

Their events may come before the payment's own, so whoever applies one credits the top-up first if need be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.billing.models import Reversal
from apps.billing.selectors.invoices import finance_address
from apps.billing.services import dispute_funds_post, dispute_lost, dispute_open, dispute_won, topup_refund
from apps.core.errors import AppError
from apps.core.mail import mail_write
from apps.organisations.roles import Role
from apps.payments import gateway
from apps.payments.gateway import Charge, Dispute, Session
from apps.payments.models import TopUp
from apps.payments.services import Parked, session_apply, topup_lock, topup_of
from apps.payments.states import State

# Of an inquiry nothing is withdrawn, and a prevented dispute never became one: there is nothing to book.
WITHOUT_FUNDS = frozenset({"warning_needs_response", "warning_under_review", "warning_closed", "prevented"})


class PaymentUnknownYet(AppError):
    """Money goes back of a payment whose own news has not come yet; a repeat later will find it."""

    code = "payment_unknown_yet"
    status = 503


@dataclass(frozen=True)
class Reversed:
    """A charge of which money went or goes back, with the session that credits its top-up unless it is credited."""

    charge: Charge
    session: Session | None
    dispute: Dispute | None = None


def refund_fetch(thing: dict[str, Any]) -> Reversed:
    """Return the charge of a charge's or a refund's event as Stripe has it now. Raises as `_reversed`."""
    charge_id = thing["id"] if thing.get("object") == "charge" else thing.get("charge")
    if not charge_id:
        raise Parked("This refund names no charge.")
    return _reversed(str(charge_id))


def dispute_fetch(thing: dict[str, Any]) -> Reversed | None:
    """Return the dispute of an event as Stripe has it now, or None while no money moves. Raises as `_reversed`."""
    dispute = gateway.dispute_get(thing["id"])
    if dispute.status in WITHOUT_FUNDS:
        return None
    return _reversed(dispute.charge, dispute)


def _reversed(charge_id: str, dispute: Dispute | None = None) -> Reversed:
    """Return what there is to apply.

    Raises Parked for a foreign or unknown payment, PaymentUnknownYet, gateway.StripeUnavailable or StripeRefused.
    """
    charge = gateway.charge_get(charge_id)
    topup = TopUp.objects.filter(id=topup_of(charge.metadata)).first()
    if topup is None:
        raise Parked(f"There is no top-up {charge.metadata.get('topup_id')} here.")
    if topup.state == State.PAID:
        return Reversed(charge, None, dispute)
    if topup.stripe_session_id is None:
        raise PaymentUnknownYet(f"The session of top-up {topup.id} is not known yet; its refund waits for it.")
    return Reversed(charge, gateway.session_get(topup.stripe_session_id), dispute)


def refund_apply(fetched: Reversed, *, now: datetime) -> None:
    """Book what Stripe refunded of the charge in all; repeats and old news change nothing. Raises Parked."""
    topup = _credited(fetched, now=now)
    if fetched.charge.refunded_minor:
        with _parking(topup):
            topup_refund(topup_id=topup.id, refunded_minor=fetched.charge.refunded_minor, now=now)


def refund_failed_apply(fetched: Reversed, *, now: datetime) -> None:
    """Leave a refund that the bank sent back to a person: it may be booked, and the customer has no money."""
    topup = _credited(fetched, now=now)
    raise Parked("The bank sent a refund back; pay it another way, or book it back by hand.", topup_id=topup.id)


def dispute_apply(fetched: Reversed, *, now: datetime) -> None:
    """Freeze, free or take the credits as the dispute stands at Stripe, book its funds, and tell the organisation.

    Repeats and old news change nothing. Raises Parked.
    """
    dispute = fetched.dispute
    assert dispute is not None
    topup = _credited(fetched, now=now)
    with _parking(topup):
        book = dispute_open(
            topup_id=topup.id, gross_minor=dispute.amount_minor, key=dispute.id, reason=dispute.reason, now=now
        )
        for movement in dispute.movements:
            if movement.currency != topup.quote.currency:
                raise Parked(
                    f"Stripe moved {movement.currency} for {dispute.id}: book it by hand.", topup_id=topup.id
                )
            dispute_funds_post(
                key=dispute.id,
                balance_transaction=movement.id,
                amount_minor=movement.amount_minor,
                fee_minor=movement.fee_minor,
                now=now,
            )
        if dispute.status == "won":
            book = dispute_won(key=dispute.id, now=now)
        elif dispute.status == "lost":
            book = dispute_lost(key=dispute.id, now=now)
    _tell(topup, book)


def _credited(fetched: Reversed, *, now: datetime) -> TopUp:
    """Return the locked top-up of the charge, credited now if it was not. Raises Parked when they do not fit."""
    charge = fetched.charge
    if fetched.session is not None:
        session_apply(fetched.session, now=now)
    topup = topup_lock(topup_of(charge.metadata))
    if topup.state != State.PAID or charge.payment_intent != topup.payment_intent:
        raise Parked(f"The charge {charge.id} did not pay this top-up.", topup_id=topup.id)
    if charge.currency != topup.quote.currency:
        raise Parked(f"The charge {charge.id} is in {charge.currency}.", topup_id=topup.id)
    return topup


@contextmanager
def _parking(topup: TopUp) -> Iterator[None]:
    """Let what the books refuse wait for a person."""
    try:
        yield
    except AppError as refusal:
        raise Parked(refusal.message, topup_id=topup.id) from refusal


def _tell(topup: TopUp, book: Reversal) -> None:
    """Mail the owner and the finance address about a dispute that was opened, won or lost; once for each."""
    organisation = topup.quote.organisation
    owner = organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
    readers = {finance_address(organisation): "finance", owner: "owner"}  # one mail where both are the same
    for address, reader in readers.items():
        mail_write(
            key=f"dispute:{book.id}:{book.state}:{reader}",
            to=address,
            template="dispute",
            context={
                "organisation": organisation,
                "dispute": book,
                "topup": topup,
                "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/",
                "platform": settings.PLATFORM_NAME,
            },
        )
