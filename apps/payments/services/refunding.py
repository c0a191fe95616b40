"""Acts of a refund: wanted by staff, by an approval or by VIES; sent once; looked up after a crash; given up.

Nothing here speaks to Stripe while a transaction is open: `refund_want` writes the row and promises the sending.
"""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.selectors import wallet
from apps.billing.services import refund_limit, refund_offer, refund_repaid, refund_reserve
from apps.core.errors import AppError, Conflict, NotFound
from apps.core.ids import uuid7
from apps.core.languages import plainly
from apps.core.money import credits_text, fiat_text
from apps.core.queue import enqueue
from apps.organisations.models import Approval
from apps.organisations.sentences import CREDITS
from apps.organisations.services import Actor, approval_request
from apps.payments import gateway
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.gateway import StripeRefund
from apps.payments.models import Refund, TopUp
from apps.payments.services.refunds import refund_apply, refund_fetch, refund_record, reservation_cancel
from apps.payments.services.topups import PLATFORM, topup_lock

State, Kind = Refund.State, Refund.Kind
KEY_LASTS = timedelta(
    hours=23
)  # Stripe forgets an idempotency key after 24: from then on a repeat would pay twice
APPROVAL_DAYS = timedelta(days=7)


class RefundInvalid(AppError):
    """What was asked for is no refund."""

    code = "refund_invalid"


def refund_start(
    *,
    topup_id: uuid.UUID,
    gross_minor: int | None,
    reason: str,
    actor: Actor,
    now: datetime,
    refund_id: uuid.UUID | None = None,
) -> Refund | Approval:
    """Send money of a paid top-up back: by default its unspent credits at their own price.

    A repeat with the same `refund_id` gives the same refund. More than the default is a request that another member
    of staff must approve. Raises NotFound, RefundInvalid,
    ReversalRefused for more than is left of the top-up, NobodyToApprove.
    """
    topup = _paid(topup_id)
    reason = refund_reason(reason)
    made = Refund.objects.filter(id=refund_id, topup=topup).first() if refund_id else None
    if made is not None:
        return made
    offer = refund_offer(topup_id=topup.id).gross_minor
    gross = offer if gross_minor is None else gross_minor
    if gross <= 0:
        raise RefundInvalid(
            _("Nothing of this top-up is unspent; name the amount to give back more, and why.")
            if gross_minor is None
            else _("Give back an amount above 0, or leave it empty for all that is unspent.")
        )
    if gross <= offer:
        return refund_want(
            topup_id=topup.id, gross_minor=gross, reason=reason, actor=actor, now=now, refund_id=refund_id
        )
    return _ask(topup, gross, offer, reason=reason, actor=actor, now=now)


def _ask(topup: TopUp, gross: int, offer: int, *, reason: str, actor: Actor, now: datetime) -> Approval:
    currency, limit = topup.quote.currency, refund_limit(topup_id=topup.id).gross_minor
    if gross > limit:
        raise RefundInvalid(
            _("%(limit)s is left of this top-up; no more can go back.") % {"limit": fiat_text(limit, currency)}
        )
    with plainly():
        told = {"gross": fiat_text(gross, currency), "total": fiat_text(topup.quote.total_minor, currency)}
        told["more"], unspent = fiat_text(gross - offer, currency), fiat_text(offer, currency)
        left = CREDITS % {"credits": credits_text(wallet(topup.organisation_id).available_micro)}
    return approval_request(
        organisation_id=topup.organisation_id,
        kind="refund",
        subject=f"topup:{topup.id}",
        amount_micro=None,
        worst_case=said.MORE_BACK % told,
        reason=reason,
        requester=None,
        actor=actor,
        facts={
            "topup_id": str(topup.id),
            "gross_minor": gross,
            "exceed": True,
            "lines": [
                [said.TOPUP, str(topup.id)],
                [said.BACK, told["gross"]],
                [said.UNSPENT, unspent],
                [said.BALANCE, left],
            ],
        },
        deadline=now + APPROVAL_DAYS,
        now=now,
    )


