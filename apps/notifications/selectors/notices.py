"""What a person may read of an organisation's notices: those of their role and projects, and those for them alone.

Each list is made of two, by an index of its own: what is for several people, and what is for one.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.notifications.models import Event, NoticeRead, Reader
from apps.notifications.types import NOTICE_KEPT, notice_kinds
from apps.notifications.words import notice_path, notice_words
from apps.organisations.models import Grant
from apps.organisations.reach import Reach
from apps.organisations.roles import Permission

LIST = 50
COUNTED = 100  # more unread ones are not counted
TRAIL = timedelta(minutes=2)


@dataclass(frozen=True)
class Shown:
    """A notice as its reader sees it."""

    event: Event
    title: str
    text: str
    label: str
    path: str
    alarm: bool
    unread: bool
    id: uuid.UUID = field(init=False)
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.event.pk)
        object.__setattr__(self, "at", self.event.at)


def reader_of(grant: Grant) -> Reader:
    """Return what the member chose and read, also before anything is kept of it."""
    member = grant.member
    found = Reader.objects.filter(organisation=grant.organisation_id, user=member.user_id).first()
    return found or Reader(organisation=grant.organisation, user_id=member.user_id)


def readable(reach: Reach) -> Q:
    """Return which notices a reach may read, apart from whom they name."""
    condition = Q(audience__in=sorted(reach.everywhere))
    for project_id, allowed in (reach.projects or {}).items():
        condition |= Q(project=project_id, audience__in=sorted(allowed))
    return condition


def kinds_here(reader: Reader | None) -> list[str]:
    """Return the kinds that the reader's list shows."""
    choices = reader.choices if reader else {}
    return [name for name in notice_kinds() if choices.get(name, {}).get("here", True)]


def notices_page(
    grant: Grant,
    *,
    reader: Reader | None,
    now: datetime,
    unread: bool = False,
    kind: str = "",
    before: uuid.UUID | None = None,
    limit: int = LIST,
) -> list[Shown]:
    """Return `limit` notices, newest first, and one more if there is one; only unread ones, only of a kind.

    A service key, which is no reader, sees what is for several people, and all as unread. Raises Denied.
    """
    rows = _rows(grant, reader, now=now)
    if unread and reader is not None:
        rows = rows.filter(_unread(grant, reader))
    if kind:
        rows = rows.filter(type=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = _newest(rows, grant, limit + 1)
    return _shown(found, grant, reader)


def notices_rows(grant: Grant, reader: Reader | None, *, now: datetime) -> QuerySet[Event]:
    """Return the same as rows that pages can be cut from, with `notice_read_by`: whether the reader has read it."""
    rows = _rows(grant, reader, now=now).filter(_addressed(grant))
    if reader is None:
        return rows.annotate(notice_read_by=Value(False))
    return rows.annotate(notice_read_by=Case(When(_unread(grant, reader), then=Value(False)), default=Value(True)))


def notices_unread(grant: Grant, *, now: datetime) -> int:
    """Return how many notices the member has not read, at most COUNTED. Raises Denied."""
    reader = reader_of(grant)
    rows = _rows(grant, reader, now=now).filter(_unread(grant, reader))
    return min(len(_ids(rows, grant, COUNTED)), COUNTED)


def notice_get(grant: Grant, notice_id: uuid.UUID | str, *, now: datetime) -> Shown:
    """Return one notice, also of a kind that the reader's list leaves out. Raises NotFound and Denied."""
    reader = reader_of(grant) if grant.membership else None
    try:
        found = Event.objects.filter(_visible(grant, now), _addressed(grant), pk=uuid.UUID(str(notice_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(_("There is no such notice, or it is older than 90 days; see the list."))
    return _shown([found], grant, reader)[0]


def _rows(grant: Grant, reader: Reader | None, *, now: datetime) -> QuerySet[Event]:
    return Event.objects.filter(_visible(grant, now), type__in=kinds_here(reader))


def _visible(grant: Grant, now: datetime) -> Q:
    grant.require(Permission.ORGANISATION_VIEW)
    recent = Q(organisation=grant.organisation_id, at__gte=now - NOTICE_KEPT, type__in=list(notice_kinds()))
    return recent & ~Q(audience="") & readable(grant.hears)


def _addressed(grant: Grant) -> Q:
    several = Q(person=None)
    return several | Q(person=grant.membership.user_id) if grant.membership else several


def _unread(grant: Grant, reader: Reader) -> Q:
    marked = Exists(NoticeRead.objects.filter(event=OuterRef("pk"), user=grant.member.user_id))
    if reader.read_until is not None:
        return ~marked & Q(at__gt=reader.read_until)
    return ~marked & Q(at__gte=grant.member.created_at)


def _ids(rows: QuerySet[Event], grant: Grant, limit: int) -> list[uuid.UUID]:
    """Return the ids of the newest rows for the caller, each of the two lists by its own index."""
    several = rows.filter(person=None).exclude(audience="").order_by("-id").values_list("pk")[:limit]
    if grant.membership is None:
        return [row[0] for row in several]
    own = rows.filter(person=grant.membership.user_id).order_by("-id").values_list("pk")[:limit]
    return [row[0] for row in several.union(own, all=True).order_by("-id")[:limit]]


def _newest(rows: QuerySet[Event], grant: Grant, limit: int) -> list[Event]:
    ids = _ids(rows, grant, limit)
    return list(Event.objects.filter(pk__in=ids).order_by("-id"))


def _shown(events: Sequence[Event], grant: Grant, reader: Reader | None) -> list[Shown]:
    read = set()
    if reader is not None and events:
        marks = NoticeRead.objects.filter(user=reader.user_id, event__in=[event.pk for event in events])
        read = set(marks.values_list("event_id", flat=True))
    joined = grant.membership.created_at if grant.membership else None
    old = {event.pk for event in events if reader is not None and _before(event, reader, joined)}
    return [notice_show(event, grant, unread=event.pk not in read | old) for event in events]


def notice_show(event: Event, grant: Grant, *, unread: bool) -> Shown:
    """Return a notice in words."""
    kind, (title, text) = notice_kinds()[event.type], notice_words(event)
    path = notice_path(event, grant.organisation.slug)
    return Shown(event, title, text, str(kind.label), path, kind.alarm, unread=unread)


def _before(event: Event, reader: Reader, joined: datetime | None) -> bool:
    if reader.read_until is not None:
        return event.at <= reader.read_until
    return joined is not None and event.at < joined


def notices_young(grant: Grant, reader: Reader, *, now: datetime) -> list[uuid.UUID]:
    """Return the newest unread notices, of which a transaction that is still open may have older ones."""
    rows = _rows(grant, reader, now=now).filter(_unread(grant, reader), at__gte=now - TRAIL)
    return _ids(rows, grant, 1_000)
