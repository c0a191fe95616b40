"""What jobs can show of an organisation's work: which ran, on which node, and what the chain signed of them."""

from datetime import datetime
from uuid import UUID

from apps.core.money import credits_text
from apps.core.sheets import Sheet
from apps.jobs.models import Attempt

COLUMNS = (
    "job", "name", "launched by", "started", "ended", "seconds", "credits", "node", "chain account",
    "listed by transaction", "settled by transaction",
)  # fmt: skip
MOST = 5_000  # rows: evidence is read by people


def job_evidence(*, organisation_id: UUID, since: datetime, until: datetime) -> Sheet:
    """Return every attempt that ran between two moments, oldest first, with its chain signatures."""
    attempts = (
        Attempt.objects.select_related("job__member")
        .filter(job__organisation_id=organisation_id, started_at__gte=since, started_at__lt=until)
        .order_by("started_at", "id")[:MOST]
    )
    return Sheet("jobs", "Jobs that ran", COLUMNS, [_row(attempt) for attempt in attempts])


def _row(attempt: Attempt) -> tuple[object, ...]:
    job = attempt.job
    spent = (attempt.cost_micro or 0) + (attempt.network_fee_micro or 0) + (attempt.fee_micro or 0)
    return (
        str(job.id), job.name, job.member.email, _text(attempt.started_at), _text(attempt.ended_at),
        attempt.seconds or "", credits_text(spent) if attempt.seconds is not None else "", attempt.node,
        attempt.address or "", attempt.list_signature, attempt.settle_signature,
    )  # fmt: skip


def _text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
