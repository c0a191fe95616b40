"""Lots: which credits are spent first, and back to which they go. Callers hold the wallet's lock."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from apps.billing import chart, sql
from apps.billing.errors import AmountInvalid
from apps.billing.models import Hold, HoldLot, Lot, LotTake, Reversal
from apps.billing.services.balances import balance_fell
from apps.billing.services.wallets import wallet_open
from apps.core.wiring import announce
from apps.core.words import in_sentence
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, Posting, transfer_post, transfer_post_many
from apps.ledger.services.transfers import LIMIT

PRIORITY = {Lot.Kind.PROMOTIONAL: 0, Lot.Kind.VOUCHER: 1, Lot.Kind.PAID: 2}

Part = tuple[Lot, int]  # a lot, and how many of its micro-NOS an act is about


def lot_grant(
    *, organisation_id: uuid.UUID, kind: Lot.Kind, micro: int, key: str, now: datetime, expires_at: datetime | None
) -> Transfer:
    """Give credits (promotional or of a voucher) as a lot of their own; the same key again gives nothing.

    Raises AmountInvalid for less than 1 micro-NOS or more than the books hold, KeyReused for the same key with
    another amount.
    """
    if kind == Lot.Kind.PAID or type(micro) is not int or not 0 < micro <= LIMIT:
        raise AmountInvalid(
            _("A %(kind)s lot of %(micro)s micro-NOS cannot be given; give a whole number from 1 to %(limit)s.")
            % {"kind": in_sentence(kind.label), "micro": micro, "limit": LIMIT}
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
            announce("billing.credited", organisation_id=str(organisation_id))
    return transfer


def lots_spendable(organisation_id: uuid.UUID, *, now: datetime, project_id: uuid.UUID | None = None) -> list[Lot]:
    """Return the lots with credits left that the project's jobs may use, in the order they are spent.

    The project's pot first; then earliest expiry, promotional before voucher before paid, oldest.
    """
    mine = Q(project_id=None) | Q(project_id=project_id) if project_id else Q(project_id=None)
    return list(
        Lot.objects.filter(mine, Q(expires_at=None) | Q(expires_at__gt=now), organisation_id=organisation_id)
        .filter(remaining_micro__gt=0)
        .order_by(
            F("project_id").asc(nulls_last=True),
            F("expires_at").asc(nulls_last=True),
            "priority",
            "created_at",
            "id",
        )
    )


def lots_choose(lots: Iterable[Lot], micro: int) -> list[Part]:
    """Return what to take of which lots, in their order, for an amount. Raises AmountInvalid if they are short."""
    left, parts = micro, []
    for lot in lots:
        if not left:
            break
        amount = min(left, lot.remaining_micro)
        if amount:
            parts.append((lot, amount))
            left -= amount
    if left:
        raise AmountInvalid(
            _("The lots are %(left)s micro-NOS short of %(micro)s.") % {"left": left, "micro": micro}
        )
    return parts


def lots_legs(parts: Iterable[Part], sign: int) -> list[Leg]:
    """Return the legs into (`sign` 1) or out of (-1) the accounts where the lots stand, added up by account."""
    sums: Counter[str] = Counter()
    for lot, amount in parts:
        sums[lot_account(lot)] += sign * amount
    return [Leg(code, amount) for code, amount in sums.items() if amount]


def lot_account(lot: Lot) -> str:
    """Return the account where the lot's credits stand: its project's pot, or what is available."""
    if lot.project_id is None:
        return chart.available(lot.organisation_id)
    return chart.pot(lot.organisation_id, lot.project_id)


def lots_take(hold: Hold, parts: Sequence[Part], *, left_micro: int, position: int = 0) -> list[HoldLot]:
    """Take the parts from their lots for the hold, and keep what came from which, from `position` on.

    `left_micro` is what the project's jobs can use afterwards; who watches the balance hears of it.
    """
    for lot, amount in parts:
        lot.remaining_micro -= amount
    _lots_save(lot for lot, _unused in parts)
    balance_fell(hold.organisation_id, available_micro=left_micro)
    return HoldLot.objects.bulk_create(
        HoldLot(hold=hold, lot=lot, position=place, amount_micro=amount)
        for place, (lot, amount) in enumerate(parts, start=position)
    )


def lots_unspent(spent: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, list[tuple[HoldLot, int]]]:
    """Return what goes back to each hold's lots when so much of it (by its id) is spent, first lots first.

    One query for all; shares of one lot share the lot.
    """
    lots: dict[uuid.UUID, Lot] = {}
    left = dict(spent)
    back: dict[uuid.UUID, list[tuple[HoldLot, int]]] = {hold_id: [] for hold_id in spent}
    for share in HoldLot.objects.filter(hold__in=spent).select_related("lot").order_by("hold_id", "position"):
        share.lot = lots.setdefault(share.lot_id, share.lot)
        kept = min(left[share.hold_id], share.amount_micro)
        left[share.hold_id] -= kept
        if share.amount_micro > kept:
            back[share.hold_id].append((share, share.amount_micro - kept))
    return back


def lots_release(back: Sequence[tuple[HoldLot, int]], *, now: datetime) -> None:
    """Give the shares back to their lots; what comes back to a lot that has expired expires at once."""
    if not back:
        return
    with connection.cursor() as cursor:
        params = {"ids": [share.pk for share, _unused in back], "amounts": [amount for _unused, amount in back]}
        cursor.execute(sql.SHARES_RELEASE, params)
    lots_return([(share.lot, amount) for share, amount in back], now=now)


def lots_return(parts: Sequence[Part], *, now: datetime) -> None:
    """Add the parts to what remains of their lots; in a lot that has expired they expire at once."""
    for lot, amount in parts:
        lot.remaining_micro += amount
    lots = list({lot.id: lot for lot, _unused in parts}.values())
    _lots_save(lots)
    lots_end([lot for lot in lots if lot.expires_at is not None and lot.expires_at <= now], now=now)


def _lots_save(lots: Iterable[Lot]) -> None:
    """Write what remains of the lots; one statement, plain, for a hold and its end each do it once."""
    remaining = {lot.id: lot.remaining_micro for lot in lots}
    with connection.cursor() as cursor:
        cursor.execute(sql.LOTS_SAVE, {"ids": list(remaining), "remaining": list(remaining.values())})


def lots_leave(
    parts: Sequence[Part], *, transfer: Transfer, reason: LotTake.Reason, reversal: Reversal | None = None
) -> None:
    """Take the parts from their lots in another way than by a hold, as the transfer says."""
    for lot, amount in parts:
        lot.remaining_micro -= amount
    _lots_save(lot for lot, _unused in parts)
    LotTake.objects.bulk_create(
        LotTake(lot=lot, transfer=transfer, reason=reason, amount_micro=amount, reversal=reversal)
        for lot, amount in parts
    )


def lots_end(lots: Sequence[Lot], *, now: datetime) -> int:
    """Post that what remains of the lots has expired; return how many micro-NOS. The caller has locked the wallet.

    Credits that were given go back to promotions; those that were paid for stay the platform's.
    """
    lots = [lot for lot in lots if lot.remaining_micro]
    if not lots:
        return 0
    before = _expired_before(lots)
    transfers = transfer_post_many([_expiry(lot, before.get(lot.id, 0), now=now) for lot in lots])
    total = 0
    for lot, transfer in zip(lots, transfers, strict=True):
        total += lot.remaining_micro
        lots_leave([(lot, lot.remaining_micro)], transfer=transfer, reason=LotTake.Reason.EXPIRED)
    return total


def _expired_before(lots: Sequence[Lot]) -> dict[uuid.UUID, int]:
    """Return what expired of the lots before: credits held at a lot's end come back to it later, again and again."""
    takes = LotTake.objects.filter(lot__in=lots, reason=LotTake.Reason.EXPIRED)
    return dict(takes.values("lot_id").annotate(sum=Sum("amount_micro")).values_list("lot_id", "sum"))


def _expiry(lot: Lot, expired_before: int, *, now: datetime) -> Posting:
    other = chart.EXPIRED if lot.kind == Lot.Kind.PAID else chart.PROMOTIONS
    return Posting(
        key=f"lot:{lot.id}:expired:{expired_before}",
        legs=[Leg(lot_account(lot), -lot.remaining_micro), Leg(other, lot.remaining_micro)],
        reason="expired",
        at=now,
        details={"kind": lot.kind, "lot": str(lot.id)},
    )
