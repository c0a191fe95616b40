"""Pages of logs, by which the search through all of them finds its way.

Lines are written without any of this, as fast as they come; a moment later their pages are made, 1,000 lines each. What
has no page yet is read line by line.
"""

import time
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from apps.jobs.grams import grams_of
from apps.jobs.models import LogBook, LogLine, LogPage
from apps.jobs.state import OVER

PAGE_LINES = 1_000
PAGE_CHARACTERS = 500_000
PAGING_S = 8.0  # seconds after which the rest waits for the next turn
BATCH = 200  # jobs in one round


def logs_page(*, now: datetime) -> int:
    """Make the pages that lack: full ones of every log, the last one of jobs that are over; return how many.

    Safe to run twice and at once: each page begins where the last one ended, and is kept once.
    """
    full = Q(lines__gte=F("paged") + PAGE_LINES)
    books = LogBook.objects.filter(full | Q(job__state__in=OVER), deleted_at=None, lines__gt=F("paged"))
    found = books.order_by("job_id").values_list("job_id", "job__organisation_id", "job__state", "paged")
    made, began = 0, time.monotonic()
    for job_id, organisation_id, state, paged in list(found[:BATCH]):
        last: int | None = paged
        while last is not None and time.monotonic() - began < PAGING_S:
            last = _page_make(organisation_id, job_id, last, whole=state not in OVER)
            made += last is not None
    return made


def _page_make(organisation_id: uuid.UUID, job_id: uuid.UUID, after: int, *, whole: bool) -> int | None:
    """Make the page that begins after the line; return its last line, None where there is none to make."""
    lines = LogLine.objects.filter(job_id=job_id, seq__gt=after).order_by("seq")
    rows = list(lines.values_list("seq", "at", "text")[:PAGE_LINES])
    if not rows or (whole and len(rows) < PAGE_LINES):
        return None
    grams: set[int] = set()
    kept, characters = 0, 0
    for _, _, text in rows:
        if kept and characters + len(text) > PAGE_CHARACTERS:
            break
        grams |= grams_of(text)
        kept, characters = kept + 1, characters + len(text)
    times = [at for _, at, _ in rows[:kept]]
    last: int = rows[kept - 1][0]
    with transaction.atomic():
        if not LogBook.objects.filter(job_id=job_id, paged=after, deleted_at=None).update(paged=last):
            return None  # somebody else made it meanwhile
        LogPage.objects.create(
            organisation_id=organisation_id,
            job_id=job_id,
            first_seq=rows[0][0],
            last_seq=last,
            from_at=min(times),
            to_at=max(times),
            grams=sorted(grams),
        )
    return last
