"""What support tells to programs and people."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.types import EventType, Group, NoticeKind
from apps.organisations.roles import Permission

TICKET_ANSWERED = EventType(
    "ticket.answered",
    _("Our staff answered a question of the organisation."),
    {
        "ticket": "0199a1b2-0000-7000-8000-000000000000",
        "number": 1001,
        "subject": "The log stops at line 7",
        "state": "waiting",
    },
    NoticeKind(
        Group.SUPPORT,
        _("Our staff answered my question"),
        _("Our staff answered “{subject}”"),
        Permission.JOBS_VIEW,
        ("support:ticket", "ticket"),
        chat=False,
        told=_("Everybody who wrote in the thread gets a mail, whatever they choose."),
    ),
)


def event_types() -> list[EventType]:
    """Return the kinds of events that support tells."""
    return [TICKET_ANSWERED]
