"""Jobs that have what some addresses name: a note, a result."""

from django.utils import timezone

from apps.jobs.models import Job, Note
from apps.organisations.models import Organisation


def noted(job: Job) -> Job:
    """Return the organisation's job that has a note, or this one with a note of its owner."""
    found = Job.objects.filter(organisation=job.organisation_id, notes__isnull=False).first()
    if found is None:
        owner = job.organisation.memberships.get(role="owner").user
        Note.objects.create(job=job, author=owner, text="Halve the batch.", created_at=timezone.now())
    return found or job


def note_of(organisation: Organisation, job: Job) -> Note:
    """Return the one note of the organisation."""
    return Note.objects.get(job=noted(job))


def resulted(job: Job) -> Job:
    """Return the job with one result."""
    job.result = {"opStates": [{"operationId": "a", "results": {"loss": ["0.25"]}}]}
    job.result_at = timezone.now()
    job.save(update_fields=["result", "result_at"])
    return job
