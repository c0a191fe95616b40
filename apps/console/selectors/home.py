"""What the home page of an organisation shows."""

from dataclasses import dataclass

from apps.billing.selectors import invoices_of
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_of, jobs_page
from apps.jobs.state import LIVE
from apps.organisations.models import Grant

LIVE_SHOWN, RECENT_SHOWN = 10, 8


@dataclass(frozen=True)
class Overview:
    """Jobs that have not ended, the newest that have, and how far a newcomer got."""

    live: list[Job]
    recent: list[Job]
    launched: bool
    invoiced: bool


def overview(grant: Grant) -> Overview:
    """Return the live and recent jobs that may be seen, and the first steps: three queries."""
    live = list(jobs_of(grant).filter(state__in=LIVE).defer("definition", "result").order_by("-id")[:LIVE_SHOWN])
    newest = jobs_page(grant, limit=RECENT_SHOWN + LIVE_SHOWN).jobs
    return Overview(
        live=live,
        recent=[job for job in newest if job.over][:RECENT_SHOWN],
        launched=bool(newest),
        invoiced=invoices_of(grant.organisation).exists(),
    )
