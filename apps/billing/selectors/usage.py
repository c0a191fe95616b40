"""What was used: added up by one dimension, or line by line. By settlement, as statements count it.

A record is counted where its newest adjustment puts it: project and labels move, the record itself stays.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from apps.billing.models import UsageAdjustment, UsageRecord
from apps.billing.windows import zone_of
from apps.organisations.models import Organisation

ROWS_LIMIT = 1000  # of a table: the largest come first
CHUNK = 2000  # rows of the CSV that are in memory at once


def usage_of(organisation: Organisation, sources: Iterable[str]) -> models.QuerySet[UsageRecord]:
    """Return what these sources used, each record as it was settled."""
    return UsageRecord.objects.filter(organisation=organisation, source__in=sources).order_by("id")


def usage_moved(organisation: Organisation, sources: Iterable[str]) -> UsageAdjustment | None:
    """Return where reports count the last record of these sources, if that is elsewhere than it was settled."""
    moved = UsageAdjustment.objects.filter(
        current=True, record__organisation=organisation, record__source__in=sources
    )
    return moved.select_related("project").order_by("-at", "-id").first()


class Dimension(models.TextChoices):
    """What usage can be added up by."""

    DAY = "day", _("Day")
    PROJECT = "project", _("Project")
    MEMBER = "member", _("Member")
    KEY = "key", _("API key")
    MARKET = "market", _("Market")
    TEMPLATE = "template", _("Template")
    LABEL = "label", _("Label")
    JOB = "job", _("Job name")


@dataclass(frozen=True)
class UsageRow:
    """One line of a table of usage; amounts in micro-NOS."""

    name: str
    records: int
    seconds: int
    amount_micro: int

    @property
    def hours(self) -> float:
        """Return how long it ran, in hours."""
        return self.seconds / 3600


@dataclass(frozen=True)
class UsageLine:
    """One settled record, as it is exported."""

    id: uuid.UUID
    settled_at: datetime
    starts_at: datetime
    ends_at: datetime
    seconds: int
    amount_micro: int
    source: str
    label: str
    project: str
    member: str
    api_key: str
    market: str
    template: str
    labels: dict[str, str]


ADJUSTED = (
    "LEFT JOIN billing_usageadjustment AS adjustment ON adjustment.record_id = usage.id AND adjustment.current"
)

# Each dimension but the day as (the name of a group, what must be joined for it). A record with several labels is in
# several groups; all others put each record into one.
GROUPS = {
    Dimension.PROJECT: (
        "coalesce(project.name, '')",
        ADJUSTED + " LEFT JOIN organisations_project AS project ON project.id = "
        "CASE WHEN adjustment.id IS NULL THEN usage.project_id ELSE adjustment.project_id END",
    ),
    Dimension.MEMBER: (
        "coalesce(nullif(person.name, ''), person.email, '')",
        "LEFT JOIN users_user AS person ON person.id = usage.member_id",
    ),
    Dimension.KEY: (
        "coalesce(api_key.name, '')",
        "LEFT JOIN organisations_apikey AS api_key ON api_key.id = usage.api_key_id",
    ),
    Dimension.MARKET: ("coalesce(usage.dimensions->>'market', '')", ""),
    Dimension.TEMPLATE: ("coalesce(usage.dimensions->>'template', '')", ""),
    Dimension.LABEL: (
        "coalesce(label.key || ': ' || label.value, '')",
        ADJUSTED + " LEFT JOIN LATERAL jsonb_each_text("
        "coalesce(adjustment.labels, usage.dimensions->'labels', '{}')) AS label ON true",
    ),
    Dimension.JOB: ("usage.label", ""),
}

GROUPED = """
SELECT {name} AS name, count(*), sum(usage.seconds)::bigint, sum(usage.amount_micro)::bigint
FROM billing_usagerecord AS usage
{join}
WHERE usage.organisation_id = %(organisation)s AND usage.settled_at >= %(since)s AND usage.settled_at < %(until)s
GROUP BY 1 ORDER BY 4 DESC, 1 LIMIT %(limit)s
"""

# A range of the index for each day: what falls into one is added up as it is read, nothing is sorted.
BY_DAY = """
SELECT day::date, sums.records, sums.seconds, sums.amount
FROM generate_series(
    date_trunc('day', %(since)s AT TIME ZONE %(zone)s), %(until)s AT TIME ZONE %(zone)s, interval '1 day'
) AS day
CROSS JOIN LATERAL (
    SELECT count(*) AS records, sum(usage.seconds)::bigint AS seconds, sum(usage.amount_micro)::bigint AS amount
    FROM billing_usagerecord AS usage
    WHERE usage.organisation_id = %(organisation)s
        AND usage.settled_at >= greatest(%(since)s, day AT TIME ZONE %(zone)s)
        AND usage.settled_at < least(%(until)s, (day + interval '1 day') AT TIME ZONE %(zone)s)
) AS sums
WHERE sums.records > 0 ORDER BY 1 LIMIT %(limit)s
"""

LINES = """
SELECT usage.id, usage.settled_at, usage.starts_at, usage.ends_at, usage.seconds, usage.amount_micro, usage.source,
       usage.label, coalesce(project.name, ''), coalesce(person.email, ''), coalesce(api_key.name, ''),
       coalesce(usage.dimensions->>'market', ''), coalesce(usage.dimensions->>'template', ''),
       coalesce(adjustment.labels, usage.dimensions->'labels', '{}')
FROM billing_usagerecord AS usage
LEFT JOIN billing_usageadjustment AS adjustment ON adjustment.record_id = usage.id AND adjustment.current
LEFT JOIN organisations_project AS project
    ON project.id = CASE WHEN adjustment.id IS NULL THEN usage.project_id ELSE adjustment.project_id END
LEFT JOIN users_user AS person ON person.id = usage.member_id
LEFT JOIN organisations_apikey AS api_key ON api_key.id = usage.api_key_id
WHERE usage.organisation_id = %(organisation)s AND usage.settled_at < %(until)s
    AND (usage.settled_at, usage.id) > (%(since)s, %(after)s)
ORDER BY usage.settled_at, usage.id LIMIT %(limit)s
"""


def usage_by(
    organisation: Organisation, dimension: Dimension, *, since: datetime, until: datetime
) -> list[UsageRow]:
    """Return what was settled in [since, until) by one dimension: days in their order, others the dearest first.

    One query. Days are those of the organisation's time zone; a name "" is what has none.
    """
    statement = BY_DAY
    if dimension != Dimension.DAY:
        name, join = GROUPS[dimension]
        statement = GROUPED.format(name=name, join=join)
    params: dict[str, Any] = {
        "organisation": organisation.id,
        "since": since,
        "until": until,
        "zone": zone_of(organisation.time_zone).key,
        "limit": ROWS_LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [UsageRow(str(name), *sums) for name, *sums in cursor.fetchall()]


def usage_lines(organisation: Organisation, *, since: datetime, until: datetime) -> Iterator[UsageLine]:
    """Yield every record settled in [since, until), oldest first, in constant memory.

    Paged by key, so that no transaction or cursor stays open however slowly the reader takes them.
    """
    params: dict[str, Any] = {"organisation": organisation.id, "until": until, "limit": CHUNK}
    params |= {"since": since, "after": uuid.UUID(int=0)}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(LINES, params)
            lines = [_line(row) for row in cursor.fetchall()]
        yield from lines
        if len(lines) < CHUNK:
            return
        params |= {"since": lines[-1].settled_at, "after": lines[-1].id}


def _line(row: tuple[Any, ...]) -> UsageLine:
    return UsageLine(*row[:-1], **{"labels": json.loads(row[-1])})
