"""What a job tells whoever launched it, by mail; each thing once."""

from django.conf import settings

from apps.core.mail import mail_write
from apps.jobs.models import Job

SUBJECTS = {
    "waited": "{name} still waits for a node",
    "near_limit": "{name} is near its time limit",
    "not_extended": "{name} could not be extended",
    "failed": "{name} failed",
}


def job_tell(job: Job, what: str, sentence: str, *, key: str) -> None:
    """Mail the sentence to the member who launched the job, once per key."""
    mail_write(
        key=f"job:{key}",
        to=job.member.email,
        template="job",
        context={
            "subject": SUBJECTS[what].format(name=f"“{job.name}”"),
            "job": job,
            "organisation": job.organisation,
            "sentence": sentence,
            "url": f"{settings.BASE_URL}/o/{job.organisation.slug}/jobs/{job.pk}/",
            "platform": settings.PLATFORM_NAME,
        },
    )
