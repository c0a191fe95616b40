"""The places of an organisation: what the side navigation leads to, and the palette finds by name."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.organisations.models import Membership
from apps.organisations.roles import Permission

P = Permission


@dataclass(frozen=True)
class Place:
    """A page or an act: its name, its icon, its route, who may go there, and other words it is looked for by.

    `views` are the beginnings of the names of the views that belong to it; only places of the side navigation have any.
    """

    label: str | Promise
    icon: str
    route: str
    needs: Permission
    words: str | Promise = ""
    views: tuple[str, ...] = ()
    act: bool = False

    def url(self, slug: str) -> str:
        """Return its address in the organisation."""
        return reverse(self.route, args=[slug])


SIDE = (
    Place(_("Home"), "home", "console:home", P.JOBS_VIEW, views=("console:home",)),
    Place(_("Jobs"), "cpu", "jobs:list", P.JOBS_VIEW, views=("jobs:",)),
    Place(
        _("Templates"),
        "template",
        "jobs:templates",
        P.JOBS_VIEW,
        _("gallery starters"),
        ("jobs:template",),
    ),
    Place(_("Usage"), "chart-bar", "billing:usage", P.BILLING_VIEW, _("cost spend report"), ("billing:usage",)),
    Place(_("Billing"), "wallet", "billing:overview", P.BILLING_VIEW, _("balance"), ("billing:", "payments:")),
    Place(
        _("Invoices"),
        "file-invoice",
        "billing:invoices",
        P.BILLING_VIEW,
        _("vat receipt pdf"),
        ("billing:invoice", "billing:credit_note", "payments:refund"),
    ),
    Place(
        _("Settings"),
        "settings",
        "organisations:settings",
        P.ORGANISATION_VIEW,
        _("organisation"),
        (
            "organisations:",
            "notifications:webhook",
            "notifications:chat",
            "notifications:delivery",
            "console:project",
            "jobs:policy",
            "jobs:log_keeping",
        ),
    ),
    Place(
        _("Support"),
        "lifebuoy",
        "support:tickets",
        P.JOBS_VIEW,
        _("help contact question ticket"),
        ("support:ticket",),
    ),
)

FURTHER = (
    Place(_("Launch a job"), "player-play", "jobs:new", P.JOBS_LAUNCH, _("new run start gpu"), act=True),
    Place(_("Top up credits"), "credit-card", "payments:topup", P.BILLING_MANAGE, _("pay buy add"), act=True),
    Place(_("Invite a member"), "user-plus", "organisations:invite", P.MEMBERS_MANAGE, _("add people"), act=True),
    Place(_("New project"), "folder-plus", "organisations:project_new", P.PROJECTS_MANAGE, act=True),
    Place(_("New API key"), "key", "organisations:key_new", P.KEYS_MANAGE, _("token"), act=True),
    Place(_("Ask our staff"), "lifebuoy", "support:ticket_new", P.JOBS_VIEW, _("help contact ticket"), act=True),
    Place(_("New webhook"), "webhook", "notifications:webhook_new", P.WEBHOOKS_MANAGE, _("endpoint"), act=True),
    Place(_("Search in all logs"), "list-search", "jobs:logs", P.JOBS_VIEW, _("lines output errors")),
    Place(_("Members"), "users", "organisations:members", P.ORGANISATION_VIEW, _("people team roles")),
    Place(_("Projects"), "folder", "organisations:projects", P.ORGANISATION_VIEW),
    Place(_("API keys"), "key", "organisations:keys", P.KEYS_MANAGE, _("token")),
    Place(_("Webhooks"), "webhook", "notifications:webhooks", P.WEBHOOKS_MANAGE, _("endpoint")),
    Place(_("Approvals"), "clipboard-check", "organisations:approvals", P.ORGANISATION_VIEW, _("requests")),
    Place(_("Audit trail"), "list-search", "organisations:audit", P.AUDIT_VIEW, _("events log history")),
    Place(_("Caps and budgets"), "gauge", "billing:caps", P.BALANCE_VIEW, _("limits")),
    Place(_("Credits"), "coins", "billing:credits", P.BILLING_VIEW, _("lots vouchers alerts")),
    Place(_("Statements"), "file-text", "billing:statements", P.BILLING_VIEW, _("month accounting")),
    Place(_("Credit notes"), "file-invoice", "billing:credit_notes", P.BILLING_VIEW),
    Place(_("Refunds"), "receipt-refund", "payments:refunds", P.BILLING_VIEW, _("money back")),
    Place(_("Billing details"), "building", "billing:details", P.BILLING_VIEW, _("vat id address po number")),
    Place(_("Cards"), "credit-card", "payments:cards", P.BILLING_VIEW, _("payment method")),
    Place(_("Automatic top-up"), "refresh", "payments:automatic", P.BILLING_VIEW),
    Place(_("Policy of jobs"), "adjustments", "jobs:policy", P.ORGANISATION_VIEW, _("defaults repost queue")),
    Place(_("Keeping of logs"), "file-text", "jobs:log_keeping", P.ORGANISATION_VIEW, _("retention days")),
    Place(
        _("Tell us something"),
        "message-circle",
        "support:feedback",
        P.ORGANISATION_VIEW,
        _("feedback idea"),
        act=True,
    ),
    Place(_("Terms of service"), "file-text", "organisations:terms", P.ORGANISATION_VIEW),
)


@dataclass(frozen=True)
class Item:
    """A place as the side navigation shows it."""

    label: str | Promise
    icon: str
    url: str
    here: bool


def side_items(membership: Membership, view_name: str) -> list[Item]:
    """Return the side navigation for the member, on the page that the view shows."""
    open_to = [place for place in SIDE if membership.may(place.needs)]
    here = max(open_to, key=lambda place: _fit(place, view_name), default=None)
    if here is not None and not _fit(here, view_name):
        here = None
    slug = membership.organisation.slug
    return [Item(place.label, place.icon, place.url(slug), place is here) for place in open_to]


def _fit(place: Place, view_name: str) -> int:
    return max((len(start) for start in place.views if view_name.startswith(start)), default=0)


def places_found(membership: Membership, text: str) -> Iterator[Place]:
    """Yield the places and acts that the member may go to and every word of the text fits, acts first."""
    wanted = text.lower().split()
    for place in sorted((*SIDE, *FURTHER), key=lambda place: not place.act):
        name = f"{place.label} {place.words}".lower()
        if all(word in name for word in wanted) and membership.may(place.needs):
            yield place
