"""Windows of caps and budgets: by the organisation's clock, also when it changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.billing.windows import FOREVER, Period, day_start, span_of, zone_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PERIODS = [Period.LIFETIME, Period.MONTH, Period.WEEK, Period.DAY]
ZONES = ["UTC", "Europe/Amsterdam", "America/New_York", "Africa/Cairo", "Asia/Beirut", "America/Havana",
         "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "Pacific/Kiritimati"]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_begins_at_local_midnight() -> None:
    span = span_of(Period.DAY, zone=AMSTERDAM, now=at("2026-07-01T22:30"))
    assert (span.starts_at, span.ends_at) == (at("2026-07-01T22:00"), at("2026-07-02T22:00"))


def test_a_week_begins_on_monday() -> None:
    span = span_of(Period.WEEK, zone=AMSTERDAM, now=at("2026-11-08T22:59"))  # a Sunday, 23:59
    assert (span.starts_at, span.ends_at) == (at("2026-11-01T23:00"), at("2026-11-08T23:00"))


def test_a_month_ends_where_the_next_begins() -> None:
    span = span_of(Period.MONTH, zone=AMSTERDAM, now=at("2026-12-31T23:00"))  # 2027 has begun there
    assert (span.starts_at, span.ends_at) == (at("2026-12-31T23:00"), at("2027-01-31T23:00"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29T12:00", 23), ("2026-10-25T12:00", 25)])
def test_a_day_of_a_clock_change_is_shorter_or_longer(day: str, hours: int) -> None:
    assert span_of(Period.DAY, zone=AMSTERDAM, now=at(day)).seconds == hours * 3600


def test_a_day_without_a_midnight_begins_with_its_first_moment() -> None:
    # Beirut's clocks went from 23:59:59 on the 28th to 01:00 on the 29th of March 2026.
    assert day_start(date(2026, 3, 29), ZoneInfo("Asia/Beirut")) == at("2026-03-28T22:00")


def test_a_lifetime_ends_never_and_a_job_has_no_window() -> None:
    assert span_of(Period.LIFETIME, zone=AMSTERDAM, now=at("2026-03-01T00:00")).ends_at == FOREVER
    with pytest.raises(ValueError, match="no windows"):
        span_of(Period.JOB, zone=AMSTERDAM, now=at("2026-03-01T00:00"))


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe/Amsterdam\0"])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    assert zone_of(name) == ZoneInfo("UTC")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    st.sampled_from(PERIODS),
)
def test_every_moment_is_in_one_window_and_windows_touch(now: datetime, zone: str, period: Period) -> None:
    span = span_of(period, zone=ZoneInfo(zone), now=now)
    assert span.starts_at <= now < span.ends_at
    if period != Period.LIFETIME:
        assert span_of(period, zone=ZoneInfo(zone), now=span.ends_at).starts_at == span.ends_at
        assert span_of(period, zone=ZoneInfo(zone), now=span.starts_at - timedelta(microseconds=1)).ends_at == (
            span.starts_at
        )
