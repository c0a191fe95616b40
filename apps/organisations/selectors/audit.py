"""Reading the audit trail: a page of it, all of it, one event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.core.languages import plainly
from apps.core.money import credits_text
from apps.organisations.act_words import act_words
from apps.organisations.audit import moment
from apps.organisations.models import AuditDetail, AuditEvent, Organisation

BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class AuditFilters:
    """What part of the trail is asked for; what is empty does not narrow. `until` is not included."""

    act: str = ""  # "cap.set", or "cap" for every act on caps
    person: str = ""  # part of a name or an e-mail address
    subject: str = ""  # "job:…", or "job" for every one
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self != AuditFilters()


@dataclass(frozen=True)
class AuditLine:
    """One event as people read it."""

    event: AuditEvent

    @cached_property
    def content(self) -> dict[str, Any]:
        """The personal side; empty when it was erased."""
        detail: AuditDetail | None = getattr(self.event, "detail", None)
        return detail.content if detail is not None else {}

    @property
    def erased(self) -> bool:
        """Whether the personal side was erased."""
        return getattr(self.event, "detail", None) is None

    @property
    def who(self) -> str:
        """The name of who acted, as it was then; of an erased person as it is now, or a number."""
        event = self.event
        name = self.content.get("person") or self.content.get("email")
        if not name and event.user_id is not None:
            name = str(event.user) if event.user else _("Person %(user_id)s") % {"user_id": event.user_id}
        if event.actor_kind == AuditEvent.Kind.KEY:
            key = self.content.get("key") or (event.api_key.name if event.api_key else _("a deleted key"))
            return (
                _("%(name)s by the key “%(key)s”") % {"name": name, "key": key}
                if name
                else _("The key “%(key)s”") % {"key": key}
            )
        if event.actor_kind == AuditEvent.Kind.STAFF:
            as_whom = self.content.get("acting_as") or (event.acting_as and str(event.acting_as))
            if as_whom:
                return _("%(name)s (staff, acting as %(whom)s)") % {"name": name or _("Staff"), "whom": as_whom}
            return _("%(name)s (staff)") % {"name": name or _("Staff")}
        return name or "Nosana Web"

    @property
    def did(self) -> str:
        """What they did, in words."""
        return act_words(self.event.act)

    @property
    def before(self) -> dict[str, Any]:
        """What was before, the personal side included."""
        return {**(self.event.before or {}), **self.content.get("before", {})}

    @property
    def after(self) -> dict[str, Any]:
        """What is after, the personal side included."""
        return {**(self.event.after or {}), **self.content.get("after", {})}

    @property
    def of_itself(self) -> bool:
        """Whether the subject is the organisation itself."""
        return bool(self.event.subject == f"organisation:{self.event.organisation_id}")

    @property
    def on(self) -> str:
        """The subject, short enough for a line of a table."""
        noun, _unused, name = self.event.subject.partition(":")
        return f"{noun} {name}" if len(name) <= 16 else f"{noun} …{name[-8:]}"

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(field, before, after) by name, as people read them; what does not exist is None."""
        before, after = self.before, self.after
        names = sorted({*before, *after})
        return [(_words(name), _shown(name, before.get(name)), _shown(name, after.get(name))) for name in names]

    def row(self) -> dict[str, Any]:
        """Return the event as an export or an endpoint gives it."""
        event = self.event
        with plainly():
            who = self.who
        return {
            "id": event.pk,
            "at": moment(event.at),
            "act": event.act,
            "subject": event.subject,
            "actor": event.actor_kind,
            "who": who,
            "email": self.content.get("email", ""),
            "address": self.content.get("address", ""),
            "agent": self.content.get("agent", ""),
            "before": self.before or None,
            "after": self.after or None,
            "day": event.day.day.isoformat() if event.day else None,
            "erased": self.erased,
        }


def _words(name: str) -> str:
    return name.removesuffix("_micro").replace("_", " ")


def _shown(name: str, value: Any) -> Any:
    if name.endswith("micro") and isinstance(value, int):
        return _("%(credits)s credits") % {"credits": credits_text(value)}
    return ", ".join(str(one) for one in value) if isinstance(value, list) else value


def audit_events(organisation: Organisation, filters: AuditFilters) -> QuerySet[AuditEvent]:
    """Return the organisation's events that fit, newest first, with all that a line shows."""
    events = AuditEvent.objects.filter(organisation=organisation).order_by("-id")
    return audit_narrow(events, filters).select_related("detail", "user", "acting_as", "api_key", "day")


def audit_narrow(events: QuerySet[AuditEvent], filters: AuditFilters) -> QuerySet[AuditEvent]:
    """Return those of the events that fit."""
    if filters.act:
        events = events.filter(Q(act=filters.act) | Q(act__startswith=f"{filters.act}."))
    if filters.subject:
        events = events.filter(Q(subject=filters.subject) | Q(subject__startswith=f"{filters.subject}:"))
    if filters.since:
        events = events.filter(at__gte=filters.since)
    if filters.until:
        events = events.filter(at__lt=filters.until)
    if filters.person:
        then = Q(detail__content__person__icontains=filters.person)
        then |= Q(detail__content__email__icontains=filters.person)
        now = Q(user__name__icontains=filters.person) | Q(user__email__icontains=filters.person)
        events = events.filter(then | now)
    if filters.text:
        written = {name: Cast(name, TextField()) for name in ("before", "after", "detail__content")}
        events = events.annotate(
            **{f"{name.partition('__')[0]}_text": cast for name, cast in written.items()}
        ).filter(
            Q(act__icontains=filters.text)
            | Q(subject__icontains=filters.text)
            | Q(before_text__icontains=filters.text)
            | Q(after_text__icontains=filters.text)
            | Q(detail_text__icontains=filters.text)
        )
    return events


def audit_latest(organisation: Organisation, *, limit: int) -> list[AuditLine]:
    """Return the newest lines, newest first."""
    return [AuditLine(event) for event in audit_events(organisation, AuditFilters())[:limit]]


def audit_all(organisation: Organisation, filters: AuditFilters) -> Iterator[AuditLine]:
    """Yield every line that fits, newest first, in constant memory."""
    return (AuditLine(event) for event in audit_events(organisation, filters).iterator(chunk_size=1_000))


def audit_event_get(organisation: Organisation, event_id: int) -> AuditLine:
    """Return one event of the organisation. Raises NotFound."""
    event = audit_events(organisation, AuditFilters()).filter(pk=min(event_id, BIGGEST_ID)).first()
    if event is None:
        raise NotFound(
            _("There is no such event in this organisation's trail; it may be older than events are kept.")
        )
    return AuditLine(event)


def audit_acts(organisation: Organisation) -> list[str]:
    """Return the acts that occur in the organisation's trail, by name."""
    acts = AuditEvent.objects.filter(organisation=organisation).order_by("act")
    return list(acts.values_list("act", flat=True).distinct())
