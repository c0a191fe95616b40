"""Counting what a job has cost elsewhere: under another project and labels, in reports from now on."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.selectors import usage_of
from apps.billing.services import usage_relabel
from apps.core.errors import Conflict
from apps.jobs.models import Job
from apps.organisations.models import Grant, Project
from apps.organisations.services import Actor


def job_relabel(
    *,
    grant: Grant,
    job: Job,
    project: Project | None,
    labels: Mapping[str, str],
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Count all that the job's tries have cost under the project and labels; return how many records that are.

    Job, invoices and issued statements stay as they are; the same again changes nothing. Raises Conflict before
    anything is settled, Denied, NotFound for a foreign project, LabelsRefused.
    """
    with transaction.atomic():
        records = list(usage_of(grant.organisation, job.attempts.values_list("hold_source", flat=True)))
        if not records:
            raise Conflict(_("Nothing is settled of this job yet; once it is, its cost can be counted elsewhere."))
        for record in records:
            usage_relabel(
                membership=grant.member,
                actor=actor,
                record_id=record.pk,
                project_id=project.pk if project else None,
                labels=labels,
                reason=reason,
                now=now,
            )
    return len(records)
