"""Lists of jobs: a page of them, those a word finds, and what the running ones cost an hour."""

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Extract, JSONObject

from apps.jobs.models import Attempt, Job, Market
from apps.jobs.selectors.jobs import jobs_of
from apps.jobs.state import LIVE, State
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

SEARCHED = 20_000
# What a table of jobs on a page reads: wide rows are made and unmade for every page otherwise.
SHOWN = (
    *("id", "organisation_id", "name", "state", "timeout_s", "visibility", "price_micro", "created_at"),
    *("started_at", "ended_at", "stop_requested_at"),
    *("market__name", "project__name", "member__name", "member__email"),
    *("attempt__price_micro", "attempt__network_fee_micro", "attempt__cost_micro", "attempt__fee_micro"),
    *("attempt__settled_at",),
)
FIRST_FAILED: Func = Func(
    "result",
    function="jsonb_path_query_first",
    template="%(function)s(%(expressions)s, '$.opStates[*].exitCode ? (@.type() == \"number\" && @ != 0)')",
    output_field=JSONField(null=True),
)
ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")


@dataclass(frozen=True)
class JobFilters:
    """What a list of jobs is narrowed to; empty means all."""

    state: str = ""
    project_id: uuid.UUID | None = None
    market_id: int | None = None
    member_id: int | None = None
    text: str = ""  # part of the name, or the whole id or address
    since: datetime | None = None  # launched then or later
    until: datetime | None = None  # launched before then


def jobs_latest(grant: Grant, filters: JobFilters | None = None, *, limit: int) -> list[Job]:
    """Return the newest of the jobs that may be seen, with what a table of them shows: one query."""
    return list(jobs_shown(grant, filters or JobFilters()).order_by("-id")[:limit])


def jobs_narrow(jobs: QuerySet[Job], filters: JobFilters) -> QuerySet[Job]:
    """Return those of the jobs that fit."""
    if filters.state:
        jobs = jobs.filter(state=filters.state)
    for field in ("project_id", "market_id", "member_id"):
        if getattr(filters, field) is not None:
            jobs = jobs.filter(**{field: getattr(filters, field)})
    if filters.since:
        jobs = jobs.filter(created_at__gte=filters.since)
    if filters.until:
        jobs = jobs.filter(created_at__lt=filters.until)
    return jobs.filter(_named(filters.text)) if filters.text else jobs


def jobs_listed(grant: Grant, filters: JobFilters) -> QuerySet[Job]:
    """Return the jobs that may be seen and that fit, without definition and result, in no order yet."""
    return jobs_narrow(jobs_of(grant), filters).defer("definition", "result")


def jobs_shown(grant: Grant, filters: JobFilters) -> QuerySet[Job]:
    """Return the same with no more than a table on a page shows."""
    return jobs_failing(jobs_narrow(jobs_of(grant), filters).only(*SHOWN))


def jobs_failing(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Return the jobs with `exit_code`: the first of their operations' that is not 0, if the node told of one."""
    return jobs.annotate(exit_code=FIRST_FAILED)


def jobs_stoppable(grant: Grant, job_ids: Collection[uuid.UUID]) -> list[Job]:
    """Return those of the jobs that the caller may stop and that have not ended nor been asked to, newest first."""
    jobs = jobs_of(grant).filter(pk__in=job_ids, state__in=LIVE, stop_requested_at=None)
    allowed = grant.reach.projects_where(Permission.JOBS_STOP)
    if allowed is not None:
        jobs = jobs.filter(project__in=allowed)
    return list(jobs.defer("definition", "result").order_by("-id"))


def jobs_newer(grant: Grant, filters: JobFilters, job_id: uuid.UUID, *, most: int) -> int:
    """Return how many jobs that fit came after that one, counted up to `most`."""
    newer = jobs_narrow(jobs_of(grant), filters).filter(pk__gt=job_id).order_by()
    return newer.values("pk")[:most].count()


def markets_used() -> list[Market]:
    """Return every market there is or was, by name: what jobs may have run in."""
    return list(Market.objects.order_by("name", "id"))


def _named(text: str) -> Q:
    """Return what finds a job by its id, by an address it has or had, or by a part of its name."""
    try:
        return Q(pk=uuid.UUID(text))
    except ValueError:
        pass
    named = Q(name__icontains=text)
    if ADDRESS.fullmatch(text):
        named |= Q(pk__in=Attempt.objects.filter(address=text).values("job"))
    return named


def jobs_found(grant: Grant, text: str, *, limit: int) -> list[Job]:
    """Return the newest jobs that may be seen and that the text finds, with their markets: one query.

    Ids and addresses are looked for among all, parts of names among the newest SEARCHED: this answers while one types.
    """
    found = jobs_narrow(jobs_of(grant), JobFilters(text=text))
    if not _whole(text):  # answered by the index job_page alone, so that no row without a hit is read
        oldest = jobs_of(grant).order_by("-id").values("pk")[SEARCHED : SEARCHED + 1]
        found = found.filter(pk__gte=Coalesce(Subquery(oldest), Value(uuid.UUID(int=0))))
    hits = found.order_by("-id").values("pk")[:limit]
    return list(jobs_of(grant).filter(pk__in=hits).defer("definition", "result").order_by("-id"))


def _whole(text: str) -> bool:
    """Return whether the text may be a whole id or address."""
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return ADDRESS.fullmatch(text) is not None


def jobs_burn(organisation: OuterRef) -> QuerySet[Any, Any]:
    """Return what another query of organisations is annotated with to learn what runs there, in one JSON object.

    `jobs` how many, `price` the sum of their prices (micro-NOS a second), `begun` the sum of price × start (as a
    moment in seconds), from which follows what they have cost at any later one.
    """
    running = Job.objects.filter(organisation=organisation, state=State.RUNNING, started_at__isnull=False)
    start = Extract("started_at", "epoch", output_field=FloatField())
    begun = Sum(ExpressionWrapper(start * F("attempt__price_micro"), output_field=FloatField()))
    found = JSONObject(jobs=Count("pk"), price=Sum("attempt__price_micro"), begun=begun)
    return running.order_by().values("organisation").annotate(found=found).values("found")
