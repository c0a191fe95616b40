"""A job's name and project, changed together or not at all."""

from datetime import datetime

from django.db import transaction

from apps.jobs.models import Job
from apps.jobs.services.again import job_rename
from apps.jobs.services.projects import job_project_set
from apps.organisations.models import Grant, Project
from apps.organisations.services import Actor


def job_change(
    *, grant: Grant, job: Job, name: str | None = None, project: Project | None = None, actor: Actor, now: datetime
) -> None:
    """Give the job the name and the project that are said. A repeat changes nothing.

    Raises what job_rename and job_project_set raise; then nothing changed.
    """
    with transaction.atomic():
        if name is not None:
            job_rename(membership=grant.member, job=job, name=name, actor=actor, now=now)
        if project is not None:
            job_project_set(grant=grant, job=job, project=project, now=now)
