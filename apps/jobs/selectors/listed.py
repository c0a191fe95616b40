"""Jobs as programs read them, in lists and one by one.

The queries are written out, and no model is made of a row: a page of twenty would else be a hundred models, and Django
takes longer to spell such a query anew than the database takes to answer it (benchmarks/api.py, api.list_vs_drf).
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _
from psycopg.types.datetime import TimestamptzLoader

from apps.core.errors import NotFound
from apps.jobs.models import Job
from apps.jobs.policies import Policy
from apps.organisations.models import Grant
from apps.organisations.roles import Permission


class ListedAttempt(NamedTuple):
    """Of a job's current attempt, what a list shows or counts with; the names are the model's."""

    number: int
    address: str | None
    price_micro: int
    network_micro: int
    network_fee_micro: int
    platform_fee_micro: int
    cost_micro: int | None
    fee_micro: int | None
    settled_at: datetime | None

    @property
    def held_micro(self) -> int:
        """Return what is held for it at most, micro-NOS."""
        return self.network_micro + self.network_fee_micro + self.platform_fee_micro


class ListedJob(NamedTuple):
    """A job as a list shows it: the names are the model's; project and market are slugs, member is an address."""

    pk: uuid.UUID
    name: str
    state: str
    reason: str
    sentence: str
    project: str
    member: str
    market: str
    timeout_s: int
    visibility: str
    price_micro: int
    node: str
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    stop_requested_at: datetime | None
    result_at: datetime | None
    attempt: ListedAttempt | None


class ShownJob(NamedTuple):
    """A job by itself: what a list shows, and what it runs; `secrets` are names."""

    listed: ListedJob
    policy: Policy
    definition: dict[str, Any]
    labels: dict[str, str]
    secrets: list[str]
    secrets_id: uuid.UUID | None
    template: str
    template_number: int | None
    node_wanted: str

    @classmethod
    def of(cls, job: Job) -> "ShownJob":
        """Return it of a job that was just made or read with all it names."""
        attempt = job.attempt and ListedAttempt._make(getattr(job.attempt, name) for name in ListedAttempt._fields)
        names = {"project": job.project.slug, "member": job.member.email, "market": job.market.slug}
        facts = {name: getattr(job, name) for name in ListedJob._fields} | names | {"attempt": attempt}
        secrets = job.secrets.names if job.secrets else []
        own = {name: getattr(job, name) for name in ("policy", "definition", "labels", *PLAIN)}
        return cls(listed=ListedJob(**facts), secrets=secrets, **own)


# Looked up for the rows of the page alone: the database plans that three times as fast as joins.
NAMES = {
    "pk": "job.id",
    "project": "(SELECT slug FROM organisations_project WHERE id = job.project_id)",
    "member": "(SELECT email FROM users_user WHERE id = job.member_id)",
    "market": "(SELECT slug FROM jobs_market WHERE id = job.market_id)",
}
JOB = [NAMES.get(name, f"job.{name}") for name in ListedJob._fields[:-1]]
COLUMNS = [*JOB, *(f"attempt.{name}" for name in ListedAttempt._fields)]
PAGE = f"""
    SELECT {", ".join(COLUMNS)}
    FROM jobs_job AS job LEFT JOIN jobs_attempt AS attempt ON attempt.id = job.attempt_id
    WHERE job.organisation_id = %(organisation)s"""  # noqa: S608 - names of ours
