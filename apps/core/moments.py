"""Days and times as people read them: in the language spoken now, by the clock of the organisation they look at."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern
from django.utils import timezone

from apps.core.languages import locale_now

# how a day is shown: the pattern in CLDR
DAYS = {"": "yMMMd", "long": "long", "short": "MMMd", "month": "yMMMM", "yearless": "MMMMd"}


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of this IANA name, UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local(at: date) -> date:
    """Return a moment by the clock that counts now; a day stays what it is."""
    return timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at


def day_text(at: date, how: str = "") -> str:
    """Return the day: "5 Nov 2026", "5 November 2026" (long), "5 Nov" (short), "November 2026" (month).

    "yearless" is "5 November".
    """
    day = local(at)
    return _written(locale_now(), DAYS[how], day.date() if isinstance(day, datetime) else day)


def clock_text(at: datetime, seconds: bool = False) -> str:
    """Return the time of the day: "14:05", or "14:05:09"."""
    return f"{local(at):%H:%M:%S}" if seconds else f"{local(at):%H:%M}"


def zone_text(at: datetime) -> str:
    """Return how the clock that counts now is called at that moment: "UTC", "CEST", "+03"."""
    found = timezone.localtime(at).strftime("%Z") if timezone.is_aware(at) else "UTC"
    return found or "UTC"


def moment_text(at: datetime, how: str = "", *, seconds: bool = False, zone: bool = False) -> str:
    """Return day and time, "5 Nov 2026, 14:05", with seconds or the name of the zone if that is wanted."""
    text = f"{day_text(at, how)}, {clock_text(at, seconds)}"
    return f"{text} {zone_text(at)}" if zone else text


def moment_sent(at: datetime) -> str:
    """Return a moment as programs are told it: in UTC, "2026-11-05T14:05:09Z"."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=4096)  # a page names few days, each of them often
def _written(locale: str, skeleton: str, day: date) -> str:
    return _pattern(locale, skeleton).apply(day, Locale.parse(locale))


@lru_cache(maxsize=128)
def _pattern(locale: str, skeleton: str) -> DateTimePattern:
    known = Locale.parse(locale)
    return parse_pattern(known.date_formats["long"] if skeleton == "long" else known.datetime_skeletons[skeleton])
