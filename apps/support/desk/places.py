"""Where our staff go every day, as the side of their pages lists it; everything else is under “All applications”."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse


@dataclass(frozen=True)
class Place:
    """A page of the staff, and the right it takes to see it ("" for everybody, "superuser" for few)."""

    title: str
    icon: str
    view: str
    right: str = ""


PLACES: dict[str, tuple[Place, ...]] = {
    "": (
        Place("Desk", "home", "admin:index"),
        Place("Tickets", "support_agent", "support:desk_tickets", "support.view_ticket"),
        Place("Early users", "group", "support:early", "support.view_feedback"),
        Place("Visits", "visibility", "support:visits", "support.visit_organisations"),
    ),
    "Customers": (
        Place(
            "Organisations",
            "apartment",
            "admin:organisations_organisation_changelist",
            "organisations.view_organisation",
        ),
        Place("Jobs", "memory", "admin:jobs_job_changelist", "jobs.view_job"),
        Place("Goodwill", "redeem", "admin:billing_goodwill_changelist", "billing.view_goodwill"),
        Place("Vouchers", "confirmation_number", "admin:billing_voucher_changelist", "billing.view_voucher"),
        Place("Approvals", "task_alt", "admin:organisations_approval_changelist", "organisations.view_approval"),
    ),
    "Money": (
        Place("Top-ups", "credit_card", "admin:payments_topup_changelist", "payments.view_topup"),
        Place("Refunds", "undo", "admin:payments_refund_changelist", "payments.view_refund"),
        Place("Disputes", "gavel", "admin:payments_dispute_changelist", "payments.view_dispute"),
        Place("Invoices", "receipt_long", "admin:billing_invoice_changelist", "billing.view_invoice"),
        Place("Reconciliation", "balance", "support:reconciliation", "support.view_reconciliationitem"),
        Place("Months", "calendar_month", "support:closes", "support.view_monthclose"),
    ),
    "Network": (
        Place("Treasury", "account_balance", "support:treasury", "bridge.view_treasuryreading"),
        Place("Markets", "storefront", "admin:jobs_market_changelist", "jobs.view_market"),
        Place("Orders", "outbox", "admin:bridge_order_changelist", "bridge.view_order"),
        Place("Attempts", "restart_alt", "admin:jobs_attempt_changelist", "jobs.view_attempt"),
    ),
    "Platform": (
        Place("Mails", "mail", "admin:core_mail_changelist", "core.view_mail"),
        Place("Stripe events", "webhook", "admin:payments_stripeevent_changelist", "payments.view_stripeevent"),
        Place("Announcements", "campaign", "admin:support_announcement_changelist", "support.view_announcement"),
        Place("Acts of the staff", "history", "admin:core_staffact_changelist", "core.view_staffact"),
        Place("Staff and roles", "badge", "support:staff", "superuser"),
    ),
}


def icon(request: HttpRequest) -> str:
    """Return the address of the platform's sign, which a browser shows on the tab."""
    return static("img/logo.svg")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of places that this person may see, as the admin site's theme asks for them."""
    groups = []
    for title, places in PLACES.items():
        items = [
            {"title": place.title, "icon": place.icon, "link": reverse(place.view)}
            for place in places
            if _may(request, place.right)
        ]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    return groups


def _may(request: HttpRequest, right: str) -> bool:
    user = request.user
    return not right or (
        bool(getattr(user, "is_superuser", False)) if right == "superuser" else user.has_perm(right)
    )
