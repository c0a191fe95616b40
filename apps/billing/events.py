"""What billing tells to programs and people."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.notifications.types import EventType, Group, MailWay, NoticeKind, Words
from apps.organisations.roles import Permission

FINANCE = _("The finance address gets the document, whatever you choose.")
ALERTED = _("Whoever is chosen under Billing, Credits gets a mail, whatever you choose.")


def _notice(label: Words, title: Words, *page: str, **more: Any) -> NoticeKind:
    return NoticeKind(Group.MONEY, label, title, Permission.BILLING_VIEW, page, **more)


CREDITS_ADDED = EventType(
    "credits.added",
    _("A top-up was paid and its credits are there."),
    {"topup": "0199a1b2-0000-7000-8000-000000000000", "credits_micro": 233_430_000, "currency": "EUR"}
    | {"net_minor": 10_000, "vat_minor": 2_100, "total_minor": 12_100},
    _notice(
        _("A top-up was credited"),
        _("{credits} credits were added"),
        "billing:credits",
        text=_("The top-up of {total} was paid."),
    ),
)
GOODWILL_GIVEN = EventType(
    "goodwill.given",
    _("Our staff gave credits, for which nothing is paid."),
    {"goodwill": "0199a1b2-0000-7000-8000-000000000000", "credits_micro": 25_000_000, "expires_at": None},
    _notice(
        _("Our staff gave us credits"),
        _("Our staff gave you {credits} credits"),
        "billing:credits",
        text=_("They are there now and cost nothing; Credits says until when they last."),
        mail=MailWay.NOW,
    ),
)
INVOICE_ISSUED = EventType(
    "invoice.issued",
    _("An invoice has its number; its PDF follows within a minute."),
    {
        "number": "NW-2026-000001",
        "currency": "EUR",
        "net_minor": 10_000,
        "vat_minor": 2_100,
        "total_minor": 12_100,
    },
    _notice(
        _("An invoice is ready"),
        _("Invoice {number} is ready"),
        "billing:invoices",
        text=_("It is about {total}."),
        told=FINANCE,
    ),
)
BALANCE_LOW = EventType(
    "balance.low",
    _(
        "The available credits fell below the threshold, or last less than the hours, that were "
        "chosen under Credits."
    ),
    {"kind": "below", "available_micro": 4_750_000},
    _notice(
        _("Credits run low"),
        _("Credits run low: {available} are left"),
        "billing:credits",
        text=_("Top up before running jobs have to end."),
        alarm=True,
        told=ALERTED,
    ),
)
CAP_REFUSED = EventType(
    "cap.refused",
    _("A launch was refused because a cap is used up; told once for each window of the cap."),
    {"cap": "0199a1b2-0000-7000-8000-000000000000", "name": "Acme", "period": "month"}
    | {"limit_micro": 100_000_000, "left_micro": 1_500_000, "resets_at": "2026-12-01T00:00:00+00:00"},
    NoticeKind(
        Group.MONEY,
        _("A cap refused a job"),
        _("The cap of {name} refused a job"),
        Permission.CAPS_MANAGE,
        ("billing:caps",),
        text=_("{left} of {limit} credits are left; more jobs are refused until it begins anew or is raised."),
        alarm=True,
    ),
)
LOT_EXPIRING = EventType(
    "credits.expiring",
    _("Credits expire within 7 days, or within one."),
    {"lot": "0199a1b2-0000-7000-8000-000000000000", "remaining_micro": 5_000_000, "expires": "2026-12-01"},
    _notice(
        _("Credits are about to expire"),
        _("{remaining} credits expire on {expires}"),
        "billing:credits",
        text=_("What is not spent by then is lost."),
        told=ALERTED,
    ),
)
BUDGET_PASSED = EventType(
    "budget.passed",
    _("Spending passed a mark of a budget, or (mark 0) its forecast does."),
    {"name": "Acme", "mark": 80, "used_micro": 80_000_000, "limit_micro": 100_000_000}
    | {"sentence": "80 % of the budget of Acme is spent"},
    _notice(
        _("A budget passed a mark"),
        _("{sentence}"),
        "billing:caps",
        text=_("{used} of {limit} credits are spent."),
        told=_("Whoever the budget names gets a mail, whatever you choose."),
    ),
)
STATEMENT_READY = EventType(
    "statement.ready",
    _("The statement of a month is ready."),
    {"month": "2026-11"},
    _notice(
        _("A statement is ready"),
        _("The statement of {month} is ready"),
        "billing:statements",
        told=FINANCE,
    ),
)


SUPPORT_CHANGED = EventType(
    "support.changed",
    _(
        "Our staff changed something about the organisation's money for it: a cap, how much it may top up, its trial."
    ),
    {
        "sentence": "The cap of Acme, each month, goes from 100 credits to 200 credits.",
        "reason": "You asked for it.",
    },
    _notice(
        _("Our staff changed something for us"),
        _("{sentence}"),
        "billing:caps",
        text=_("Our staff did that. Why: {reason}"),
        mail=MailWay.NOW,
    ),
)


def event_types() -> list[EventType]:
    """Return the kinds of events that billing tells."""
    return [
        CREDITS_ADDED,
        GOODWILL_GIVEN,
        BALANCE_LOW,
        BUDGET_PASSED,
        CAP_REFUSED,
        LOT_EXPIRING,
        INVOICE_ISSUED,
        STATEMENT_READY,
        SUPPORT_CHANGED,
    ]
