"""What an organisation has, and what changed it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import chart
from apps.billing.models import Hold, Lot
from apps.core.money import credits_text, fiat_text
from apps.core.retelling import retold
from apps.ledger.models import Entry
from apps.ledger.selectors import balances
from apps.organisations.models import Organisation

PAGE = 50
GRANTED = {
    Lot.Kind.PAID: gettext_lazy("Paid credits"),
    Lot.Kind.PROMOTIONAL: gettext_lazy("Promotional credits"),
    Lot.Kind.VOUCHER: gettext_lazy("Voucher credits"),
}
EXPIRED = {
    Lot.Kind.PAID: gettext_lazy("Paid credits expired"),
    Lot.Kind.PROMOTIONAL: gettext_lazy("Promotional credits expired"),
    Lot.Kind.VOUCHER: gettext_lazy("Voucher credits expired"),
}


@dataclass(frozen=True)
class Wallet:
    """An organisation's credits in micro-NOS: to spend, reserved for jobs, frozen by a dispute."""

    available_micro: int
    held_micro: int
    frozen_micro: int


@dataclass(frozen=True)
class Movement:
    """One line of the wallet's story: when, what, and the change of the available credits in micro-NOS."""

    id: int
    at: datetime
    kind: str
    sentence: str
    amount_micro: int
    source: str


def wallet(organisation_id: uuid.UUID) -> Wallet:
    """Return the organisation's credits, in one query; all 0 before its first credit."""
    codes = [chart.available(organisation_id), chart.held(organisation_id), chart.frozen(organisation_id)]
    found = balances(codes)
    return Wallet(*(found.get(code, 0) for code in codes))


def usable(organisation_id: uuid.UUID, project_id: uuid.UUID | None) -> int:
    """Return the credits that jobs of the project may use, micro-NOS: what is available, and the project's pot."""
    return sum(balances(chart.purses(organisation_id, project_id)).values())


def availables(organisation_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the available credits of each organisation, micro-NOS, in one query; 0 before its first credit."""
    codes = {found: chart.available(found) for found in organisation_ids}
    found = balances(codes.values())
    return {organisation_id: found.get(code, 0) for organisation_id, code in codes.items()}


def lots_of(organisation: Organisation) -> QuerySet[Lot]:
    """Return the organisation's lots, newest first."""
    return Lot.objects.filter(organisation=organisation).order_by("-created_at", "-id")


def lots_live(organisation: Organisation) -> QuerySet[Lot]:
    """Return the organisation's lots with credits left, newest first."""
    return lots_of(organisation).filter(remaining_micro__gt=0).select_related("project")


def holds_of(organisation: Organisation) -> QuerySet[Hold]:
    """Return the organisation's holds, newest first."""
    return Hold.objects.filter(organisation=organisation).order_by("-id")


def holds_open(organisation: Organisation) -> QuerySet[Hold]:
    """Return the organisation's open holds, newest first."""
    return holds_of(organisation).filter(state=Hold.State.OPEN)


def holds_found(organisation: Organisation, *, search: str, state: str) -> QuerySet[Hold]:
    """Return the organisation's holds for what has that part in its name, in that state; "" for any of both."""
    found = holds_of(organisation).select_related("project", "member")
    if search:
        found = found.filter(label__icontains=search)
    return found.filter(state=state) if state else found


def movements(organisation: Organisation, *, limit: int = PAGE) -> list[Movement]:
    """Return what last changed the organisation's credits, newest first."""
    return [movement_of(entry) for entry in movement_entries(organisation).order_by("-id")[:limit]]


def movement_entries(organisation: Organisation) -> QuerySet[Entry]:
    """Return the entries that tell what changed the organisation's credits, each with its transfer.

    A settlement is told by its held side, which always moves: the available side stays still when all was used.
    """
    available, held = chart.available(organisation.id), chart.held(organisation.id)
    return Entry.objects.filter(
        Q(account__code=available) & ~Q(transfer__reason="settlement")
        | Q(account__code=held, transfer__reason="settlement")
    ).select_related("transfer")


def movement_of(entry: Entry) -> Movement:
    """Return the entry as a line of the wallet's story."""
    transfer, facts = entry.transfer, entry.transfer.details
    back = facts.get("available_micro", facts.get("released_micro"))  # without what went back to a pot
    amount = back if transfer.reason == "settlement" else entry.amount
    return Movement(
        id=entry.id,
        at=transfer.at,
        kind=transfer.reason,
        sentence=_sentence(transfer.reason, facts),
        amount_micro=amount,
        source=facts.get("source", ""),
    )


def _sentence(reason: str, facts: dict[str, Any]) -> str:
    match reason:
        case "topup":
            return _("Top-up, %(total)s paid") % {"total": fiat_text(facts["total_minor"], facts["currency"])}
        case "grant":
            return str(GRANTED.get(facts["kind"], facts["kind"]))
        case "hold":
            return _("Reserved for %(label)s") % {"label": facts["label"]}
        case "release":
            return _("Released from %(label)s: %(why)s") % {"label": facts["label"], "why": retold(facts["why"])}
        case "settlement":
            return _("%(label)s cost %(cost)s credits; the rest of its hold came back") % {
                "label": facts["label"],
                "cost": credits_text(facts["cost_micro"]),
            }
        case "move":
            return _("Moved from %(source)s to %(target)s") % {
                "source": retold(facts["source"]),
                "target": retold(facts["target"]),
            }
        case "expired":
            return str(EXPIRED.get(facts["kind"], facts["kind"]))
        case "debt":
            return _("Collected for a payment that was taken back")
        case "refund_open" | "dispute_open":
            gross = fiat_text(facts["gross_minor"], facts["currency"])
            if reason == "refund_open":
                return _("Taken for a refund of %(gross)s") % {"gross": gross}
            return _("Frozen for a dispute of %(gross)s") % {"gross": gross}
        case "refund_undone":
            return _("Back: the refund was not made")
        case "dispute_undone":
            return _("Freed: the dispute ended in your favour")
    return reason
