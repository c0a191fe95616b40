"""How much an organisation may still top up, and how often it tried; organisation first."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet, Sum

from apps.payments.models import Allowance, Decline, Dispute, TopUp

State = TopUp.State
WINDOWS = {"once": timedelta(0), "day": timedelta(days=1), "week": timedelta(days=7)}
# Of these nobody knows yet whether they will be paid: they count until it is sure that they will not.
OPEN_STATES = (State.CREATED, State.OPEN, State.CANCELLED)
LOST = ("lost", "needs_response", "under_review")


@dataclass(frozen=True)
class Ceiling:
    """One ceiling in minor units before VAT: what it is, what is left of it, and when a higher one comes.

    `grows_to` is None in the last tier and where staff set it; `grows_at` is None until `needs` payments were made.
    """

    window: str  # once | day | week
    limit_minor: int
    left_minor: int
    grows_to: int | None = None
    grows_at: datetime | None = None
    needs: int = 0
    days: int = 0


@dataclass(frozen=True)
class Standing:
    """Where an organisation stands: its ceilings in one currency, none of them in the last tier."""

    ceilings: tuple[Ceiling, ...]
    counted_from: datetime | None  # staff let it begin anew then
    last_tier: bool

    @property
    def telling(self) -> tuple[Ceiling, ...]:
        """The ceilings that tell somebody something: without those of which a longer one leaves no more."""
        longer = [self.ceilings[place + 1 :] for place in range(len(self.ceilings))]
        return tuple(
            one
            for one, rest in zip(self.ceilings, longer, strict=True)
            if all(other.left_minor > one.left_minor for other in rest)
        )

    def refused(self, net_minor: int) -> Ceiling | None:
        """Return the ceiling that this much would pass."""
        return next((ceiling for ceiling in self.ceilings if net_minor > ceiling.left_minor), None)


def standing_of(
    organisation_id: uuid.UUID, currency: str, *, now: datetime, but: uuid.UUID | None = None
) -> Standing:
    """Return the organisation's ceilings; three queries. `but` is a top-up that does not count."""
    tiers = tiers_at(now)
    first, paid = _history(organisation_id, now=now)
    number = max(
        place for place, tier in enumerate(tiers) if paid >= tier["paid"] and _old(first, now) >= tier["days"]
    )
    allowance = _allowance(organisation_id, now=now)
    since = allowance.granted_at if allowance else None
    limits = _limits(tiers[number], allowance, currency, tiers[0])
    if limits is None:
        return Standing((), since, True)
    used = _used(organisation_id, currency, tiers[0], since=since, now=now, but=but)
    higher = tiers[number + 1] if allowance is None and number + 1 < len(tiers) else None
    return Standing(
        tuple(
            _ceiling(window, limits[window], used.get(window, 0), higher, first, paid, currency)
            for window in WINDOWS
        ),
        since,
        number == len(tiers) - 1,
    )


def tiers_at(now: datetime) -> list[dict[str, Any]]:
    """Return the tiers of the newest table whose date has come."""
    come = [table for table in settings.TOPUP_TIERS if date.fromisoformat(table["since"]) <= now.date()]
    tiers: list[dict[str, Any]] = max(come or settings.TOPUP_TIERS[:1], key=lambda table: table["since"])["tiers"]
    return tiers


def _old(first: datetime | None, now: datetime) -> int:
    return 0 if first is None else (now - first).days


def _history(organisation_id: uuid.UUID, *, now: datetime) -> tuple[datetime | None, int]:
    """Return when the first payment was made that no bank took back, and how many there were."""
    taken = Dispute.objects.filter(organisation=organisation_id, status__in=LOST).values("topup")
    paid = TopUp.objects.filter(organisation=organisation_id, state=State.PAID, paid_at__lte=now).exclude(
        id__in=taken
    )
    found = paid.aggregate(first=Min("paid_at"), count=Count("id"))
    return found["first"], found["count"]


def _allowance(organisation_id: uuid.UUID, *, now: datetime) -> Allowance | None:
    granted = Allowance.objects.filter(organisation=organisation_id, granted_at__lte=now)
    newest = granted.order_by("-granted_at").first()
    return newest if newest is not None and (newest.until is None or newest.until > now) else None


