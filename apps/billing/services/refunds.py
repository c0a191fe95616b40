"""Refunds of top-ups: reserved before Stripe is asked, booked when Stripe says what it did.

1. `refund_reserve` freezes the credits, so that nobody spends them meanwhile.  2. Stripe is asked, under the key
`refund:<id>`.  3. `topup_refund` books what Stripe says was refunded in all; or `refund_cancel` frees the credits.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import ReversalEnded, ReversalRefused
from apps.billing.models import Lot, Reversal
from apps.billing.services.reversals import (
    Share,
    Standing,
    lots_of_topup,
    reversal_begin,
    reversal_find,
    reversal_finish,
    reversal_undo,
    share_of,
    standing_of,
    standings_of,
    topup_lot,
)
from apps.core.errors import KeyReused
from apps.core.money import fiat_text
from apps.core.wiring import announce
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_open, transfer_post


def refund_offer(*, topup_id: uuid.UUID | str) -> Share:
    """Return the most that may be refunded by default: the top-up's unspent credits at their own price.

    All of what is left when nothing is spent, so that the last refund takes the remainder; all 0 when all is
    spent. Raises TopUpUnknown.
    """
    with transaction.atomic():
        return _offer(topup_lot(topup_id))


def refund_looks(*, topup_ids: Collection[uuid.UUID]) -> dict[str, Share]:
    """Return what `refund_offer` would, by top-up, without locks: for pages. Four queries, however many are asked of.

    A top-up that gave no credits is not among them.
    """
    return {
        str(standing.lot.topup_id): _offered(standing)
        for standing in standings_of(Lot.objects.filter(topup_id__in=[str(topup_id) for topup_id in topup_ids]))
    }


def refund_limit(*, topup_id: uuid.UUID | str) -> Share:
    """Return the most that may be refunded at all: what has not gone back yet. Raises TopUpUnknown."""
    with transaction.atomic():
        return standing_of(topup_lot(topup_id)).left


def refund_reserve(
    *,
    topup_id: uuid.UUID | str,
    gross_minor: int,
    key: str,
    reason: str,
    now: datetime,
    exceed: bool = False,
) -> Reversal:
    """Freeze the credits of a refund of `gross_minor` (VAT included) until Stripe has answered; once per key.

    With `exceed`, more may go back than the unspent credits cost: the platform gives the rest as goodwill. Who may
    do that is the caller's rule. Raises TopUpUnknown, AmountInvalid, ReversalRefused with the most that may go
    back, KeyReused for the same key with another amount.
    """
    with transaction.atomic():
        lot = topup_lot(topup_id)
        earlier = reversal_find(key, lot, gross_minor, Reversal.Kind.REFUND)
        if earlier is not None:
            return earlier
        standing = standing_of(lot)
        share, offer = share_of(standing, gross_minor), _offered(standing)
        if gross_minor > offer.gross_minor and not exceed:
            raise ReversalRefused(
                _(
                    "At most %(gross)s can be refunded: the rest of this top-up's credits are spent or held by "
                    "jobs."
                )
                % {"gross": fiat_text(offer.gross_minor, lot.currency)},
                fields={
                    "amount": [_("At most %(gross)s.") % {"gross": fiat_text(offer.gross_minor, lot.currency)}]
                },
            )
        return _reserve(lot, share, key=key, reason=reason, now=now)


def refund_cancel(*, key: str, now: datetime) -> Reversal:
    """Free the credits of a refund that Stripe did not make; a repeat changes nothing.

    Raises Reversal.DoesNotExist, ReversalEnded if it was booked.
    """
    with transaction.atomic():
        reversal = _locked(key)
        if reversal.state == Reversal.State.DONE:
            raise ReversalEnded(_("This refund was booked before; it cannot be cancelled any more."))
        if reversal.state == Reversal.State.OPEN:
            reversal_undo(reversal, now=now)
    return reversal


def topup_refund(
    *,
    topup_id: uuid.UUID | str,
    refunded_minor: int,
    now: datetime,
    known: Collection[str] | None = None,
) -> list[Reversal]:
    """Book that `refunded_minor` of the top-up, in all and VAT included, were refunded; return what was new.

    The amount is cumulative, as Stripe tells it: repeats and old news change nothing. Reserved refunds that fit are
    booked first (of those alone that are `known`, by their keys, if it is given); what nobody reserved (a refund
    made at Stripe itself) is booked as one of its own. VAT that went back by `vat_refund_paid` is no part of the
    amount. Each promises its credit note and announces `billing.refunded`. Raises TopUpUnknown, ReversalRefused for
    more than was paid.
    """
    with transaction.atomic():
        lot = topup_lot(topup_id)
        refunds = Reversal.objects.filter(lot=lot, kind=Reversal.Kind.REFUND)
        done = sum(row.gross_minor for row in refunds.filter(state=Reversal.State.DONE))
        left, booked = refunded_minor - done, []
        for refund in refunds.filter(state=Reversal.State.OPEN).order_by("opened_at", "id"):
            if refund.gross_minor <= left and (known is None or refund.key in known):
                left -= refund.gross_minor
                booked.append(refund)
        if left > 0:
            key = f"topup:{lot.topup_id}:refunded:{refunded_minor}"
            booked.append(
                _reserve(lot, share_of(standing_of(lot), left), key=key, reason="Refunded at Stripe", now=now)
            )
        for refund in booked:
            _book(refund, now=now)
    return booked


def refund_bounced(
    *, topup_id: uuid.UUID | str, currency: str, minor: int, reference: str, now: datetime
) -> Transfer:
    """Book that the customer's bank sent a refund back to Stripe, once per reference (Stripe's refund).

    It is owed to the customer again; the credits it took stay taken, and its credit note stands. Raises KeyReused
    for the same reference with another amount.
    """
    accounts_open(chart.platform_accounts())
    return transfer_post(
        key=f"refund-bounced:{reference}",
        legs=[Leg(chart.stripe(currency), minor, currency), Leg(chart.refunds_due(currency), -minor, currency)],
        reason="refund_bounced",
        at=now,
        details={"topup_id": str(topup_id), "reference": reference},
    )


def refund_repaid(
    *, topup_id: uuid.UUID | str, currency: str, minor: int, key: str, reference: str, now: datetime
) -> Transfer:
    """Book that what was owed to a customer went to them from the bank, once per key; `reference` is the bank's.

    Raises KeyReused for the same key with another amount.
    """
    return transfer_post(
        key=f"refund-repaid:{key}",
        legs=[Leg(chart.refunds_due(currency), minor, currency), Leg(chart.bank(currency), -minor, currency)],
        reason="refund_repaid",
        at=now,
        details={"topup_id": str(topup_id), "reference": reference},
    )


def _offer(lot: Lot) -> Share:
    return _offered(standing_of(lot))


def _offered(standing: Standing) -> Share:
    total, before, left, unspent = standing.total, standing.before, standing.left, standing.unspent_micro
    if unspent >= left.credits_micro:
        gross = left.gross_minor
    elif left.vat_minor:
        gross = total.gross_minor * (before.credits_micro + unspent) // total.credits_micro - before.gross_minor
    else:
        gross = left.gross_minor * unspent // left.credits_micro
    return share_of(standing, gross) if gross > 0 else Share(0, 0, 0, 0)


def _reserve(lot: Lot, share: Share, *, key: str, reason: str, now: datetime) -> Reversal:
    return reversal_begin(
        kind=Reversal.Kind.REFUND,
        lot=lot,
        share=share,
        lots=lots_of_topup(lot),
        key=key,
        reason=reason,
        now=now,
    )


def _book(refund: Reversal, *, now: datetime) -> None:
    reversal_finish(refund, fiat=chart.stripe(refund.currency), now=now)
    announce("billing.refunded", reversal_id=str(refund.id))


def _locked(key: str) -> Reversal:
    topup_lot(Reversal.objects.get(key=key).topup_id)
    reversal = Reversal.objects.get(key=key)
    if reversal.kind != Reversal.Kind.REFUND:
        raise KeyReused(_("“%(key)s” is a dispute, not a refund.") % {"key": key})
    return reversal
