"""What refunds and disputes have in common: how much goes back, from which lots, and how it ends in the books.

Amounts are cumulative: what one reversal takes is the whole of the top-up up to and with it, less what the earlier
ones took. So no rounding adds up, and the one that completes the top-up takes the remainder.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid, ReversalRefused, TopUpUnknown
from apps.billing.models import InvoiceDue, Lot, LotTake, Reversal
from apps.billing.services.balances import balance_fell
from apps.billing.services.credit_notes import credit_note_due, creditable, invoice_due_locked
from apps.billing.services.lots import Part, lots_leave, lots_legs, lots_return
from apps.billing.services.vat_checks import replacement_promise
from apps.billing.services.wallets import wallet_open
from apps.core.errors import KeyReused
from apps.core.money import fiat_text
from apps.ledger.models import Transfer
from apps.ledger.selectors import balance
from apps.ledger.services import Leg, accounts_lock, accounts_open, transfer_post


@dataclass(frozen=True)
class Share:
    """A part of a top-up: fiat in minor units, and the credits (micro-NOS) it had bought."""

    gross_minor: int
    net_minor: int
    vat_minor: int
    credits_micro: int


def topup_lot(topup_id: uuid.UUID | str) -> Lot:
    """Return the lot that the top-up brought, with its organisation's purses locked. Raises TopUpUnknown."""
    lot = Lot.objects.filter(topup_id=str(topup_id)).first()
    if lot is None:
        raise TopUpUnknown(
            _("No credits were given for the top-up %(topup_id)s; check its id.") % {"topup_id": topup_id}
        )
    wallet_open(lot.organisation_id)
    pots = Lot.objects.filter(organisation_id=lot.organisation_id).exclude(project=None)
    codes = [chart.pot(lot.organisation_id, found) for found in set(pots.values_list("project_id", flat=True))]
    own = (chart.available, chart.frozen, chart.owed)
    accounts_lock([*codes, *(account(lot.organisation_id) for account in own)])
    lot.refresh_from_db()
    return lot


@dataclass(frozen=True)
class Standing:
    """A top-up's lot with what of it went back or is frozen to, what is left, and the unspent micro-NOS."""

    lot: Lot
    before: Share
    left: Share
    unspent_micro: int

    @property
    def total(self) -> Share:
        """Return the whole top-up."""
        return total_of(self.lot)


def total_of(lot: Lot) -> Share:
    """Return the whole top-up."""
    net, vat = lot.net_minor or 0, lot.vat_minor or 0
    return Share(net + vat, net, vat, lot.granted_micro)


def standing_of(lot: Lot) -> Standing:
    """Return how one top-up stands; where money is to move, its purses must be locked (`topup_lot`)."""
    return standings_of([lot])[0]


def standings_of(lots: Iterable[Lot]) -> list[Standing]:
    """Return how the top-ups stand that brought these lots. Three queries beside that of the lots, however many."""
    found = list(lots)
    before, unspent = _reversed_before(found), _unspent(found)
    topups = [lot.topup_id for lot in found]
    replaced = set(
        InvoiceDue.objects.filter(topup_id__in=topups, replaces__isnull=False).values_list("topup_id", flat=True)
    )
    standings = []
    for lot in found:
        total, gone = total_of(lot), before.get(lot.id, Share(0, 0, 0, 0))
        net = total.net_minor - gone.net_minor
        # VAT that a confirmed VAT id returned is not left.
        vat = 0 if lot.topup_id in replaced else total.vat_minor - gone.vat_minor
        left = Share(net + vat, net, vat, total.credits_micro - gone.credits_micro)
        standings.append(Standing(lot, gone, left, unspent.get(lot.id, 0)))
    return standings


def _reversed_before(lots: Sequence[Lot]) -> dict[uuid.UUID, Share]:
    """Return what refunds and disputes of each have taken or frozen so far."""
    rows = Reversal.objects.filter(lot__in=lots).exclude(state=Reversal.State.UNDONE).order_by().values("lot_id")
    sums = rows.annotate(
        gross=Sum("gross_minor"), net=Sum("net_minor"), vat=Sum("vat_minor"), credits=Sum("credits_micro")
    )
    return {row["lot_id"]: Share(row["gross"], row["net"], row["vat"], row["credits"]) for row in sums}


def _unspent(lots: Sequence[Lot]) -> dict[uuid.UUID, int]:
    """Return what is unspent of each, its parts in pots of the same organisation included."""
    parts = Q(id__in=[lot.id for lot in lots]) | Q(origin__in=lots, organisation=F("origin__organisation"))
    rows = Lot.objects.filter(parts, remaining_micro__gt=0).order_by()
    whole = {lot.id for lot in lots}
    found: Counter[uuid.UUID] = Counter()
    for lot_id, origin_id, remaining in rows.values_list("id", "origin_id", "remaining_micro"):
        found[lot_id if lot_id in whole else origin_id] += remaining
    return found


