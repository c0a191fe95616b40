"""Keeping what people tell us and bringing it to staff as a mail, once; and the answer, once, by mail."""

import re
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.core.mail import mail_write
from apps.jobs.models import Job
from apps.jobs.selectors import job_get
from apps.organisations.models import Grant, Membership
from apps.support.feedback.models import Feedback
from apps.users.models import User

AN_HOUR = 10  # of one person
JOB = re.compile(r"^/o/[\w-]+/jobs/([0-9a-f-]{36})/")


def feedback_send(*, grant: Grant, text: str, page: str, key: uuid.UUID, now: datetime) -> Feedback:
    """Keep what the person says with the page and its job, and promise staff a mail; the same key again is one.

    Raises AppError for too many in an hour.
    """
    person = grant.member.user
    with transaction.atomic():
        # what they send at once is counted one after the other
        Membership.objects.select_for_update().get(pk=grant.member.pk)
        told = Feedback.objects.filter(person=person, key=key).first()
        if told is not None:
            return told
        if Feedback.objects.filter(person=person, at__gt=now - timedelta(hours=1)).count() >= AN_HOUR:
            raise AppError(
                _("You have told us much in the last hour, and we read all of it; write again a little later."),
                code="feedback_often",
                status=429,
            )
        told = Feedback.objects.create(
            organisation=grant.organisation,
            person=person,
            key=key,
            text=text,
            page=page,
            job=job_of_page(grant, page),
            at=now,
        )
        _tell_staff(told, grant.member)
    return told


def feedback_answer(*, feedback_id: uuid.UUID, text: str, user: User, now: datetime) -> Feedback:
    """Answer by a mail to who said it, once; without a text it is noted that none is needed.

    The same answer again changes nothing. Raises NotFound, and Conflict where it was answered otherwise.
    """
    with transaction.atomic():
        told = Feedback.objects.select_for_update(of=["self"]).select_related("person", "answered_by").filter(
            pk=feedback_id
        ).first()  # fmt: skip
        if told is None:
            raise NotFound
        if told.answered_at is not None:
            if told.answer == text:
                return told
            raise Conflict(f"{told.answered_by} has seen to it already; read below what was answered.")
        told.answer, told.answered_at, told.answered_by = text, now, user
        told.save(update_fields=["answer", "answered_at", "answered_by"])
        if text and told.person.is_active:
            _tell_person(told)
    return told


def feedback_get(feedback_id: uuid.UUID) -> Feedback:
    """Return what somebody told, for staff. Raises NotFound."""
    rows = Feedback.objects.select_related("organisation", "person", "job", "answered_by")
    found = rows.filter(pk=feedback_id).first()
    if found is None:
        raise NotFound
    return found


def job_of_page(grant: Grant, page: str) -> Job | None:
    """Return the job whose page that is, if the person sees it."""
    found = JOB.match(page)
    try:
        return job_get(grant, uuid.UUID(found[1])) if found else None
    except (NotFound, ValueError):
        return None


def _tell_staff(told: Feedback, member: Membership) -> None:
    mail_write(
        key=f"feedback:{told.person_id}:{told.key}",
        to=settings.STAFF_EMAIL,
        template="feedback",
        context={
            "person": told.person,
            "role": member.get_role_display(),
            "organisation": told.organisation,
            "text": told.text,
            "page": f"{settings.BASE_URL}{told.page}" if told.page else "",
            "job": told.job,
            "url": f"{settings.BASE_URL}/admin/early/feedback/{told.pk}/",
        },
    )


def _tell_person(told: Feedback) -> None:
    mail_write(
        key=f"feedback:{told.pk}:answer",
        to=told.person.email,
        template="feedback_answered",
        context={
            "text": told.text,
            "answer": told.answer,
            "url": f"{settings.BASE_URL}/o/{told.organisation.slug}/support/new/",
        },
        language=told.person.language,
    )
