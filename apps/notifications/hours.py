"""Quiet hours and the hour of the daily mail, by the clock of a place."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HOURS = range(24)


def quiet_end(now: datetime, *, quiet_from: int | None, quiet_until: int | None, zone: ZoneInfo) -> datetime:
    """Return when what would go now may go: now, or the end of the quiet hours that it falls into."""
    if quiet_from is None or quiet_until is None:
        return now
    hour = now.astimezone(zone).hour
    over_midnight = quiet_from > quiet_until
    quiet = hour >= quiet_from or hour < quiet_until if over_midnight else quiet_from <= hour < quiet_until
    return hour_next(now, hour=quiet_until, zone=zone) if quiet else now


def hour_next(now: datetime, *, hour: int, zone: ZoneInfo) -> datetime:
    """Return the next time after now that it is this hour there; on the day the clock leaves it out, soon after."""
    day = now.astimezone(zone).date()
    for later in range(3):
        found = datetime.combine(day + timedelta(days=later), time(hour), zone)
        if found > now:
            return found.astimezone(now.tzinfo)
    raise AssertionError("two days hold every hour")
