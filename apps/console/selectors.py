"""What the home page of an organisation shows."""

from dataclasses import dataclass

from apps.billing.selectors import invoices_of
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_page
from apps.jobs.state import LIVE
from apps.organisations.models import Organisation

LIVE_SHOWN, RECENT_SHOWN = 10, 8


@dataclass(frozen=True)
class Overview:
    """Jobs that have not ended, the newest that have, and how far a newcomer got."""

    live: list[Job]
    recent: list[Job]
    launched: bool
    invoiced: bool


def overview(organisation: Organisation) -> Overview:
    """Return the organisation's live and recent jobs and its first steps: three queries."""
    live = list(
        Job.objects.filter(organisation=organisation, state__in=LIVE)
        .select_related("market", "member", "attempt")
        .defer("definition", "result")
        .order_by("-id")[:LIVE_SHOWN]
    )
    newest = jobs_page(organisation, limit=RECENT_SHOWN + LIVE_SHOWN).jobs
    return Overview(
        live=live,
        recent=[job for job in newest if job.over][:RECENT_SHOWN],
        launched=bool(newest),
        invoiced=invoices_of(organisation).exists(),
    )