def _limits(
    tier: Mapping[str, Any], allowance: Allowance | None, currency: str, measure: Mapping[str, Any]
) -> dict[str, int] | None:
    if allowance is not None:
        own = {"once": allowance.once_minor, "day": allowance.day_minor, "week": allowance.week_minor}
        return {name: converted(minor, allowance.currency, currency, measure) for name, minor in own.items()}
    return {window: int(tier[window][currency]) for window in WINDOWS} if "once" in tier else None


def converted(minor: int, source: str, target: str, measure: Mapping[str, Any]) -> int:
    """Return the amount in another currency, as far as ceilings are concerned: they are equal to each other."""
    return minor * int(measure["once"][target]) // int(measure["once"][source])


def _used(
    organisation_id: uuid.UUID,
    currency: str,
    measure: Mapping[str, Any],
    *,
    since: datetime | None,
    now: datetime,
    but: uuid.UUID | None,
) -> dict[str, int]:
    starts = {window: max(now - WINDOWS[window], since or now - WINDOWS[window]) for window in ("day", "week")}
    rows = (
        TopUp.objects.filter(organisation=organisation_id, created_at__gt=starts["week"])
        .filter(
            Q(state__in=(State.PAID, State.HELD, State.PROCESSING))
            | Q(state__in=OPEN_STATES, closed_at=None, quote__expires_at__gt=now)
        )
        .exclude(id__in=[but] if but else [])
        .values("quote__currency")
        .annotate(
            week=Sum("quote__net_minor"), day=Sum("quote__net_minor", filter=Q(created_at__gt=starts["day"]))
        )
        .order_by()
    )
    used = {"day": 0, "week": 0}
    for row in rows:
        for window, minor in (("day", row["day"]), ("week", row["week"])):
            used[window] += converted(minor or 0, row["quote__currency"], currency, measure)
    return used


def _ceiling(
    window: str,
    limit: int,
    used: int,
    higher: Mapping[str, Any] | None,
    first: datetime | None,
    paid: int,
    currency: str,
) -> Ceiling:
    left = max(limit - used, 0)
    if higher is None:
        return Ceiling(window, limit, left)
    most = int(settings.TOPUP_MAXIMUM_MINOR[currency])
    grows_to = int(higher[window][currency]) if "once" in higher else most
    enough = first is not None and paid >= higher["paid"]
    return Ceiling(
        window,
        limit,
        left,
        grows_to=grows_to,
        grows_at=first + timedelta(days=higher["days"]) if enough and first is not None else None,
        needs=higher["paid"],
        days=higher["days"],
    )


def tries(what: str, whose: Mapping[str, Any], *, since: datetime, now: datetime) -> tuple[int, datetime | None]:
    """Return how often something was tried since then, and when the oldest of it was.

    `what` is topups, declines or cards; `whose` names fields of a top-up that must be so.
    """
    topups = TopUp.objects.filter(created_at__gt=since, created_at__lte=now, **whose)
    refused = Decline.objects.filter(at__gt=since, at__lte=now, **_of_topup(whose))
    if what == "topups":
        return _counted(topups, "created_at")
    if what == "declines":
        return _counted(refused, "at")
    paid = topups.exclude(fingerprint="").values_list("fingerprint", flat=True)
    cards = set(paid) | set(refused.exclude(fingerprint="").values_list("fingerprint", flat=True))
    return len(cards), _counted(refused, "at")[1]


def _of_topup(whose: Mapping[str, Any]) -> dict[str, Any]:
    return {name if name == "fingerprint" else f"topup__{name}": value for name, value in whose.items()}


def _counted(rows: QuerySet[Any], field: str) -> tuple[int, datetime | None]:
    found = rows.aggregate(count=Count("id"), oldest=Min(field))
    return found["count"], found["oldest"]


def organisations_of_card(fingerprint: str, *, since: datetime) -> int:
    """Return how many organisations a card paid for, or tried to, since then."""
    paid = TopUp.objects.filter(fingerprint=fingerprint, created_at__gt=since).values_list("organisation")
    refused = Decline.objects.filter(fingerprint=fingerprint, at__gt=since).values_list("topup__organisation")
    return len(set(paid) | set(refused))
