"""Refunds at Stripe, written into billing's books, whoever made them and in whatever order their news comes.

What counts is the list of a charge's refunds, fetched whole: what left our balance is booked in all (cumulative), what
came back to it is owed to the customer again.
"""

from datetime import datetime
from typing import Any

from apps.billing.models import Reversal
from apps.billing.services import refund_bounced, refund_cancel, topup_refund, vat_refund_paid
from apps.organisations.services import Actor, audit_record
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.gateway import StripeRefund
from apps.payments.models import Refund, TopUp
from apps.payments.services.refund_mails import refund_mail
from apps.payments.services.reversals import Reversed, parking, reversal_topup, reversed_of

State, Kind = Refund.State, Refund.Kind
STATES = {"succeeded": State.SUCCEEDED, "failed": State.FAILED, "canceled": State.FAILED}
ORDER = {State.WANTED: 0, State.PENDING: 1, State.SUCCEEDED: 2, State.FAILED: 3}


def refund_fetch(thing: dict[str, Any]) -> Reversed:
    """Return the charge of a charge's or a refund's event as Stripe has it now. Raises as `reversed_of`."""
    charge_id = thing["id"] if thing.get("object") == "charge" else thing.get("charge")
    if not charge_id:
        raise Parked("This refund names no charge.")
    return reversed_of(str(charge_id))


def refund_apply(fetched: Reversed, *, now: datetime) -> TopUp:
    """Book what Stripe refunded of the charge; repeats and old news change nothing. Return the locked top-up.

    Each refund gets its row here, also one that was made at Stripe itself. Raises Parked.
    """
    topup = reversal_topup(fetched, now=now)
    foreign = [refund.id for refund in fetched.refunds if refund.currency != topup.quote.currency]
    if foreign:
        raise Parked(f"The refund {foreign[0]} is in another currency: book it by hand.", topup_id=topup.id)
    rows = {refund.id: _row(topup, refund, now=now) for refund in fetched.refunds}
    moved = [refund for refund in fetched.refunds if refund.moved]
    credits = [refund for refund in moved if rows[refund.id].kind == Kind.CREDITS]
    with parking(topup):
        if credits:
            topup_refund(
                topup_id=topup.id,
                refunded_minor=sum(refund.amount_minor for refund in credits),
                known=[rows[refund.id].key for refund in credits],
                now=now,
            )
        for refund in moved:
            _vat_book(topup, rows[refund.id], refund, now=now)
            if refund.returned:
                refund_bounced(
                    topup_id=topup.id,
                    currency=refund.currency,
                    minor=refund.amount_minor,
                    reference=refund.id,
                    now=now,
                )
    for refund in fetched.refunds:
        _follow(rows[refund.id], refund, now=now)
    return topup


def _row(topup: TopUp, refund: StripeRefund, *, now: datetime) -> Refund:
    """Return the locked row of a refund at Stripe, made now if it was made there."""
    rows = Refund.objects.select_for_update().filter(topup=topup)
    row = rows.filter(stripe_refund_id=refund.id).first()
    if row is None and (own := refund.metadata.get("refund_id")):
        row = rows.filter(id=own, stripe_refund_id=None, gross_minor=refund.amount_minor).first()
    if row is not None:
        return row
    return Refund.objects.create(
        organisation_id=topup.organisation_id,
        topup=topup,
        gross_minor=refund.amount_minor,
        currency=refund.currency,
        reason=said.AT_STRIPE,
        stripe_refund_id=refund.id,
        created_at=now,
        sent_at=now,
    )


def _vat_book(topup: TopUp, row: Refund, refund: StripeRefund, *, now: datetime) -> None:
    if row.kind == Kind.VAT:
        vat_refund_paid(
            topup_id=topup.id,
            currency=refund.currency,
            minor=refund.amount_minor,
            reference=refund.id,
            now=now,
        )


def _follow(row: Refund, refund: StripeRefund, *, now: datetime) -> None:
    """Let the row say what Stripe says, never going back, and tell the customer what is new."""
    state = STATES.get(refund.status, State.PENDING)
    known = row.stripe_refund_id == refund.id and ORDER[State(row.state)] >= ORDER[state]
    if known and row.bounced == (row.state == State.FAILED and refund.returned):
        return
    if row.repaid_at is not None:
        raise Parked("A refund that was paid another way has news at Stripe.", topup_id=row.topup_id)
    row.stripe_refund_id, row.sent_at, row.parked_reason = refund.id, row.sent_at or now, ""
    row.state, row.ended_at, row.failure = state, None if state == State.PENDING else now, ""
    if state == State.FAILED:
        row.failure, row.bounced = refund.failure or refund.status, refund.returned
        if not refund.moved and row.kind == Kind.CREDITS:
            reservation_cancel(row, now=now)
    row.save()
    refund_record(row, {State.PENDING: "sent", State.SUCCEEDED: "sent"}.get(State(state), "failed"), now=now)
    refund_mail(row)


def reservation_cancel(row: Refund, *, now: datetime) -> None:
    """Free the credits of a refund that will not be made; one that was booked meanwhile stays booked."""
    if Reversal.objects.filter(key=row.key, state=Reversal.State.OPEN).exists():
        refund_cancel(key=row.key, now=now)


def refund_record(row: Refund, verb: str, *, now: datetime, actor: Actor | None = None) -> None:
    """Write what happened to the refund into the organisation's trail."""
    audit_record(
        organisation_id=row.organisation_id,
        actor=actor or Actor.system(),
        act=f"refund.{verb}",
        subject=f"refund:{row.id}",
        after={
            "topup": str(row.topup_id),
            "kind": row.kind,
            "state": row.state,
            "gross_minor": row.gross_minor,
            "currency": row.currency,
            "reason": row.reason,
            "failure": row.failure,
        },
        now=now,
    )