POLICY = [field.name for field in fields(Policy)]
DOCUMENTS = ("job.definition", "job.labels", "(SELECT names FROM jobs_secretset WHERE id = job.secrets_id)")
PLAIN = ("secrets_id", "template", "template_number", "node_wanted")
OWN = [*DOCUMENTS, *(f"job.{name}" for name in (*PLAIN, *POLICY))]
PARTS = (slice(0, 3), slice(3, 3 + len(PLAIN)), slice(3 + len(PLAIN), None))
ONE = PAGE.replace(COLUMNS[-1], ", ".join([COLUMNS[-1], *OWN]), 1) + " AND job.id = %(job)s"
NARROWED = {
    "project": "job.project_id IN (SELECT id FROM organisations_project WHERE slug = %(project)s)",
    "market": "job.market_id IN (SELECT id FROM jobs_market WHERE slug = %(market)s)",
    "member": "job.member_id IN (SELECT id FROM users_user WHERE upper(email) = upper(%(member)s))",
    "since": "job.created_at >= %(since)s",
    "until": "job.created_at < %(until)s",
    "q": "(strpos(upper(job.name), upper(%(q)s)) > 0 OR attempt.address = %(q)s)",
}


def jobs_answered(
    grant: Grant,
    asked: Mapping[str, Any],
    *,
    by: Sequence[str],
    descending: bool,
    after: Sequence[Any],
    limit: int,
) -> list[ListedJob]:
    """Return the jobs that may be seen and are asked for, ordered by these fields of theirs, after those values."""
    facts = {
        "organisation": grant.organisation.pk,
        "limit": limit,
        **{n: asked[n] for n in NARROWED if n in asked},
    }
    wanted = [words for name, words in NARROWED.items() if name in facts]
    wanted += _allowed(grant, facts)
    if "state" in asked:
        wanted.append(f"job.state IN ({_each('state', asked['state'], facts)})")
    order = [f"job.{field}" for field in by]
    if after:
        marks = _each("after", after, facts)
        wanted.append(f"({', '.join(order)}) {'<' if descending else '>'} ({marks})")
    sql = PAGE + "".join(f" AND {words}" for words in wanted)
    sql += f" ORDER BY {', '.join(f'{one} DESC' if descending else one for one in order)} LIMIT %(limit)s"
    return [_read(row) for row in _rows(sql, facts)]


def job_shown(grant: Grant, job_id: uuid.UUID) -> ShownJob:
    """Return a job that may be seen. Raises NotFound."""
    facts: dict[str, Any] = {"organisation": grant.organisation.pk, "job": job_id}
    for row in _rows(" AND ".join([ONE, *_allowed(grant, facts)]), facts):
        return _whole(row)
    raise job_unknown(grant)


def job_at_hand(job: Job) -> ShownJob:
    """Return a job as it is now, for whoever has it already."""
    (row,) = _rows(ONE, {"organisation": job.organisation_id, "job": job.pk})
    return _whole(row)


def job_unknown(grant: Grant) -> NotFound:
    """Return the refusal of a job that is none for who asks."""
    return NotFound(
        _("There is no such job in %(organisation)s; choose one from the list.")
        % {"organisation": grant.organisation.name}
    )


def _allowed(grant: Grant, facts: dict[str, Any]) -> list[str]:
    """Return the condition of the projects whose jobs may be seen, if it is not all of them."""
    allowed = grant.reach.projects_where(Permission.JOBS_VIEW)
    if allowed is None:
        return []
    return [f"job.project_id IN ({_each('allowed', list(allowed), facts)})" if allowed else "false"]


def _rows(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Psycopg's own, which reads moments (UTC) several times as fast as Django's, which can move them to a zone.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def _whole(row: Sequence[Any]) -> ShownJob:
    documents, plain, policy = (row[len(COLUMNS) :][at] for at in PARTS)
    read = (json.loads(text or "[]") for text in documents)
    return ShownJob(_read(row[: len(COLUMNS)]), Policy(*policy), *read, *plain)


def _read(row: Sequence[Any]) -> ListedJob:
    attempt = row[len(JOB) :]
    return ListedJob._make([*row[: len(JOB)], None if attempt[0] is None else ListedAttempt._make(attempt)])


def _each(name: str, values: Sequence[Any], facts: dict[str, Any]) -> str:
    """Put each value under a name of its own among the facts, and return their places with commas between."""
    facts |= {f"{name}{index}": value for index, value in enumerate(values)}
    return ", ".join(f"%({name}{index})s" for index in range(len(values)))