def refund_approved(*, approval: Approval, now: datetime) -> str:
    """Want the refund that was approved, in the approving transaction; it is sent afterwards.

    Returns "refund:<id>". Raises NotFound, ReversalRefused when less is left of the top-up by now.
    """
    actor = Actor.system() if approval.requester is None else Actor.person(approval.requester)
    refund = refund_want(
        topup_id=uuid.UUID(approval.facts["topup_id"]),
        gross_minor=int(approval.facts["gross_minor"]),
        reason=approval.reason or said.ASKED,
        actor=actor,
        exceed=bool(approval.facts["exceed"]),
        now=now,
    )
    return refund.key


def refund_want(
    *,
    topup_id: uuid.UUID,
    gross_minor: int,
    reason: str,
    actor: Actor,
    now: datetime,
    exceed: bool = False,
    refund_id: uuid.UUID | None = None,
) -> Refund:
    """Write the refund, freeze its credits and promise its sending, all in one transaction.

    Raises NotFound, and ReversalRefused with the most that may go back.
    """
    topup = _paid(topup_id)
    with transaction.atomic():
        topup_lock(topup.id)  # before the books, in the order of whoever applies Stripe's news
        made = Refund.objects.filter(id=refund_id).first() if refund_id else None
        if made is not None:  # a twin of the same form was faster
            return made
        refund = Refund(
            id=refund_id or uuid7(),
            organisation_id=topup.organisation_id,
            topup=topup,
            gross_minor=gross_minor,
            currency=topup.quote.currency,
            reason=reason[:200],
            made_by=actor.user,
            created_at=now,
        )
        refund_reserve(
            topup_id=topup.id, gross_minor=gross_minor, key=refund.key, reason=reason, exceed=exceed, now=now
        )
        refund.save(force_insert=True)
        refund_record(refund, "wanted", actor=actor, now=now)
        enqueue("payments.refund_send", refund_id=str(refund.id))
    return refund


def vat_refund_want(*, topup_id: uuid.UUID, currency: str, minor: int, now: datetime) -> Refund:
    """Want the VAT of a top-up sent back, which VIES has made owed; a repeat changes nothing."""
    topup = _paid(topup_id)
    with transaction.atomic():
        refund, made = Refund.objects.get_or_create(
            topup=topup,
            kind=Kind.VAT,
            defaults={
                "organisation_id": topup.organisation_id,
                "gross_minor": minor,
                "currency": currency,
                "reason": said.VAT_CONFIRMED,
                "created_at": now,
            },
        )
        if made:
            refund_record(refund, "wanted", now=now)
            enqueue("payments.refund_send", refund_id=str(refund.id))
    return refund


def refund_send(*, refund_id: uuid.UUID, now: datetime) -> None:
    """Send a wanted refund to Stripe, once, and book what Stripe says of it; safe to repeat after any crash.

    A day after it was first sent Stripe is never asked for it again, only whether it is there; if not, a person
    decides, as about what does not fit. Raises gateway.StripeUnavailable to be tried again.
    """
    with transaction.atomic():
        refund = Refund.objects.select_for_update(of=("self",)).select_related("topup").get(id=refund_id)
        if refund.state != State.WANTED or refund.parked_reason:
            return
        refund.sent_at = refund.sent_at or now
        refund.save(update_fields=["sent_at"])
    late = now - refund.sent_at > KEY_LASTS
    try:
        found = _find(refund) if late else _create(refund)
    except gateway.StripeRefused as refusal:
        found = _find(refund)
        if found is None:
            _refused(refund, refusal.message, now=now)
            return
    if found is None:
        _park(refund, "Stripe was asked a day ago and has no such refund: give it up, and make a new one.")
        return
    try:
        fetched = refund_fetch({"object": "refund", "charge": found.charge})
        with transaction.atomic():
            refund_apply(fetched, now=now)
    except Parked as parked:
        _park(refund, parked.reason)