def share_of(standing: Standing, gross_minor: int) -> Share:
    """Return what the next `gross_minor` of the top-up consist of.

    VAT is rounded half up, credits up (to the platform, by less than one micro-NOS), both on the cumulative amount.
    Raises AmountInvalid for an amount that is none, ReversalRefused for more than is left of the top-up.
    """
    total, before, left = standing.total, standing.before, standing.left
    if type(gross_minor) is not int or gross_minor <= 0:
        raise AmountInvalid(_("What goes back must be an amount above 0."))
    if gross_minor > left.gross_minor:
        text = fiat_text(left.gross_minor, standing.lot.currency)
        raise ReversalRefused(_("%(text)s is left of this top-up; no more can go back.") % {"text": text})
    if not left.vat_minor:  # there never was any, or a confirmed VAT id has returned it
        return Share(gross_minor, gross_minor, 0, -(-left.credits_micro * gross_minor // left.gross_minor))
    cumulative = before.gross_minor + gross_minor
    vat = (2 * total.vat_minor * cumulative + total.gross_minor) // (2 * total.gross_minor) - before.vat_minor
    vat = max(0, min(vat, gross_minor))
    credits = -(-total.credits_micro * cumulative // total.gross_minor) - before.credits_micro
    return Share(gross_minor, gross_minor - vat, vat, max(0, credits))


def credit_note_promise(reversal: Reversal, *, now: datetime) -> None:
    """Promise the credit note of a reversal that is done, over what can still be credited of the invoice."""
    net_left, vat_left = creditable(invoice_due_locked(reversal.topup_id))
    net, vat = min(reversal.net_minor, net_left), min(reversal.vat_minor, vat_left)
    if net or vat:
        credit_note_due(
            topup_id=reversal.topup_id,
            net_minor=net,
            vat_minor=vat,
            key=f"reversal:{reversal.id}",
            now=now,
            reason={Reversal.Kind.REFUND: said.REFUNDED, Reversal.Kind.DISPUTE: said.DISPUTED}[
                Reversal.Kind(reversal.kind)
            ],
        )


def reversal_find(key: str, lot: Lot, gross_minor: int, kind: Reversal.Kind) -> Reversal | None:
    """Return the reversal that has this key already. Raises KeyReused if it is another one."""
    earlier = Reversal.objects.filter(key=key).first()
    if earlier is None:
        return None
    told = (earlier.lot_id, earlier.gross_minor + earlier.excess_minor, earlier.kind)
    if told != (lot.id, gross_minor, kind):
        raise KeyReused(
            _("“%(key)s” is already a %(kind)s of another amount or top-up; use a new key.")
            % {"key": key, "kind": earlier.kind}
        )
    return earlier


def parts_of(lots: Sequence[Lot], micro: int) -> list[Part]:
    """Return what can be taken of the lots, in their order, up to an amount; less where they have less."""
    left, parts = micro, []
    for lot in lots:
        amount = min(left, lot.remaining_micro)
        if amount:
            parts.append((lot, amount))
            left -= amount
    return parts


def lots_of_topup(lot: Lot) -> list[Lot]:
    """Return the top-up's lot and its parts in pots of the same organisation, the lot itself first."""
    mine = Q(id=lot.id) | Q(origin=lot, organisation_id=lot.organisation_id)
    found = Lot.objects.filter(mine, remaining_micro__gt=0)
    return sorted(found, key=lambda part: (part.id != lot.id, part.created_at, part.id))


def lots_paid_besides(lot: Lot) -> list[Lot]:
    """Return the organisation's other paid lots with credits left, youngest first."""
    others = _paid_lots(lot.organisation_id).exclude(Q(id=lot.id) | Q(origin=lot))
    return list(others.filter(remaining_micro__gt=0).order_by("-created_at", "-id"))


def _paid_lots(organisation_id: uuid.UUID) -> QuerySet[Lot]:
    return Lot.objects.filter(organisation_id=organisation_id, kind=Lot.Kind.PAID)


def reversal_begin(
    *,
    kind: Reversal.Kind,
    lot: Lot,
    share: Share,
    lots: Sequence[Lot],
    key: str,
    reason: str,
    now: datetime,
    excess_minor: int = 0,
) -> Reversal:
    """Begin to give a share of a top-up's lot back: its credits freeze, as many as `lots` have, in their order."""
    parts = parts_of(lots, share.credits_micro)
    taken = sum(amount for _unused, amount in parts)
    reversal = Reversal(
        organisation_id=lot.organisation_id,
        lot=lot,
        topup_id=lot.topup_id or "",
        kind=kind,
        key=key,
        reason=reason[:200],
        currency=lot.currency,
        gross_minor=share.gross_minor,
        net_minor=share.net_minor,
        vat_minor=share.vat_minor,
        excess_minor=excess_minor,
        credits_micro=share.credits_micro,
        taken_micro=taken,
        spent_micro=share.credits_micro - taken,
        opened_at=now,
    )
    reversal.save(force_insert=True)
    _freeze(reversal, parts, now=now)
    return reversal


def _freeze(reversal: Reversal, parts: Sequence[Part], *, now: datetime) -> None:
    """Move the parts (and, of a dispute, the debt) to the frozen credits."""
    organisation_id, debt = reversal.organisation_id, _debt(reversal)
    legs = [*lots_legs(parts, -1), Leg(chart.owed(organisation_id), -debt)]
    frozen = reversal.taken_micro + debt
    if not frozen:
        return
    transfer = transfer_post(
        key=f"reversal:{reversal.id}:freeze",
        legs=[*(leg for leg in legs if leg.amount), Leg(chart.frozen(organisation_id), frozen)],
        reason=f"{reversal.kind}_open",
        at=now,
        details=_facts(reversal),
    )
    lots_leave(parts, transfer=transfer, reason=LotTake.Reason.REVERSED, reversal=reversal)
    balance_fell(organisation_id, available_micro=balance(chart.available(organisation_id)))


def reversal_undo(reversal: Reversal, *, now: datetime) -> None:
    """Free what was frozen: back to the lots it came from, and the debt is none."""
    organisation_id, debt = reversal.organisation_id, _debt(reversal)
    takes = list(reversal.takes.select_related("lot"))
    parts = [(take.lot, take.amount_micro) for take in takes]
    legs = [*lots_legs(parts, 1), Leg(chart.owed(organisation_id), debt)]
    if reversal.taken_micro + debt:
        transfer = transfer_post(
            key=f"reversal:{reversal.id}:undo",
            legs=[
                *(leg for leg in legs if leg.amount),
                Leg(chart.frozen(organisation_id), -reversal.taken_micro - debt),
            ],
            reason=f"{reversal.kind}_undone",
            at=now,
            details=_facts(reversal),
        )
        LotTake.objects.bulk_create(
            LotTake(
                lot=lot,
                transfer=transfer,
                reason=LotTake.Reason.REVERSED,
                amount_micro=-amount,
                reversal=reversal,
            )
            for lot, amount in parts
        )
        _end(reversal, Reversal.State.UNDONE, now=now)
        if parts:
            lots_return(parts, now=now)
        return
    _end(reversal, Reversal.State.UNDONE, now=now)


def reversal_finish(reversal: Reversal, *, fiat: str, now: datetime) -> Transfer:
    """Book that the money is gone, and promise its credit note.

    Frozen credits are unsold, turnover and VAT undone; `fiat` is the account the money left.
    The credits of a refund that were spent already stay sold: the platform gave the money as goodwill.
    """
    frozen = reversal.taken_micro + _debt(reversal)
    currency = reversal.currency
    legs = [
        Leg(chart.frozen(reversal.organisation_id), -frozen),
        Leg(chart.FX_NOS, frozen),
        Leg(fiat, -reversal.gross_minor - reversal.excess_minor, currency),
        Leg(chart.losses_of(currency), reversal.excess_minor, currency),
        Leg(chart.vat(currency), reversal.vat_minor, currency),
        Leg(chart.fx(currency), reversal.net_minor, currency),
    ]
    accounts_open(chart.platform_accounts())
    transfer = transfer_post(
        key=f"reversal:{reversal.id}:finish",
        legs=[leg for leg in legs if leg.amount],
        reason=f"{reversal.kind}_done",
        at=now,
        details=_facts(reversal),
    )
    _end(reversal, Reversal.State.DONE, now=now)
    credit_note_promise(reversal, now=now)
    return transfer


def _debt(reversal: Reversal) -> int:
    return reversal.spent_micro if reversal.kind == Reversal.Kind.DISPUTE else 0


def _end(reversal: Reversal, state: Reversal.State, *, now: datetime) -> None:
    reversal.state, reversal.ended_at = state, now
    reversal.save(update_fields=["state", "ended_at"])
    replacement_promise(topup_id=reversal.topup_id)


def _facts(reversal: Reversal) -> dict[str, object]:
    return {
        "topup_id": reversal.topup_id,
        "currency": reversal.currency,
        "gross_minor": reversal.gross_minor,
        "excess_minor": reversal.excess_minor,
        "credits_micro": reversal.credits_micro,
        "spent_micro": reversal.spent_micro,
    }
