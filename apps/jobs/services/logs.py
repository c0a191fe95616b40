"""Log lines, stored in order, each once.

A job's lines are counted in its LogBook, whose row is the lock of its log: what writes lines never waits for what moves
the job, and many jobs are written in one transaction, so that a thousand quiet jobs cost no more than one loud one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from apps.jobs import sentences as said
from apps.jobs.models import Attempt, LogBook
from apps.jobs.services.moves import job_notify
from apps.jobs.services.secrets import Mask, mask_of

TEXT_LIMIT = 16_384  # characters of one line that are kept
PLACES_LIMIT = 1_000  # operations and streams of one job; a node that invents more is not believed
NOTE = "note"  # the stream of what we say ourselves

BOOK_FIELDS = ["lines", "bytes", "full", "dropped_lines", "dropped_bytes", "places"]
COPY = """
COPY jobs_logline (job_id, attempt_id, seq, op_id, position, stream, at, text) FROM STDIN
"""


@dataclass(frozen=True)
class LogEntry:
    """The line number `position` (from 0) in one stream of one operation.

    `stream` is "container" for what the operation writes, "info" and "error" for what the node says about it. The lines
    of a stream come in order; those before the newest stored one are known.
    """

    op_id: str
    position: int
    stream: str
    at: datetime
    text: str


@dataclass
class Batch:
    """Lines of one attempt to be stored; `mask` hides the job's secrets."""

    job_id: uuid.UUID
    attempt_id: uuid.UUID
    number: int
    entries: Sequence[LogEntry]
    mask: Mask = field(default_factory=lambda: Mask({}))


def storable(text: str) -> str:
    """Return text that PostgreSQL can keep: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def text_kept(text: str, mask: Mask) -> str:
    """Return the text as a line keeps it: without secrets, cut where it is too long, and saying so."""
    text = storable(mask.hide(text))
    if len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]}… ({len(text) - TEXT_LIMIT:,} characters more were cut off)"


def batch_of(attempt_id: uuid.UUID, entries: Sequence[LogEntry] = ()) -> Batch:
    """Return a batch of the attempt's lines, with what hides its secrets. Raises VaultLocked."""
    job_id, number = Attempt.objects.values_list("job_id", "number").get(pk=attempt_id)
    return Batch(job_id, attempt_id, number, entries, mask_of(job_id))


def loglines_add(attempt_id: uuid.UUID, entries: Sequence[LogEntry]) -> int:
    """Store the lines that are new, in the order given, tell whoever watches, and return how many were new.

    A line is known by its operation, stream and position, so a replay of old lines changes nothing.
    """
    return loglines_store([batch_of(attempt_id, entries)]) if entries else 0


def loglines_store(batches: Sequence[Batch]) -> int:
    """Store lines of several jobs in one transaction, each job's in order, and return how many were new."""
    with transaction.atomic():
        books = _books_lock({batch.job_id for batch in batches})
        rows: list[tuple[object, ...]] = []
        for batch in batches:
            rows += _rows(batch, books[batch.job_id])
        if rows:
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                for row in rows:
                    copy.write_row(row)
        LogBook.objects.bulk_update(books.values(), BOOK_FIELDS)
        for job_id in {row[0] for row in rows}:
            job_notify(job_id, f"log {books[job_id].lines}")  # type: ignore[arg-type, index]
        return len(rows)


def _books_lock(job_ids: set[uuid.UUID]) -> Mapping[uuid.UUID, LogBook]:
    """Return the log books of the jobs, made where they lack, locked in the order of their ids."""
    found = _books_find(job_ids)
    if len(found) < len(job_ids):
        fresh = [LogBook(job_id=job_id) for job_id in sorted(job_ids - found.keys())]
        LogBook.objects.bulk_create(fresh, ignore_conflicts=True)
        found = _books_find(job_ids)
    return found


def _books_find(job_ids: set[uuid.UUID]) -> dict[uuid.UUID, LogBook]:
    books = LogBook.objects.select_for_update().filter(job_id__in=job_ids).order_by("job_id")
    return {book.job_id: book for book in books}


def _rows(batch: Batch, book: LogBook) -> list[tuple[object, ...]]:
    """Return the rows of the lines that are new, and count them in the book."""
    rows: list[tuple[object, ...]] = []
    for entry in batch.entries:
        op_id = storable(entry.op_id)
        place = f"{batch.number}|{entry.stream}|{op_id}"
        expected = book.places.get(place, 0)
        if entry.position < expected or (not expected and len(book.places) >= PLACES_LIMIT):
            continue
        book.places[place] = entry.position + 1
        text = text_kept(entry.text, batch.mask)
        size = len(text.encode())
        if book.full:
            book.dropped_lines, book.dropped_bytes = book.dropped_lines + 1, book.dropped_bytes + size
            continue
        if book.bytes + size > settings.JOB_LOG_BYTES:
            rows.append(_note(batch, book, entry.at))
            book.full, book.dropped_lines, book.dropped_bytes = True, 1, size
            continue
        book.lines, book.bytes = book.lines + 1, book.bytes + size
        line = book.lines, op_id, entry.position, entry.stream, entry.at, text
        rows.append((batch.job_id, batch.attempt_id, *line))
    return rows


def _note(batch: Batch, book: LogBook, at: datetime) -> tuple[object, ...]:
    book.lines += 1
    sentence = said.LOG_FULL % {"megabytes": f"{settings.JOB_LOG_BYTES // 1_000_000:,}"}
    return batch.job_id, batch.attempt_id, book.lines, "", 0, NOTE, at, sentence
