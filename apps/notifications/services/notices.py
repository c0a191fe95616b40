"""Acts of a person on their notices: read one, read all."""

import uuid
from datetime import datetime

from django.db import transaction

from apps.notifications.models import NoticeRead, Reader
from apps.notifications.selectors.notices import TRAIL, Shown, notice_get, notices_young
from apps.organisations.models import Grant
from apps.organisations.roles import Permission


def notice_read(*, grant: Grant, notice_id: uuid.UUID | str, now: datetime) -> Shown:
    """Note that the member read a notice; a repeat changes nothing. Returns it. Raises NotFound and Denied."""
    shown = notice_get(grant, notice_id, now=now)
    if shown.unread:
        marks = [NoticeRead(event=shown.event, user_id=grant.member.user_id, at=now)]
        NoticeRead.objects.bulk_create(marks, ignore_conflicts=True)
    return shown


def notices_read_all(*, grant: Grant, now: datetime) -> None:
    """Note that the member read everything there is. Raises Denied.

    The mark stays two minutes behind, and younger notices are marked one by one: a transaction that is still open may
    bring one that is older than what was seen, and that one is not read.
    """
    grant.require(Permission.ORGANISATION_VIEW)
    until = now - TRAIL
    with transaction.atomic():
        reader = reader_lock(grant)
        young = notices_young(grant, reader, now=now)
        marks = [NoticeRead(event_id=pk, user_id=reader.user_id, at=now) for pk in young]
        NoticeRead.objects.bulk_create(marks, ignore_conflicts=True)
        if reader.read_until is None or reader.read_until < until:
            reader.read_until = until
            reader.save(update_fields=["read_until"])
            mine = NoticeRead.objects.filter(user=reader.user_id, event__organisation=grant.organisation_id)
            mine.filter(event__at__lte=until).delete()


def reader_lock(grant: Grant) -> Reader:
    """Return the member's row, made if there is none, locked until the transaction ends."""
    key = {"organisation_id": grant.organisation_id, "user_id": grant.member.user_id}
    Reader.objects.bulk_create([Reader(**key)], ignore_conflicts=True)
    return Reader.objects.select_for_update(no_key=True).get(**key)
