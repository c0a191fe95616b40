"""The kinds of events there are: each app above says its own, through the port `notifications.event_types`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import AppError
from apps.core.wiring import ask
from apps.core.words import Words
from apps.organisations.roles import Permission

NOTICE_KEPT = timedelta(days=90)


class Group(TextChoices):
    """Under which heading a kind of notice stands."""

    JOBS = "jobs", _("Jobs")
    MONEY = "money", _("Money")
    PEOPLE = "people", _("People and access")
    SUPPORT = "support", _("Support")


class MailWay(TextChoices):
    """When a notice comes by e-mail."""

    NONE = "none", _("No e-mail")
    NOW = "now", _("At once")
    DAILY = "daily", _("In the daily mail")


@dataclass(frozen=True)
class NoticeKind:
    """How people are told of an event; in `title` and `text` a name in braces stands for a value of its data.

    A value `x_micro` is shown as {x} credits, `x_minor` as {x} in the event's currency. Whoever has the permission
    `audience` (in the event's project) may read it, or of them only the person whom the fact names.
    """

    group: Group
    label: Words
    title: Words
    audience: Permission
    page: tuple[str, ...]  # a route, and the names of its values after the organisation
    text: Words = ""
    mail: MailWay = MailWay.NONE  # until a person chooses otherwise
    alarm: bool = False  # about security or money at risk: does not wait for the end of quiet hours
    chat: bool = True  # whether a channel of a chat can hear of it; not where it speaks to one person
    told: Words = ""  # who gets a mail of its own about it, whatever anybody chooses here


@dataclass(frozen=True)
class EventType:
    """A kind of event: its name (noun.verb), what it tells in a sentence, an example of its data, how people hear."""

    name: str
    sentence: Words
    example: Mapping[str, Any] = field(default_factory=dict)
    notice: NoticeKind | None = None


TEST = EventType("webhook.test", _("Sent by hand, to try an endpoint."), {"note": "It works."})


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """Return every kind of event that people are told too, by its name, in the order in which it is declared."""
    declared = [kind for answer in ask("notifications.event_types") for kind in answer]
    return {kind.name: kind.notice for kind in declared if kind.notice is not None}


@cache
def event_types() -> dict[str, EventType]:
    """Return every kind that can be chosen, by its name."""
    declared = [kind for answer in ask("notifications.event_types") for kind in answer]
    return {kind.name: kind for kind in sorted(declared, key=lambda kind: kind.name)}


def chat_kinds() -> dict[str, NoticeKind]:
    """Return the kinds of notices that a chat can hear of."""
    return {name: kind for name, kind in notice_kinds().items() if kind.chat}


def types_read(names: Collection[str], *, chat: bool = False) -> list[str]:
    """Return the chosen kinds in the order of the list; none chosen means all. Raises AppError for an unknown one."""
    known: Collection[str] = chat_kinds() if chat else event_types()
    unknown = [str(name)[:60] for name in names if name not in known]
    if unknown:
        sentence = gettext("There are no events “%(unknown)s”; compare with the list of events.") % {
            "unknown": "”, “".join(unknown[:5])
        }
        raise AppError(sentence, code="event_type_unknown", fields={"types": [sentence]})
    return [name for name in known if name in names]
