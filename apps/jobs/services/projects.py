"""Which project a job belongs to."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.jobs import sentences as said
from apps.jobs.models import Job
from apps.jobs.services.moves import event_write, job_lock
from apps.organisations.models import Grant, Project
from apps.organisations.roles import Permission
from apps.organisations.services import project_lock


def job_project_set(*, grant: Grant, job: Job, project: Project, now: datetime) -> Job:
    """Put a job into another project; what was used and is held stays counted where it was. A repeat does nothing.

    It takes the permission to launch jobs in both projects. Raises Denied, NotFound for a project that is not seen,
    Conflict for an archived one.
    """
    with transaction.atomic():
        target = project_lock(grant, project.pk)
        job = job_lock(job.pk)
        if job.organisation_id != grant.organisation_id:
            raise NotFound(_("There is no such job here; choose one from the list."))
        for project_id in (job.project_id, target.pk):
            grant.require(Permission.JOBS_LAUNCH, project_id)
        if job.project_id == target.pk:
            return job
        before, job.project = job.project.name, target
        job.save(update_fields=["project"])
        key = said.KEY % {"name": grant.api_key and grant.api_key.name}
        who = str(grant.membership.user) if grant.membership else key
        sentence = said.PROJECT_SET % {"who": who, "before": before, "after": target.name}
        event_write(job=job, kind="project_set", sentence=sentence, now=now)
    return job
