"""Questions about the log of a job."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from apps.jobs.levels import ERROR_STREAMS, words_of
from apps.jobs.models import Attempt, Job, LogBook, LogKeeping, LogLine
from apps.organisations.models import Organisation

WINDOW = 100_000  # lines that one statement of a search looks at
SEARCH_S = 2.0  # seconds after which a search says how far it came


@dataclass(frozen=True)
class Found:
    """Lines that hold the words, in order; `next_after` is where to search on, None at the end of the log."""

    lines: list[LogLine]
    next_after: int | None


def log_after(job: Job, seq: int = 0, limit: int = 1000) -> list[LogLine]:
    """Return up to `limit` log lines after the sequence number, in order."""
    return list(job.log.filter(seq__gt=seq).order_by("seq")[:limit])


def log_search(job: Job, words: str, *, after: int = 0, limit: int = 200, level: str = "") -> Found:
    """Return up to `limit` lines after the sequence number that hold the words, in any case of letters.

    `level` narrows them to lines that sound so serious. A log of any length is searched in windows, and for a few
    seconds at most.
    """
    last = LogBook.objects.filter(job=job).values_list("lines", flat=True).first() or 0
    lines: list[LogLine] = []
    began = time.monotonic()
    serious = Q(stream__in=ERROR_STREAMS) | Q(text__iregex=words_of(level)) if level else Q()
    while after < last and len(lines) < limit and time.monotonic() - began < SEARCH_S:
        window = job.log.filter(serious, seq__gt=after, seq__lte=after + WINDOW, text__icontains=words)
        found = list(window.order_by("seq")[: limit - len(lines)])
        lines += found
        after = found[-1].seq if len(lines) == limit else after + WINDOW
    return Found(lines, after if after < last else None)


def log_book(job: Job) -> LogBook:
    """Return what is kept of the job's log; an empty book for a job that wrote nothing."""
    try:
        return job.book
    except LogBook.DoesNotExist:
        return LogBook(job=job)


def log_days(organisation: Organisation) -> int:
    """Return for how many days after a job's end the organisation keeps its log."""
    chosen = LogKeeping.objects.filter(organisation=organisation).values_list("days", flat=True).first()
    return chosen or settings.JOB_LOG_DAYS


def log_position_of(*, attempt_id: uuid.UUID, op_id: str, stream: str, at: datetime, text: str) -> int | None:
    """Return the position of the first stored line like this one, or None."""
    lines = LogLine.objects.filter(attempt_id=attempt_id, op_id=op_id, stream=stream, at=at, text=text)
    return lines.order_by("position").values_list("position", flat=True).first()


def log_positions(attempt_id: uuid.UUID) -> dict[tuple[str, str], int]:
    """Return up to which position lines are stored, by operation and stream."""
    job_id, number = Attempt.objects.values_list("job_id", "number").get(pk=attempt_id)
    places = LogBook.objects.filter(job_id=job_id).values_list("places", flat=True).first() or {}
    found = {}
    for place, position in places.items():
        of_attempt, stream, op_id = place.split("|", 2)
        if of_attempt == str(number):
            found[op_id, stream] = position
    return found
