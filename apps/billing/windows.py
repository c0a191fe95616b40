"""The windows of caps and budgets, in an organisation's time zone.

A window is half-open, [starts_at, ends_at), and both ends are moments in UTC. A day begins with the first moment
of its local date, also where clocks change at midnight; a week begins on Monday, a month on the 1st.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.moments import zone_named

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # when a lifetime ends


class Period(models.TextChoices):
    """How long a limit counts before it begins anew; broadest first."""

    LIFETIME = "lifetime", _("In all")
    MONTH = "month", _("Each month")
    WEEK = "week", _("Each week")
    DAY = "day", _("Each day")
    JOB = "job", _("Each job")


@dataclass(frozen=True)
class Span:
    """One window of a period."""

    starts_at: datetime
    ends_at: datetime

    @property
    def seconds(self) -> float:
        """Return how long it lasts; a day of a clock change has 23 or 25 hours."""
        return (self.ends_at - self.starts_at).total_seconds()


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of this IANA name, UTC for a name that is none."""
    return zone_named(name)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a local date, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def span_of(period: str, *, zone: ZoneInfo, now: datetime) -> Span:
    """Return the window of the period that `now` is in. Raises ValueError for a period without windows."""
    today = now.astimezone(zone).date()
    match period:
        case Period.LIFETIME:
            return Span(EPOCH, FOREVER)
        case Period.MONTH:
            first = today.replace(day=1)
            return Span(day_start(first, zone), day_start(month_after(first), zone))
        case Period.WEEK:
            monday = today - timedelta(days=today.weekday())
            return Span(day_start(monday, zone), day_start(monday + timedelta(days=7), zone))
        case Period.DAY:
            return Span(day_start(today, zone), day_start(today + timedelta(days=1), zone))
    raise ValueError(f"{period} has no windows")


def month_after(day: date) -> date:
    """Return the 1st of the month after the day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
