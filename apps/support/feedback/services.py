"""Bringing feedback to staff, as a mail: each one once, with who, where and which job."""

import re
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, NotFound
from apps.core.mail import mail_write
from apps.core.models import Mail
from apps.jobs.models import Job
from apps.jobs.selectors import job_get
from apps.organisations.models import Grant

AN_HOUR = 10  # of one person
JOB = re.compile(r"^/o/[\w-]+/jobs/([0-9a-f-]{36})/")


def feedback_send(*, grant: Grant, text: str, page: str, key: uuid.UUID, now: datetime) -> Mail:
    """Promise staff a mail with what the person says, the page, and the job of the page; the same key again is one.

    Raises AppError for too many in an hour.
    """
    person = grant.member.user
    sent = f"feedback:{person.pk}:"
    with transaction.atomic():
        lately = Mail.objects.filter(key__startswith=sent, created_at__gt=now - timedelta(hours=1))
        if lately.exclude(key=f"{sent}{key}").count() >= AN_HOUR:
            raise AppError(
                _("You have told us much in the last hour, and we read all of it; write again a little later."),
                code="feedback_often",
                status=429,
            )
        return mail_write(
            key=f"{sent}{key}",
            to=settings.STAFF_EMAIL,
            template="feedback",
            context={
                "person": person,
                "role": grant.member.get_role_display(),
                "organisation": grant.organisation,
                "text": text,
                "page": f"{settings.BASE_URL}{page}" if page else "",
                "job": job_of_page(grant, page),
            },
        )


def job_of_page(grant: Grant, page: str) -> Job | None:
    """Return the job whose page that is, if the person sees it."""
    found = JOB.match(page)
    try:
        return job_get(grant, uuid.UUID(found[1])) if found else None
    except (NotFound, ValueError):
        return None