def _create(refund: Refund) -> StripeRefund:
    marks = {"platform": PLATFORM, "environment": settings.ENVIRONMENT, "topup_id": str(refund.topup_id)}
    return gateway.refund_create(
        key=refund.key,
        payment_intent=refund.topup.payment_intent or "",
        amount_minor=refund.gross_minor,
        metadata=marks | {"refund_id": str(refund.id), "kind": refund.kind},
    )


def _find(refund: Refund) -> StripeRefund | None:
    return gateway.refund_find(payment_intent=refund.topup.payment_intent or "", refund_id=str(refund.id))


def _refused(refund: Refund, words: str, *, now: datetime) -> None:
    """End a refund that Stripe will not make: its credits are free again; VAT stays owed."""
    with transaction.atomic():
        row = _locked(refund.id)
        if row.state != State.WANTED:
            return
        row.state, row.failure, row.ended_at, row.parked_reason = State.FAILED, words[:300], now, ""
        row.save()
        if row.kind == Kind.CREDITS:
            reservation_cancel(row, now=now)
        refund_record(row, "failed", now=now)


def _park(refund: Refund, reason: str) -> None:
    Refund.objects.filter(id=refund.id, state=State.WANTED).update(parked_reason=reason)


def refund_give_up(*, refund_id: uuid.UUID, actor: Actor, now: datetime) -> Refund:
    """End a refund that Stripe was asked for and does not have, after a person has looked; its credits are free.

    Raises NotFound, Conflict for one that is not parked.
    """
    with transaction.atomic():
        row = _locked(refund_id)
        if row.state != State.WANTED or not row.parked_reason:
            raise Conflict(_("Only a refund that waits for a person can be given up."), code="refund_not_parked")
        row.state, row.failure, row.ended_at, row.parked_reason = State.FAILED, said.GIVEN_UP, now, ""
        row.save()
        if row.kind == Kind.CREDITS:
            reservation_cancel(row, now=now)
        refund_record(row, "given_up", actor=actor, now=now)
    return row


def refund_pay(*, refund_id: uuid.UUID, reference: str, actor: Actor, now: datetime) -> Refund:
    """Note that a refund which failed was paid another way; `reference` is the bank's. A repeat changes nothing.

    Raises NotFound, RefundInvalid without a reference, Conflict for one of which nothing is owed.
    """
    reference = " ".join(reference.split())[:100]
    if not reference:
        raise RefundInvalid(_("Write the bank's reference of the payment."), fields={"reference": [_("Needed.")]})
    with transaction.atomic():
        row = _locked(refund_id)
        if row.repaid_at is not None and row.repaid_reference == reference:
            return row
        if not row.owed:
            raise Conflict(_("Nothing of this refund is owed to the customer."), code="refund_not_owed")
        refund_repaid(
            topup_id=row.topup_id,
            currency=row.currency,
            minor=row.gross_minor,
            key=str(row.id),
            reference=reference,
            now=now,
        )
        row.repaid_at, row.repaid_reference = now, reference
        row.save(update_fields=["repaid_at", "repaid_reference"])
        refund_record(row, "repaid", actor=actor, now=now)
    return row


def _locked(refund_id: uuid.UUID) -> Refund:
    rows = Refund.objects.select_related("organisation").filter(id=refund_id)
    topup_id = rows.values_list("topup_id", flat=True).first()
    if topup_id is None:
        raise NotFound(_("There is no such refund."))
    topup_lock(topup_id)
    return rows.select_for_update(of=("self",)).get()


def _paid(topup_id: uuid.UUID) -> TopUp:
    topup = TopUp.objects.select_related("quote").filter(id=topup_id, state=TopUp.State.PAID).first()
    if topup is None:
        raise NotFound(_("There is no such paid top-up."))
    return topup


def refund_reason(reason: str) -> str:
    """Return the reason as it is kept. Raises RefundInvalid for none, or for too long a one."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 200:
        raise RefundInvalid(_("Say why in 3 to 200 characters."), fields={"reason": [_("3 to 200 characters.")]})
    return reason
