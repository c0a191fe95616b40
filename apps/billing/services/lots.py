"""Lots: which credits are spent first, and back to which they go. Callers hold the wallet's lock."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from apps.billing import chart
from apps.billing.errors import AmountInvalid
from apps.billing.models import Hold, HoldLot, Lot
from apps.billing.services.wallets import wallet_open
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, transfer_post

PRIORITY = {Lot.Kind.PROMOTIONAL: 0, Lot.Kind.VOUCHER: 1, Lot.Kind.PAID: 2}


def lot_grant(
    *, organisation_id: uuid.UUID, kind: Lot.Kind, micro: int, key: str, now: datetime, expires_at: datetime | None
) -> Transfer:
    """Give credits (promotional or of a voucher) as a lot of their own; the same key again gives nothing.

    Raises AmountInvalid for less than 1 micro-NOS, KeyReused for the same key with another amount.
    """
    if kind == Lot.Kind.PAID or micro <= 0:
        raise AmountInvalid(
            f"{micro} micro-NOS cannot be given as a {kind.label.lower()} lot; give a positive amount."
        )
    with transaction.atomic():
        wallet_open(organisation_id)
        transfer = transfer_post(
            key=key,
            legs=[Leg(chart.available(organisation_id), micro), Leg(chart.PROMOTIONS, -micro)],
            reason="grant",
            at=now,
            details={"kind": kind.value},
        )
        if not Lot.objects.filter(transfer=transfer).exists():
            Lot.objects.create(
                organisation_id=organisation_id,
                kind=kind,
                priority=PRIORITY[kind],
                granted_micro=micro,
                remaining_micro=micro,
                transfer=transfer,
                expires_at=expires_at,
                created_at=now,
            )
    return transfer


def lots_spendable(organisation_id: uuid.UUID, *, now: datetime) -> list[Lot]:
    """Return the lots with credits left, in the order they are spent: earliest expiry, promotional, oldest."""
    return list(
        Lot.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), organisation_id=organisation_id)
        .filter(remaining_micro__gt=0)
        .order_by(F("expires_at").asc(nulls_last=True), "priority", "created_at", "id")
    )


def lots_take(hold: Hold, lots: Sequence[Lot]) -> list[HoldLot]:
    """Take the hold's amount from the lots, in their order, and keep what came from which."""
    left = hold.amount_micro
    taken: list[HoldLot] = []
    touched: list[Lot] = []
    for lot in lots:
        if not left:
            break
        amount = min(left, lot.remaining_micro)
        lot.remaining_micro -= amount
        left -= amount
        touched.append(lot)
        taken.append(HoldLot(hold=hold, lot=lot, position=len(taken), amount_micro=amount))
    if left:
        raise AmountInvalid(f"The lots are {left} micro-NOS short of the hold for {hold.source}.")
    Lot.objects.bulk_update(touched, ["remaining_micro"])
    return HoldLot.objects.bulk_create(taken)


def lots_release(hold: Hold, *, spent_micro: int) -> None:
    """Spend `spent_micro` of what the hold took, first lots first, and give the rest back to its lots."""
    shares, left = list(hold.lots.select_related("lot").order_by("position")), spent_micro
    returned = []
    for share in shares:
        spent = min(left, share.amount_micro)
        left -= spent
        if share.amount_micro > spent:
            share.released_micro = share.amount_micro - spent
            share.lot.remaining_micro += share.released_micro
            returned.append(share)
    if returned:
        HoldLot.objects.bulk_update(returned, ["released_micro"])
        Lot.objects.bulk_update([share.lot for share in returned], ["remaining_micro"])
