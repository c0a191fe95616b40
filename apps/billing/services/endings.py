"""How holds end, one or hundreds at once: books, lots, caps and the holds themselves, set by set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.billing import chart, sql
from apps.billing.errors import HoldUnknown
from apps.billing.models import Hold, HoldExtension
from apps.billing.services.allowances import caps_give_back
from apps.billing.services.counters import Spending, subjects_of
from apps.billing.services.lots import Part, lots_legs, lots_release, lots_return, lots_unspent
from apps.ledger.models import Account, Transfer
from apps.ledger.services import Leg, Posting, accounts_lock, transfer_post_many


@dataclass(frozen=True)
class Ending:
    """What a hold comes to: its cost (micro-NOS), the other legs of its transfer, and what is told about it."""

    hold: Hold
    cost_micro: int
    reason: str  # the transfer's: release or settlement
    legs: Sequence[Leg] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def holds_lock(sources: Iterable[str]) -> dict[str, tuple[Hold, dict[str, Account]]]:
    """Lock the wallets behind these holds and return each hold, read after the lock, with its accounts.

    Raises HoldUnknown.
    """
    wanted = list(dict.fromkeys(sources))
    places = Hold.objects.filter(source__in=wanted).values_list("source", "organisation_id", "project_id")
    found = {source: (organisation_id, project_id) for source, organisation_id, project_id in places}
    for source in wanted:
        if source not in found:
            raise HoldUnknown(_("There is no hold for %(source)s; check the source.") % {"source": source})
    accounts = accounts_lock(
        code
        for organisation_id, project_id in found.values()
        for code in (*chart.purses(organisation_id, project_id), chart.held(organisation_id))
    )
    return {hold.source: (hold, accounts) for hold in Hold.objects.filter(source__in=wanted)}


def holds_end(endings: Sequence[Ending], state: Hold.State, *, now: datetime, reason: str = "") -> list[Transfer]:
    """End open holds whose wallets are locked: book, give back to lots and caps, close. Return their transfers."""
    back = lots_unspent({ending.hold.id: ending.cost_micro for ending in endings})
    returned: list[list[Part]] = [
        [(share.lot, amount) for share, amount in back[ending.hold.id]] for ending in endings
    ]
    transfers = transfer_post_many(
        [_posting(ending, parts, now=now) for ending, parts in zip(endings, returned, strict=True)]
    )
    lots_release([one for ending in endings for one in back[ending.hold.id]], now=now)
    _close(endings, state, now=now, reason=reason)
    return transfers


def shares_return(hold: Hold, micro: int, *, key: str, reason: str, now: datetime) -> None:
    """Give `micro` of an open hold back to the lots it took last; its wallet is locked, its row the caller's.

    The shares shrink, so that the hold's end divides what is left and nothing twice.
    """
    back = lots_unspent({hold.id: hold.amount_micro - micro})[hold.id]
    parts = [(share.lot, amount) for share, amount in back]
    ending = Ending(hold, cost_micro=0, reason="release", details={"why": reason})
    posting = _posting(ending, parts, now=now)
    held = Leg(chart.held(hold.organisation_id), -micro)
    legs = [leg for leg in (held, *lots_legs(parts, 1)) if leg.amount]
    transfer_post_many([replace(posting, key=f"hold:{hold.source}:shorten:{key}", legs=legs)])
    for share, amount in back:
        share.amount_micro -= amount
        if share.amount_micro:
            share.save(update_fields=["amount_micro"])
        else:
            share.delete()
    lots_return(parts, now=now)


def _posting(ending: Ending, returned: Sequence[Part], *, now: datetime) -> Posting:
    hold, legs = ending.hold, lots_legs(returned, 1)
    available = chart.available(hold.organisation_id)
    held = Leg(chart.held(hold.organisation_id), -hold.amount_micro)
    return Posting(
        key=f"hold:{hold.source}:{'settle' if ending.reason == 'settlement' else ending.reason}",
        legs=[leg for leg in (held, *ending.legs, *legs) if leg.amount],
        reason=ending.reason,
        at=now,
        details={
            "source": hold.source,
            "label": hold.label,
            "available_micro": sum(leg.amount for leg in legs if leg.code == available),
            **ending.details,
        },
    )


def _close(endings: Sequence[Ending], state: Hold.State, *, now: datetime, reason: str) -> None:
    """Close the holds and give what they did not spend back to the windows it was placed in.

    What was spent was spent from the placement first, then from the extensions in their order.
    """
    back: list[Spending] = []
    extended = [ending.hold.id for ending in endings if ending.hold.counted_micro < ending.hold.amount_micro]
    extensions: dict[Any, list[HoldExtension]] = {}
    for extension in HoldExtension.objects.filter(hold__in=extended).order_by("id") if extended else ():
        extensions.setdefault(extension.hold_id, []).append(extension)
    for ending in endings:
        hold, left = ending.hold, ending.cost_micro
        for part in (hold, *extensions.get(hold.id, ())):
            kept = min(left, part.counted_micro)
            left -= kept
            back.append(Spending(subjects_of(hold), part.placed_at, part.counted_micro - kept))
            part.counted_micro = kept
        hold.state, hold.ended_at, hold.reason = state, now, reason[:200]
    caps_give_back(back)
    HoldExtension.objects.bulk_update([one for some in extensions.values() for one in some], ["counted_micro"])
    with connection.cursor() as cursor:
        cursor.execute(
            sql.HOLDS_END,
            {
                "ids": [ending.hold.id for ending in endings],
                "counted": [ending.hold.counted_micro for ending in endings],
                "state": state.value,
                "now": now,
                "reason": reason[:200],
            },
        )
