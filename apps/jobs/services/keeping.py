"""How long logs are kept, and their end."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.jobs.models import LogBook, LogKeeping, LogPage
from apps.jobs.selectors import log_days
from apps.organisations.models import Grant, Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record

DAYS_MOST = 3650
LINES_AT_ONCE = 5_000
BATCH = 200  # jobs in one round


def log_keeping_set(*, membership: Membership | Grant, days: int, actor: Actor, now: datetime) -> None:
    """Keep the logs of ended jobs for so many days from now on; a repeat changes nothing. Raises Denied, AppError."""
    membership.require(Permission.ORGANISATION_EDIT)
    if not 1 <= days <= DAYS_MOST:
        sentence = _("Logs are kept for 1 to %(days_most)s days.") % {"days_most": DAYS_MOST}
        raise AppError(sentence, fields={"days": [sentence]})
    with transaction.atomic():
        before = log_days(membership.organisation)
        LogKeeping.objects.update_or_create(organisation=membership.organisation, defaults={"days": days})
        if before != days:
            audit_record(
                organisation_id=membership.organisation_id,
                actor=actor,
                act="log_keeping.set",
                subject=f"organisation:{membership.organisation_id}",
                before={"days": before},
                after={"days": days},
                now=now,
            )


def logs_expire(*, now: datetime) -> int:
    """Delete the lines of jobs that ended longer ago than their organisation keeps them; return of how many jobs.

    In small transactions: a run that breaks off is carried on by the next, and streams that read notice nothing.
    """
    chosen = LogKeeping.objects.filter(organisation=OuterRef("job__organisation")).values("days")[:1]
    ended = LogBook.objects.filter(deleted_at=None, job__ended_at__lt=now - timedelta(days=1))
    books = ended.annotate(days=Coalesce(Subquery(chosen), settings.JOB_LOG_DAYS))
    due = books.filter(job__ended_at__lt=now - F("days") * timedelta(days=1)).order_by("job_id")
    job_ids = list(due.values_list("job_id", flat=True)[:BATCH])
    for job_id in job_ids:
        while _lines_delete(job_id) == LINES_AT_ONCE:
            pass
        LogPage.objects.filter(job_id=job_id).delete()
        LogBook.objects.filter(job_id=job_id).update(deleted_at=now)
    return len(job_ids)


def _lines_delete(job_id: uuid.UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM jobs_logline WHERE id IN (SELECT id FROM jobs_logline WHERE job_id = %s LIMIT %s)",
            [job_id, LINES_AT_ONCE],
        )
        return int(cursor.rowcount)
