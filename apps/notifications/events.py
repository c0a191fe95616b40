"""What is told of an organisation's people, keys and webhooks, which lie below this app or in it."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.types import EventType, Group, MailWay, NoticeKind
from apps.organisations.roles import Permission

P = Permission
ID = "0199a1b2-0000-7000-8000-000000000000"
KEY = {"key": ID, "name": "CI", "expires": "2026-12-01"}

APPROVAL_ASKED = EventType(
    "approval.asked",
    _("Somebody asks for an approval, or asks again with another worst case."),
    {"approval": ID, "kind": "Launch a job", "worst_case": "It costs 120.00 credits at most.", "by": "Mia"},
    NoticeKind(
        Group.PEOPLE,
        _("Somebody asks for my approval"),
        _("{by} asks for an approval: {kind}"),
        P.APPROVALS_DECIDE,
        ("organisations:approval", "approval"),
        "{worst_case}",
        told=_("Everybody who may decide gets a mail with a link of their own, whatever you choose."),
    ),
)
APPROVAL_DECIDED = EventType(
    "approval.decided",
    _("A request was approved, denied, ran out, or could not be done."),
    {"approval": ID, "kind": "Launch a job", "state": "done", "outcome": "approved", "note": ""},
    NoticeKind(
        Group.PEOPLE,
        _("My request was decided"),
        _("Your request “{kind}” was {outcome}"),
        P.ORGANISATION_VIEW,
        ("organisations:approval", "approval"),
        "{note}",
        chat=False,
        told=_("Whoever asked gets a mail, whatever they choose."),
    ),
)
INVITATION_ACCEPTED = EventType(
    "member.joined",
    _("An invited person joined."),
    {"email": "ada@example.com", "name": "Ada", "role": "developer"},
    NoticeKind(
        Group.PEOPLE,
        _("Somebody I invited joined"),
        _("{name} joined as {role}"),
        P.MEMBERS_MANAGE,
        ("organisations:members",),
        "{email}",
        mail=MailWay.DAILY,
    ),
)
MEMBER_LET_IN = EventType(
    "member.let_in",
    _("Somebody with an address of an open domain became a member."),
    {"email": "ada@example.com", "name": "Ada", "role": "viewer", "domain": "example.com"},
    NoticeKind(
        Group.PEOPLE,
        _("Somebody joined by a domain"),
        _("{name} joined as {role} by the domain {domain}"),
        P.MEMBERS_MANAGE,
        ("organisations:members",),
        "{email}",
        mail=MailWay.DAILY,
    ),
)
SIGN_IN_CHANGED = EventType(
    "sign_in.changed",
    _("Somebody changed what a sign-in needs, your own sign-in, or who joins by a domain."),
    {"act": "sign_in.policy_set", "what": "what a sign-in needs", "by": "Olga"},
    NoticeKind(
        Group.PEOPLE,
        _("How people sign in was changed"),
        _("Sign-in was changed: {what}"),
        P.ORGANISATION_EDIT,
        ("organisations:sign_in_settings",),
        _("By {by}. The audit trail says what it was before."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
DOMAIN_MISSING = EventType(
    "domain.missing",
    _("The record that proves a domain is gone from DNS."),
    {"name": "example.com", "record": "_nosana-web.example.com", "ends": "2026-12-01"},
    NoticeKind(
        Group.PEOPLE,
        _("The record of a domain is gone"),
        _("DNS no longer proves {name}"),
        P.ORGANISATION_EDIT,
        ("organisations:sign_in_settings",),
        _("The TXT record {record} is gone. Put it back by {ends}, or your sign-in no longer speaks for {name}."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
DOMAIN_LOST = EventType(
    "domain.lost",
    _("A domain is no longer proven, since its record was gone for a week."),
    {"name": "example.com", "record": "_nosana-web.example.com"},
    NoticeKind(
        Group.PEOPLE,
        _("A domain is no longer proven"),
        _("{name} is no longer proven"),
        P.ORGANISATION_EDIT,
        ("organisations:sign_in_settings",),
        _("Your sign-in no longer speaks for it, and nobody joins by it. Put {record} back and prove it anew."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
FROZEN = EventType(
    "organisation.frozen",
    _("We froze the organisation: nothing can be started or topped up in it."),
    {"why": "We ask about a payment by mail.", "jobs": "go on"},
    NoticeKind(
        Group.PEOPLE,
        _("Our organisation was frozen"),
        _("Your organisation is frozen"),
        P.AUDIT_VIEW,  # owner and admins
        ("organisations:settings",),
        _("Nothing can be started or topped up until we thaw it. {why} Write to us if you want to know more."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
THAWED = EventType(
    "organisation.thawed",
    _("The organisation is no longer frozen."),
    {"since": "2026-11-26T09:00:00.000000Z"},
    NoticeKind(
        Group.PEOPLE,
        _("Our organisation was thawed"),
        _("Your organisation works again"),
        P.AUDIT_VIEW,
        ("organisations:settings",),
        _("Jobs can be started and credits topped up as before."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
KEY_EXPIRING = EventType(
    "key.expiring",
    _("A personal API key expires within 7 days, or within one."),
    KEY,
    NoticeKind(
        Group.PEOPLE,
        _("A key of mine is about to expire"),
        _("Your API key “{name}” expires on {expires}"),
        P.KEYS_MANAGE,
        ("organisations:keys",),
        _("Rotate it before then, or what uses it stops."),
        chat=False,
        mail=MailWay.NOW,
        alarm=True,
    ),
)
SERVICE_KEY_EXPIRING = EventType(
    "service_key.expiring",
    _("A service key expires within 7 days, or within one."),
    KEY,
    NoticeKind(
        Group.PEOPLE,
        _("A service key is about to expire"),
        _("The service key “{name}” expires on {expires}"),
        P.KEYS_MANAGE_ALL,
        ("organisations:keys",),
        _("Rotate it before then, or what uses it stops."),
        mail=MailWay.NOW,
        alarm=True,
    ),
)
ENDPOINT_OFF = EventType(
    "webhook.turned_off",
    _("An endpoint was turned off, because it took nothing for three days or said that it is gone."),
    {"endpoint": ID, "url": "https://example.com/hook", "reason": "It took nothing for 3 days."},
    NoticeKind(
        Group.PEOPLE,
        _("An endpoint was turned off"),
        _("Events no longer go to {url}"),
        P.WEBHOOKS_MANAGE,
        ("notifications:webhook", "endpoint"),
        _("{reason} Mend it, turn it on again, and send again what it missed; events are kept for 30 days."),
        mail=MailWay.NOW,
    ),
)


def event_types() -> list[EventType]:
    """Return the kinds of events that are told here."""
    return [
        APPROVAL_ASKED,
        APPROVAL_DECIDED,
        INVITATION_ACCEPTED,
        MEMBER_LET_IN,
        SIGN_IN_CHANGED,
        DOMAIN_MISSING,
        DOMAIN_LOST,
        FROZEN,
        THAWED,
        KEY_EXPIRING,
        SERVICE_KEY_EXPIRING,
        ENDPOINT_OFF,
    ]
