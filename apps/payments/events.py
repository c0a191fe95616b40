"""What payments tell to programs and people."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.types import EventType, Group, NoticeKind, Words
from apps.organisations.roles import Permission

TOPUP_ID = "0199a1b2-0000-7000-8000-000000000000"
MONEY = {"currency": "EUR", "total_minor": 12_100}
ALERTED = _("Whoever is chosen under Billing, Credits gets a mail, whatever you choose.")
LEGAL = _("The owner and the finance address get a mail, whatever you choose.")
PAYER = _("Whoever paid gets a mail, whatever you choose.")


def _notice(
    label: Words, title: Words, page: str, told: Words, *, text: Words = "", alarm: bool = True
) -> NoticeKind:
    return NoticeKind(Group.MONEY, label, title, Permission.BILLING_VIEW, (page,), text, alarm=alarm, told=told)


AUTOMATIC = "payments:automatic"
TOPUP_FAILED = EventType(
    "topup.failed",
    _("A top-up whose money takes days was not paid."),
    {"topup": TOPUP_ID, "reason": "The bank did not pay.", **MONEY},
    _notice(_("A top-up failed"), _("A top-up of {total} failed"), "billing:overview", PAYER, text="{reason}"),
)
AUTOMATIC_TYPES = {
    "declined": EventType(
        "automatic.declined",
        _("An automatic top-up was declined; it is tried again later."),
        {"reason": "The card was declined."},
        _notice(
            _("An automatic top-up was declined"),
            _("An automatic top-up was declined"),
            AUTOMATIC,
            ALERTED,
            text="{reason}",
        ),
    ),
    "confirm": EventType(
        "automatic.confirm",
        _("The bank wants the card's holder to confirm an automatic top-up."),
        {"reason": ""},
        _notice(
            _("An automatic top-up asks for a confirmation"),
            _("An automatic top-up waits for the card’s holder"),
            "billing:overview",
            ALERTED,
            text=_("The bank wants it confirmed; the link is in the mail."),
        ),
    ),
    "cap": EventType(
        "automatic.capped",
        _("A cap stood against an automatic top-up."),
        {"reason": "Acme’s cap on automatic top-ups is 500.00 credits a month."},
        _notice(
            _("A cap stopped an automatic top-up"),
            _("A cap stopped an automatic top-up"),
            AUTOMATIC,
            ALERTED,
            text="{reason}",
        ),
    ),
    "off": EventType(
        "automatic.turned_off",
        _("Automatic top-ups were turned off, because they kept failing."),
        {"reason": "The card was declined four times."},
        _notice(
            _("Automatic top-ups were turned off"),
            _("Automatic top-ups are off"),
            AUTOMATIC,
            ALERTED,
            text="{reason}",
        ),
    ),
}
DISPUTE = {"dispute": TOPUP_ID, "topup": TOPUP_ID, "currency": "EUR", "amount_minor": 12_100}
DISPUTE_TYPES = {
    "open": EventType(
        "dispute.opened",
        _("A bank took a payment back until it is decided whose it is; its credits are frozen."),
        DISPUTE,
        _notice(
            _("A payment was disputed"),
            _("A payment is disputed: {amount}"),
            "payments:refunds",
            LEGAL,
            text=_("Its credits are frozen until the bank decides."),
        ),
    ),
    "undone": EventType(
        "dispute.won",
        _("A dispute was decided for the organisation; its credits are free again."),
        DISPUTE,
        _notice(_("A dispute was won"), _("A dispute was won: {amount}"), "payments:refunds", LEGAL, alarm=False),
    ),
    "done": EventType(
        "dispute.lost",
        _("A dispute was lost; its credits are taken."),
        DISPUTE,
        _notice(_("A dispute was lost"), _("A dispute was lost: {amount}"), "payments:refunds", LEGAL),
    ),
}
INQUIRY = EventType(
    "dispute.inquiry",
    _("A bank asks about a payment; nothing is taken or frozen."),
    DISPUTE,
    _notice(
        _("A bank asks about a payment"),
        _("A bank asks about a payment of {amount}"),
        "payments:refunds",
        LEGAL,
        text=_("Nothing is taken or frozen; an answer in time helps."),
    ),
)
CARD_EXPIRING = EventType(
    "card.expiring",
    _("The card that pays ends within 30 days."),
    {"card": "Visa ending in 4242", "expires": "12/2026"},
    _notice(
        _("A card is about to expire"),
        _("{card} expires {expires}"),
        "payments:cards",
        ALERTED,
        text=_("Add another card before then."),
        alarm=False,
    ),
)


def event_types() -> list[EventType]:
    """Return the kinds of events that payments tell."""
    return [TOPUP_FAILED, *AUTOMATIC_TYPES.values(), *DISPUTE_TYPES.values(), INQUIRY, CARD_EXPIRING]
