"""Disputes at Stripe, written into billing's books and told to the organisation."""

from datetime import datetime
from typing import Any

from django.conf import settings

from apps.billing.models import Reversal
from apps.billing.selectors.documents import finance_address
from apps.billing.services import dispute_funds_post, dispute_lost, dispute_open, dispute_won
from apps.core.mail import mail_write
from apps.notifications.services import event_emit
from apps.notifications.types import EventType
from apps.organisations.roles import Role
from apps.organisations.selectors import mail_language
from apps.organisations.services import Actor, audit_record
from apps.payments import gateway
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.events import DISPUTE_TYPES, INQUIRY
from apps.payments.gateway import StripeDispute
from apps.payments.models import Dispute, Refund, TopUp
from apps.payments.services.refunds import refund_apply, refund_record, reservation_cancel
from apps.payments.services.reversals import Reversed, parking, reversed_of

# Of an inquiry nothing is withdrawn, and a prevented dispute never became one: there is nothing to book.
WITHOUT_FUNDS = frozenset({"warning_needs_response", "warning_under_review", "warning_closed", "prevented"})


def dispute_fetch(thing: dict[str, Any]) -> Reversed:
    """Return the dispute of an event as Stripe has it now. Raises as `reversed_of`."""
    dispute = gateway.dispute_get(thing["id"])
    return reversed_of(dispute.charge, dispute)


def dispute_apply(fetched: Reversed, *, now: datetime) -> None:
    """Freeze, free or take the credits as the dispute stands at Stripe, book its funds, and tell the organisation.

    What was refunded before is booked first, and what was to be refunded and is not, is no more: Stripe refunds
    nothing of a disputed charge. Repeats and old news change nothing. Raises Parked.
    """
    dispute = fetched.dispute
    assert dispute is not None
    topup = refund_apply(fetched, now=now)
    row = _row(topup, dispute, now=now)
    if dispute.status in WITHOUT_FUNDS:
        _ask_about(topup, row, now=now)
        return
    _refunds_end(topup, now=now)
    with parking(topup):
        book = _book(topup, dispute, now=now)
    _tell(topup, book, row, now=now)


def _row(topup: TopUp, dispute: StripeDispute, *, now: datetime) -> Dispute:
    """Return the dispute's row with what Stripe says now, in the trail when it is new or its status is."""
    row, made = Dispute.objects.select_for_update().get_or_create(
        dispute_id=dispute.id,
        defaults={
            "organisation_id": topup.organisation_id,
            "topup": topup,
            "status": dispute.status,
            "reason": dispute.reason[:60],
            "amount_minor": dispute.amount_minor,
            "currency": dispute.currency,
            "opened_at": dispute.opened_at,
            "due_at": dispute.due_at,
        },
    )
    before = row.status
    row.status, row.due_at, row.amount_minor = dispute.status, dispute.due_at, dispute.amount_minor
    if dispute.submitted and row.evidence != Dispute.Evidence.SUBMITTED:  # also by hand, in Stripe's dashboard
        row.evidence, row.submitted_at, row.refusal = Dispute.Evidence.SUBMITTED, now, ""
    row.save()
    if made or before != row.status:
        audit_record(
            organisation_id=topup.organisation_id,
            actor=Actor.system(),
            act="dispute.opened" if made else "dispute.moved",
            subject=f"dispute:{row.id}",
            before=None if made else {"status": before},
            after={"status": row.status, "topup": str(topup.id), "amount_minor": row.amount_minor},
            now=now,
        )
    return row


def _refunds_end(topup: TopUp, *, now: datetime) -> None:
    """End the refunds that Stripe has not made: of a disputed charge it makes none."""
    wanted = Refund.objects.select_for_update().filter(topup=topup, kind="credits", state=Refund.State.WANTED)
    for refund in wanted.order_by("id"):
        refund.state, refund.ended_at, refund.parked_reason = Refund.State.FAILED, now, ""
        refund.failure = said.DISPUTED
        refund.save()
        reservation_cancel(refund, now=now)
        refund_record(refund, "failed", now=now)


def _book(topup: TopUp, dispute: StripeDispute, *, now: datetime) -> Reversal:
    book = dispute_open(
        topup_id=topup.id, gross_minor=dispute.amount_minor, key=dispute.id, reason=dispute.reason, now=now
    )
    for movement in dispute.movements:
        if movement.currency != topup.quote.currency:
            raise Parked(f"Stripe moved {movement.currency} for {dispute.id}: book it by hand.", topup_id=topup.id)
        dispute_funds_post(
            key=dispute.id,
            balance_transaction=movement.id,
            amount_minor=movement.amount_minor,
            fee_minor=movement.fee_minor,
            now=now,
        )
    if dispute.status == "won":
        return dispute_won(key=dispute.id, now=now)
    if dispute.status == "lost":
        return dispute_lost(key=dispute.id, now=now)
    return book


def _readers(topup: TopUp) -> dict[str, str]:
    """Return who is told, by address: the owner and the finance address; one mail where both are the same."""
    organisation = topup.quote.organisation
    owner = organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
    return {finance_address(organisation): "finance", owner: "owner"}


def _tell(topup: TopUp, book: Reversal, row: Dispute, *, now: datetime) -> None:
    """Tell and mail about a dispute that was opened, won or lost; once for each."""
    _event(topup, DISPUTE_TYPES[book.state], f"dispute:{book.id}:{book.state}", row, now=now)
    for address, reader in _readers(topup).items():
        _mail(topup, f"dispute:{book.id}:{book.state}:{reader}", address, "dispute", dispute=book, row=row)


def _ask_about(topup: TopUp, row: Dispute, *, now: datetime) -> None:
    """Mail that a bank asks about a payment; nothing is taken or frozen."""
    if row.status == "warning_needs_response":
        _event(topup, INQUIRY, f"inquiry:{row.id}", row, now=now)
        for address, reader in _readers(topup).items():
            _mail(topup, f"inquiry:{row.id}:{reader}", address, "inquiry", row=row)


def _event(topup: TopUp, type: EventType, key: str, row: Dispute, *, now: datetime) -> None:
    event_emit(
        organisation_id=topup.organisation_id,
        type=type.name,
        subject=f"dispute:{row.id}",
        key=key,
        data={
            "dispute": str(row.id),
            "topup": str(topup.id),
            "currency": row.currency,
            "amount_minor": row.amount_minor,
        },
        mailed=list(_readers(topup)),
        now=now,
    )


def _mail(topup: TopUp, key: str, address: str, template: str, **more: object) -> None:
    organisation = topup.quote.organisation
    mail_write(
        key=key,
        to=address,
        language=mail_language(organisation, address),
        template=template,
        context={
            "organisation": organisation,
            "topup": topup,
            "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/",
            "platform": settings.PLATFORM_NAME,
            **more,
        },
    )
