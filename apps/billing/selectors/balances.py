"""How fast an organisation uses its credits."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.billing.models import BalanceAlert, Hold, UsageRecord
from apps.organisations.models import Organisation

WINDOW = timedelta(hours=24)
BASIS = timedelta(days=7)
HOUR = 3_600


@dataclass(frozen=True)
class Burn:
    """Credits used and reserved in a recent span, in micro-NOS per hour, rounded up."""

    micro_per_hour: int

    def hours(self, available_micro: int) -> int | None:
        """Return for how many whole hours the available credits last; None if nothing burns."""
        return available_micro // self.micro_per_hour if self.micro_per_hour else None

    def lasting(self, available_micro: int) -> str:
        """Return for how long the available credits last, as people say it ("6 hours", "12 days")."""
        hours = self.hours(available_micro)
        if hours is None or hours >= 366 * 24:
            return _("more than a year")
        if hours < 1:
            return _("less than an hour")
        if hours < 72:
            return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}
        return ngettext("%(days)d day", "%(days)d days", hours // 24) % {"days": hours // 24}


def burn_of(organisation_id: uuid.UUID, *, now: datetime) -> Burn:
    """Return the organisation's burn: what jobs cost that ended in the last 24 hours, and what open ones may cost.

    Counted from the first of these jobs, an hour at least. It rather overstates: an open hold counts as if all of
    it were used, and a busy hour counts as if it went on. So a warning comes early, not late. Holds that were
    placed before count no more: their credits have left the balance already.
    """
    since = now - WINDOW
    placed = Hold.objects.filter(organisation_id=organisation_id, state=Hold.State.OPEN, placed_at__gt=since)
    held = placed.aggregate(sum=Sum("amount_micro"), first=Min("placed_at"))
    used = UsageRecord.objects.filter(organisation_id=organisation_id, settled_at__gt=since).aggregate(
        sum=Sum("amount_micro"), first=Min("starts_at")
    )
    begins = [first for first in (held["first"], used["first"]) if first is not None]
    if not begins:
        return Burn(0)
    span = int((now - max(min(begins), since)).total_seconds())
    total = (held["sum"] or 0) + (used["sum"] or 0)
    return Burn(-(-total * HOUR // max(span, HOUR)))


def spending_per_day(organisation_id: uuid.UUID, *, now: datetime) -> int:
    """Return what an organisation spends in a day, in micro-NOS, rounded up: for deciding what to buy.

    The mean of what was settled in the last seven days, or what was settled in the last day where that is more; one
    that began to spend later is measured since then, over a day at least. Nothing that is only reserved counts.
    """
    usage = UsageRecord.objects.filter(organisation_id=organisation_id)
    found = usage.filter(settled_at__gt=now - BASIS, settled_at__lte=now).aggregate(
        week=Sum("amount_micro"),
        day=Sum("amount_micro", filter=Q(settled_at__gt=now - WINDOW)),
        first=Min("starts_at"),
    )
    if not found["week"]:
        return 0
    measured = BASIS
    if not usage.filter(settled_at__lte=now - BASIS).exists():
        measured = min(max(now - found["first"], WINDOW), BASIS)
    mean = -(-found["week"] * int(WINDOW.total_seconds()) // int(measured.total_seconds()))
    return max(mean, found["day"] or 0)


def balance_alert_of(organisation: Organisation) -> BalanceAlert:
    """Return the organisation's low-balance settings; all off if it chose none."""
    return BalanceAlert.objects.filter(organisation=organisation).first() or BalanceAlert(
        organisation=organisation
    )
