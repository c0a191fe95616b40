"""What is told of a job beside its moves: to programs, and to whoever launched it; each thing once."""

from datetime import datetime
from typing import Any

from apps.jobs.events import job_facts
from apps.jobs.models import Attempt, Job
from apps.notifications.services import event_emit


def job_tell(job: Job, what: str, sentence: str, *, key: str, now: datetime, **facts: Any) -> None:
    """Tell `job.<what>` of the job with this sentence, once per key, in the caller's transaction."""
    event_emit(
        organisation_id=job.organisation_id,
        type=f"job.{what}",
        subject=f"job:{job.pk}",
        key=f"job:{key}",
        data={**job_facts(job), "sentence": sentence, **facts},
        project_id=job.project_id,
        person_id=job.member_id,
        now=now,
    )


def settled_tell(job: Job, attempt: Attempt, sentence: str, *, now: datetime) -> None:
    """Tell what an attempt cost, the platform's fee included."""
    cost = (attempt.cost_micro or 0) + (attempt.fee_micro or 0)
    facts = {"attempt": attempt.number, "seconds": attempt.seconds, "cost_micro": cost}
    job_tell(job, "settled", sentence, key=f"{attempt.pk}:settled", now=now, **facts)
