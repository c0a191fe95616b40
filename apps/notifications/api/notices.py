"""Endpoints for notices: read them, mark them, and choose what comes by e-mail."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.notifications.api.notice_shapes import (
    ChoicesChange,
    ChoicesShape,
    NoticeShape,
    NoticesQuestion,
    ReadShape,
)
from apps.notifications.models import Event, Reader
from apps.notifications.selectors import Shown, notice_show, notices_rows, reader_of
from apps.notifications.services import choices_set, notice_read, notices_read_all
from apps.notifications.services.mails import mail_way
from apps.notifications.types import notice_kinds
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

P = Permission.ORGANISATION_VIEW


class Notices(Endpoint):
    """The notices that the caller may read."""

    @described(NoticeShape, page=True, question=NoticesQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the notices, newest first; `unread` and `kind` narrow. To a service key all are unread."""
        grant, now = self.grant(P), timezone.now()
        reader = reader_of(grant) if grant.membership else None

        def narrow(rows: Any, asked: dict[str, Any]) -> Any:
            if asked["unread"] and reader is not None:
                rows = rows.filter(notice_read_by=False)
            return rows.filter(type=asked["kind"]) if "kind" in asked else rows

        def show(event: Event) -> Any:
            return _shape(notice_show(event, grant, unread=not event.notice_read_by))  # type: ignore[attr-defined]

        rows = notices_rows(grant, reader, now=now)
        return page_answer(request, rows, show, newest_first=True, question=NoticesQuestion, narrow=narrow)


def _shape(shown: Shown) -> Any:
    facts = {
        "id": shown.id,
        "kind": shown.event.type,
        "title": shown.title,
        "text": shown.text,
        "alarm": shown.alarm,
        "unread": shown.unread,
        "subject": shown.event.subject,
        "url": settings.BASE_URL + shown.path,
        "at": shown.at,
    }
    return NoticeShape(facts).data


class NoticesRead(Endpoint):
    """The mark that all is read."""

    @described(ReadShape, body=Nothing)
    def post(self, request: Request, slug: str) -> Response:
        """Mark all notices as read, and answer until when. A service key gets 403: it is no reader."""
        grant, now = self.grant(P), timezone.now()
        Nothing(data=request.data).read()

        def act() -> Any:
            notices_read_all(grant=grant, now=now)
            return ReadShape({"read_until": now}).data

        return self.once(grant, act, status=200, forgets=True)


class NoticeRead(Endpoint):
    """The mark that one notice is read."""

    @described(NoticeShape, body=Nothing)
    def post(self, request: Request, slug: str, notice_id: UUID) -> Response:
        """Mark a notice as read; a repeat changes nothing."""
        grant = self.grant(P)
        shown = notice_read(grant=grant, notice_id=notice_id, now=timezone.now())
        Nothing(data=request.data).read()
        return Response(_shape(shown) | {"unread": False})


class Choices(Endpoint):
    """What the caller hears of, and when."""

    @described(ChoicesShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read which notices are chosen, with the kinds that the caller's role could ever read."""
        grant = self.grant(P)
        return Response(_choices(grant, reader_of(grant)))

    @described(ChoicesShape, body=ChoicesChange)
    def patch(self, request: Request, slug: str) -> Response:
        """Choose which notices come, and when: all that is sent, or nothing."""
        grant = self.grant(P)
        wanted = ChoicesChange(data=request.data).read()
        reader = choices_set(grant=grant, **quiet_taken(wanted, reader_of(grant)), now=timezone.now())
        return Response(_choices(grant, reader))


def quiet_taken(wanted: dict[str, Any], now: Any) -> dict[str, Any]:
    """Return what was sent with its quiet hours as one pair, the missing half as it is now."""
    rest = {name: value for name, value in wanted.items() if not name.startswith("quiet_")}
    if len(rest) == len(wanted):
        return rest
    halves = (wanted.get(name, getattr(now, name)) for name in ("quiet_from", "quiet_until"))
    return rest | {"quiet": tuple(halves)}


def _choices(grant: Grant, reader: Reader) -> Any:
    kinds = [
        {
            "kind": name,
            "label": str(kind.label),
            "here": reader.choices.get(name, {}).get("here", True),
            "mail": mail_way(reader, name).value,
            "alarm": kind.alarm,
        }
        for name, kind in notice_kinds().items()
        if grant.hears.may(kind.audience)
    ]
    names = ("quiet_from", "quiet_until", "time_zone", "daily_hour")
    return ChoicesShape({"kinds": kinds} | {name: getattr(reader, name) for name in names}).data
