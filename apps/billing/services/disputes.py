"""Disputes: the customer's bank takes a payment back until it is decided whose it is.

Credits freeze at once; what of them was spent already stays as a debt, which later credits pay once the dispute is
lost. What Stripe withdraws and returns meanwhile is booked by `dispute_funds_post`, as Stripe tells it.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import AmountInvalid, ReversalEnded
from apps.billing.models import Lot, LotTake, Reversal
from apps.billing.services.lots import lots_leave, lots_legs
from apps.billing.services.reversals import (
    Share,
    lots_of_topup,
    lots_paid_besides,
    parts_of,
    reversal_begin,
    reversal_find,
    reversal_finish,
    reversal_undo,
    share_of,
    standing_of,
    topup_lot,
)
from apps.core.errors import KeyReused
from apps.core.wiring import announce
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, transfer_post


def dispute_open(*, topup_id: uuid.UUID | str, gross_minor: int, key: str, reason: str, now: datetime) -> Reversal:
    """Freeze what a disputed payment (`gross_minor`, VAT included) had bought; once per key (Stripe's dispute id).

    Taken from the top-up's own lot first, then from other paid lots, youngest first; given credits stay. What is
    spent or held by jobs becomes a debt. Beyond what refunds left of the top-up there are no credits to freeze: that
    is kept as the excess, a loss of the platform if the dispute is lost. Announces `billing.disputed`. Raises
    TopUpUnknown, AmountInvalid, KeyReused for the same key with another amount.
    """
    with transaction.atomic():
        lot = topup_lot(topup_id)
        earlier = reversal_find(key, lot, gross_minor, Reversal.Kind.DISPUTE)
        if earlier is not None:
            return earlier
        if type(gross_minor) is not int or gross_minor <= 0:
            raise AmountInvalid(_("What is disputed must be an amount above 0."))
        standing = standing_of(lot)
        within = min(gross_minor, standing.left.gross_minor)
        share = share_of(standing, within) if within else Share(0, 0, 0, 0)
        dispute = reversal_begin(
            kind=Reversal.Kind.DISPUTE,
            lot=lot,
            share=share,
            lots=[*lots_of_topup(lot), *lots_paid_besides(lot)],
            key=key,
            reason=reason,
            now=now,
            excess_minor=gross_minor - share.gross_minor,
        )
        announce("billing.disputed", reversal_id=str(dispute.id))
    return dispute


def dispute_won(*, key: str, now: datetime) -> Reversal:
    """Free the frozen credits, back to their lots, and forget the debt; a repeat changes nothing.

    Raises Reversal.DoesNotExist, ReversalEnded if it was lost.
    """
    with transaction.atomic():
        dispute = _locked(key)
        if dispute.state == Reversal.State.DONE:
            raise ReversalEnded(_("This dispute was lost before; book a later win by hand."))
        if dispute.state == Reversal.State.OPEN:
            reversal_undo(dispute, now=now)
            announce("billing.credited", organisation_id=str(dispute.organisation_id))
    return dispute


def dispute_lost(*, key: str, now: datetime) -> Reversal:
    """Take the frozen credits, undo turnover and VAT, and collect the debt from paid credits; a repeat does nothing.

    Promises the credit note and announces `billing.refunded`. Raises Reversal.DoesNotExist, ReversalEnded if it
    was won.
    """
    with transaction.atomic():
        dispute = _locked(key)
        if dispute.state == Reversal.State.UNDONE:
            raise ReversalEnded(_("This dispute was won before; book a later loss by hand."))
        if dispute.state == Reversal.State.OPEN:
            reversal_finish(dispute, fiat=chart.disputed(dispute.currency), now=now)
            debt_collect(organisation_id=dispute.organisation_id, now=now)
            dispute.refresh_from_db()
            announce("billing.refunded", reversal_id=str(dispute.id))
    return dispute


def dispute_funds_post(
    *, key: str, balance_transaction: str, amount_minor: int, fee_minor: int, now: datetime
) -> Transfer:
    """Book what Stripe moved for a dispute, in minor units, once per balance transaction of Stripe's.

    `amount_minor` is below 0 when Stripe withdraws and above when it returns, as Stripe's own amount; `fee_minor`
    is what it charges. Raises Reversal.DoesNotExist, AmountInvalid for nothing, KeyReused for other amounts.
    """
    if not amount_minor and not fee_minor:
        raise AmountInvalid(
            _("Stripe's %(balance_transaction)s moved nothing; there is nothing to book.")
            % {"balance_transaction": balance_transaction}
        )
    dispute = Reversal.objects.get(key=key, kind=Reversal.Kind.DISPUTE)
    currency = dispute.currency
    legs = [
        Leg(chart.stripe(currency), amount_minor - fee_minor, currency),
        Leg(chart.disputed(currency), -amount_minor, currency),
        Leg(chart.stripe_fees(currency), fee_minor, currency),
    ]
    return transfer_post(
        key=f"dispute:{key}:funds:{balance_transaction}",
        legs=[leg for leg in legs if leg.amount],
        reason="dispute_funds",
        at=now,
        details={"topup_id": dispute.topup_id, "dispute": key},
    )


def debt_collect(*, organisation_id: uuid.UUID, now: datetime) -> int:
    """Pay the debts of lost disputes from the organisation's paid credits; return how many micro-NOS.

    Oldest debt first, youngest credits first. The caller has locked the wallet. Given credits pay no debts.
    """
    debts = Reversal.objects.filter(
        organisation_id=organisation_id,
        kind=Reversal.Kind.DISPUTE,
        state=Reversal.State.DONE,
        repaid_micro__lt=F("spent_micro"),
    ).order_by("opened_at", "id")
    collected = 0
    for debt in debts:
        lots = Lot.objects.filter(
            organisation_id=organisation_id, project=None, kind=Lot.Kind.PAID, remaining_micro__gt=0
        ).order_by("-created_at", "-id")
        parts = parts_of(list(lots), debt.spent_micro - debt.repaid_micro)
        amount = sum(part for _unused, part in parts)
        if not amount:
            break
        transfer = transfer_post(
            key=f"reversal:{debt.id}:collect:{debt.repaid_micro}",
            legs=[*lots_legs(parts, -1), Leg(chart.owed(organisation_id), amount)],
            reason="debt",
            at=now,
            details={"topup_id": debt.topup_id},
        )
        lots_leave(parts, transfer=transfer, reason=LotTake.Reason.DEBT, reversal=debt)
        debt.repaid_micro += amount
        debt.save(update_fields=["repaid_micro"])
        collected += amount
    return collected


def _locked(key: str) -> Reversal:
    topup_lot(Reversal.objects.get(key=key).topup_id)
    dispute = Reversal.objects.get(key=key)
    if dispute.kind != Reversal.Kind.DISPUTE:
        raise KeyReused(_("“%(key)s” is a refund, not a dispute.") % {"key": key})
    return dispute
