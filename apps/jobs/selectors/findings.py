"""The search through the logs of all jobs that may be seen, newest job first."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.jobs.grams import GRAM, grams_of
from apps.jobs.levels import ERROR_STREAMS, words_of
from apps.jobs.models import Job, LogBook, LogLine, LogPage
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

PAGES_READ = 100  # pages of lines that one question reads at most
GRAMS_ASKED = 40  # of a long question the first ones are telling enough

FIND = """
SELECT l.id, l.job_id, l.attempt_id, l.seq, l.op_id, l.position, l.stream, l.at, l.text
FROM unnest(%s::uuid[], %s::integer[], %s::integer[]) AS page(job_id, first_seq, last_seq)
JOIN jobs_logline l ON l.job_id = page.job_id AND l.seq BETWEEN page.first_seq AND page.last_seq
WHERE upper(l.text) LIKE upper(%s)
  AND (%s::timestamptz IS NULL OR l.at >= %s) AND (%s::timestamptz IS NULL OR l.at < %s)
  AND (%s = '' OR l.stream = ANY(%s) OR l.text ~* %s)
ORDER BY l.job_id DESC, l.seq DESC LIMIT %s
"""


@dataclass(frozen=True)
class LogWanted:
    """What is looked for: words of three letters at least, and what the lines are narrowed to."""

    words: str
    project_id: uuid.UUID | None = None
    job_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    level: str = ""


@dataclass(frozen=True)
class LogsFound:
    """Lines with their jobs, newest job first and newest line first; `next_before` is where to search on, or None."""

    lines: list[LogLine]
    next_before: str | None


Mark = tuple[uuid.UUID, int]


def logs_search(grant: Grant, wanted: LogWanted, before: str = "", *, limit: int = 100) -> LogsFound:
    """Return lines that hold the words, in any case of letters, from all logs that may be seen: four queries.

    Raises AppError for words that are too short and for a mark that is none.
    """
    if len(wanted.words) < GRAM:
        raise AppError(_("Write three letters at least to search through all logs."), code="words_short")
    mark = mark_read(before) if before else None
    pages, more = _pages(grant, wanted, mark)
    lines = _lines(wanted, pages, mark, limit) if pages else []
    jobs = Job.objects.select_related("project", "market").defer("definition", "result")
    known = jobs.in_bulk({line.job_id for line in lines}) if lines else {}
    for line in lines:
        line.job = known[line.job_id]
    if len(lines) > limit:
        lines = lines[:limit]
        return LogsFound(lines, mark_text((lines[-1].job_id, lines[-1].seq)))
    return LogsFound(lines, mark_text((pages[-1][0], pages[-1][1])) if more else None)


def mark_read(text: str) -> Mark:
    """Return the line a page of findings begins below. Raises AppError."""
    job, _unused, seq = text.partition(":")
    try:
        if seq.isascii() and seq.isdigit() and len(seq) < 10:
            return uuid.UUID(job), int(seq)
    except ValueError:
        pass
    raise AppError(
        _("“%(text)s” marks no line; search again from the newest one.") % {"text": text[:60]}, code="page_unknown"
    )


def mark_text(mark: Mark) -> str:
    """Return a mark as an address holds it."""
    return f"{mark[0].hex}:{mark[1]}"


def _pages(grant: Grant, wanted: LogWanted, mark: Mark | None) -> tuple[list[tuple[uuid.UUID, int, int]], bool]:
    """Return job, first and last line of what may hold the words, newest first, and whether more was left out."""
    grams = sorted(grams_of(wanted.words))[:GRAMS_ASKED]
    paged = _narrowed(
        LogPage.objects.filter(organisation=grant.organisation, grams__contains=grams), grant, wanted
    )
    if wanted.since:
        paged = paged.filter(to_at__gte=wanted.since)
    if wanted.until:
        paged = paged.filter(from_at__lt=wanted.until)
    if mark:
        paged = paged.filter(Q(job_id__lt=mark[0]) | Q(job_id=mark[0], first_seq__lt=mark[1]))
    rest = LogBook.objects.filter(job__organisation=grant.organisation, deleted_at=None, lines__gt=F("paged"))
    rest = _narrowed(rest, grant, wanted)
    if mark:
        rest = rest.filter(Q(job_id__lt=mark[0]) | Q(job_id=mark[0], paged__lt=mark[1] - 1))
    pages = list(
        paged.order_by("-job_id", "-first_seq").values_list("job_id", "first_seq", "last_seq")[: PAGES_READ + 1]
    )
    pages += rest.order_by("-job_id").values_list("job_id", F("paged") + 1, "lines")[: PAGES_READ + 1]
    pages.sort(reverse=True)
    return pages[:PAGES_READ], len(pages) > PAGES_READ


def _narrowed(found: QuerySet[Any], grant: Grant, wanted: LogWanted) -> QuerySet[Any]:
    allowed = grant.reach.projects_where(Permission.JOBS_VIEW)
    if allowed is not None:
        found = found.filter(job__project__in=allowed)
    if wanted.project_id:
        found = found.filter(job__project=wanted.project_id)
    return found.filter(job=wanted.job_id) if wanted.job_id else found


def _lines(
    wanted: LogWanted, pages: list[tuple[uuid.UUID, int, int]], mark: Mark | None, limit: int
) -> list[LogLine]:
    jobs, firsts, lasts = (list(column) for column in zip(*pages, strict=True))
    if mark:
        lasts = [min(last, mark[1] - 1) if job == mark[0] else last for job, last in zip(jobs, lasts, strict=True)]
    like = wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    level = words_of(wanted.level)
    asked: list[Any] = [jobs, firsts, lasts, f"%{like}%", wanted.since, wanted.since, wanted.until, wanted.until]
    asked += [level, list(ERROR_STREAMS), level, limit + 1]
    return list(LogLine.objects.raw(FIND, asked))
