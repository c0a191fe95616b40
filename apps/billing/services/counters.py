"""The counters of caps and budgets: one row per limit and window, moved by amounts, never added up from history.

Locks: a limit and its windows are read and written only under the lock of the organisation's wallet
(`apps.ledger.services.accounts_lock`), which every hold, settlement and change of a limit takes first. All limits
that bind a spender belong to one organisation, so that lock suffices and no counter has a lock of its own.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.billing import sql
from apps.billing.models import Budget, Cap, Hold, Level
from apps.billing.windows import Period, Span, span_of, zone_of

Subject = tuple[uuid.UUID, Level, str]  # (organisation, level, id of the project, person or key)


@dataclass(frozen=True)
class Spending:
    """An amount (micro-NOS, below 0 to take it back) that counts for these subjects at a moment."""

    subjects: Sequence[Subject]
    at: datetime
    micro: int


def subjects_of(hold: Hold) -> list[Subject]:
    """Return whose limits count a hold: its organisation, project, member and API key, as far as they are known."""
    found: list[tuple[Level, object]] = [(Level.ORGANISATION, ""), (Level.PROJECT, hold.project_id)]
    found += [(Level.MEMBER, hold.member_id), (Level.KEY, hold.api_key_id)]
    return [(hold.organisation_id, level, str(subject)) for level, subject in found if subject is not None]


@dataclass(frozen=True)
class Counter:
    """A limit in its window of a moment; a limit per job has no window and counts nothing."""

    limit_id: uuid.UUID
    level: Level
    subject_id: str
    period: Period
    limit_micro: int
    time_zone: str
    span: Span | None
    used_micro: int

    @property
    def left_micro(self) -> int:
        """Return what may still be spent, micro-NOS; never below 0."""
        return max(self.limit_micro - self.used_micro, 0)


@dataclass(frozen=True)
class Moved:
    """A window whose counter moved by `change_micro` to `used_micro`."""

    limit_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    used_micro: int
    change_micro: int


def limit_born(organisation_id: uuid.UUID, *, now: datetime) -> datetime:
    """Return from when on a limit made now sees everything; the wallet must be locked.

    An act whose time is later than `now` may have had the lock before: then it is that act's time.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.LIMIT_BORN, {"organisation": organisation_id, "now": now})
        born: datetime = cursor.fetchone()[0]
    return born


def counters_find(model: type[Cap] | type[Budget], subjects: Iterable[Subject], *, at: datetime) -> list[Counter]:
    """Return the limits of these subjects as they stand; windows that do not exist yet are opened.

    One query; one more when a window begins.
    """
    wanted = sorted(set(subjects))
    params = {
        "organisations": [organisation_id for organisation_id, _, _ in wanted],
        "levels": [level.value for _, level, _ in wanted],
        "subjects": [subject for _, _, subject in wanted],
        "at": at,
    }
    found: dict[uuid.UUID, Counter] = {}
    missing: dict[uuid.UUID, Counter] = {}
    rows = _rows(sql.LIMITS_FIND, model, params)
    for limit_id, level, subject_id, period, limit, zone, starts_at, used in rows:
        span = None if period == Period.JOB else span_of(period, zone=zone_of(zone), now=at)
        counter = Counter(limit_id, Level(level), subject_id, Period(period), limit, zone, span, used or 0)
        if span is None or starts_at == span.starts_at:
            found[limit_id] = counter
            missing.pop(limit_id, None)
        elif limit_id not in found:
            missing[limit_id] = counter
    return [*found.values(), *_windows_open(model, list(missing.values()))]


def _windows_open(model: type[Cap] | type[Budget], counters: Sequence[Counter]) -> list[Counter]:
    spans = [(counter, counter.span) for counter in counters if counter.span is not None]
    if not spans:
        return []
    params = {
        "limits": [counter.limit_id for counter, _ in spans],
        "starts": [span.starts_at for _, span in spans],
        "ends": [span.ends_at for _, span in spans],
    }
    used = {row[0]: row[1] for row in _rows(sql.WINDOWS_OPEN, model, params)}
    return [
        Counter(c.limit_id, c.level, c.subject_id, c.period, c.limit_micro, c.time_zone, c.span, used[c.limit_id])
        for c in counters
    ]


def counters_add(model: type[Cap] | type[Budget], spendings: Sequence[Spending]) -> list[Moved]:
    """Add the amounts to every window that counts them and return the windows that moved, in one query.

    The windows of now must have been opened by `counters_find`; those of the past that never were stay away.
    """
    moving = [(*subject, one.at, one.micro) for one in spendings if one.micro for subject in one.subjects]
    if not moving:
        return []
    params = {
        "organisations": [row[0] for row in moving],
        "levels": [row[1].value for row in moving],
        "subjects": [row[2] for row in moving],
        "times": [row[3] for row in moving],
        "amounts": [row[4] for row in moving],
    }
    return [Moved(*row) for row in _rows(sql.COUNT, model, params)]


def _rows(statement: str, model: type[Cap] | type[Budget], params: dict[str, Any]) -> list[tuple[Any, ...]]:
    limit, window = model._meta.db_table, f"{model._meta.db_table}window"
    counted = f"coalesce(({sql.SPENT}), 0)" if model is Budget else f"coalesce(({sql.HELD}), ({sql.TOPPED_UP}), 0)"
    with connection.cursor() as cursor:
        cursor.execute(statement.format(limit=limit, window=window, counted=counted), params)
        return cursor.fetchall()
