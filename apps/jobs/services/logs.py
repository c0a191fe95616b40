"""Log lines, stored in order, each once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.jobs.models import Attempt, LogLine
from apps.jobs.services.moves import job_lock, job_notify

TEXT_LIMIT = 16_384  # characters of one line that are kept


@dataclass(frozen=True)
class LogEntry:
    """The line number `position` (from 0) in one stream of one operation.

    `stream` is "container" for what the operation writes, "info" and "error" for what the node says about it.
    """

    op_id: str
    position: int
    stream: str
    at: datetime
    text: str

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes it the same line."""
        return self.op_id, self.stream, self.position


def storable(text: str) -> str:
    """Return text that PostgreSQL can keep: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def loglines_add(attempt_id: uuid.UUID, entries: Sequence[LogEntry]) -> int:
    """Store the lines that are new, in the order given, tell whoever watches, and return how many were new.

    A line is known by its operation and position, so a replay of old lines changes nothing.
    """
    if not entries:
        return 0
    with transaction.atomic():
        attempt = Attempt.objects.only("job_id").get(pk=attempt_id)
        job_lock(attempt.job_id)
        known = set(
            LogLine.objects.filter(
                attempt_id=attempt_id,
                op_id__in={entry.op_id for entry in entries},
                position__gte=min(entry.position for entry in entries),
                position__lte=max(entry.position for entry in entries),
            ).values_list("op_id", "stream", "position")
        )
        last = (
            LogLine.objects.filter(job_id=attempt.job_id).order_by("-seq").values_list("seq", flat=True).first()
            or 0
        )
        lines: list[LogLine] = []
        for entry in entries:
            if entry.key in known:
                continue
            known.add(entry.key)
            lines.append(
                LogLine(
                    job_id=attempt.job_id,
                    attempt_id=attempt_id,
                    seq=last + len(lines) + 1,
                    op_id=storable(entry.op_id),
                    position=entry.position,
                    stream=entry.stream,
                    at=entry.at,
                    text=storable(entry.text)[:TEXT_LIMIT],
                )
            )
        LogLine.objects.bulk_create(lines, batch_size=1000)
        if lines:
            job_notify(attempt.job_id, f"log {last + len(lines)}")
        return len(lines)
