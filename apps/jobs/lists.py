"""Pages of many jobs: the list, its CSV, and stopping what was chosen in it."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.csv import csv_response
from apps.core.lists import Listing
from apps.jobs.models import Job
from apps.jobs.pages import Row, with_costs
from apps.jobs.selectors import JobFilters, jobs_listed, jobs_shown, jobs_stoppable, markets_used
from apps.jobs.services import JOBS_AT_ONCE, jobs_stop
from apps.jobs.tables import JOBS, FilterForm, jobs_csv
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import members_of, projects_of


@login_required
@require_safe
def job_list(request: HttpRequest, slug: str) -> HttpResponse:
    """List the organisation's jobs; filters, order, columns and page are in the address.

    For htmx it answers the rows alone, and with `?before=` only those of the next page.
    """
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    form = filter_form(request, grant)
    filters, listing = form.filters(), Listing(JOBS, request.GET)
    page = listing.page(jobs_shown(grant, filters))
    rows = with_costs(page.rows, timezone.now())
    context = {
        "form": form,
        "listing": listing,
        "rows": rows,
        "slug": slug,
        "shown": listing.shown,
        "next": page.next,
        "filtered": filters != JobFilters(),
        "narrowed": any(field.value() for field in form.narrow()),
        "live_url": _live_url(slug, listing, rows),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "jobs/list.html", context)
    if listing.before:
        return render(request, "jobs/list_more.html", context)
    response = render(request, "jobs/list_rows.html", context)
    response["HX-Push-Url"] = f"{reverse('jobs:list', args=[slug])}?{listing.query}".rstrip("?")
    return response


def filter_form(request: HttpRequest, grant: Grant) -> FilterForm:
    """Return the filters of the address, over what there is in the organisation: three queries."""
    members = list(members_of(grant.organisation)[:500])
    return FilterForm(request.GET, projects=list(projects_of(grant)), markets=markets_used(), members=members)


def _live_url(slug: str, listing: Listing, rows: list[Row]) -> str:
    """Return where the rows' changes are streamed, and how many newer jobs there are on a first page of newest."""
    known: list[tuple[str, str]] = [("id", str(row.job.pk)) for row in rows if not row.job.over]
    newest_first = not listing.before and listing.sort == JOBS.sort
    if newest_first and rows:
        known.append(("news", str(rows[0].job.pk)))
    if not known:
        return ""
    address = reverse("jobs:list_stream", args=[slug])
    return f"{address}?{'&'.join(part for part in (listing.query, urlencode(known)) if part)}"


@login_required
@require_safe
def list_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Download every job that fits the filters, in the order of the address, a line each, as it is read."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    listing = Listing(JOBS, request.GET)
    jobs = listing.order(jobs_listed(grant, filter_form(request, grant).filters()))
    return csv_response(f"{slug}-jobs.csv", jobs_csv(jobs.iterator(chunk_size=1_000), timezone.now()))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop_many(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what stopping the chosen jobs costs and gives back, and want them stopped; a repeat changes nothing."""
    grant = page_grant(request, slug, Permission.JOBS_STOP)
    chosen = _chosen(request)
    if request.method == "POST":
        stopped = jobs_stop(grant=grant, job_ids=chosen, now=timezone.now())
        messages.success(request, _stopped_words(stopped))
        return redirect("jobs:list", slug)
    jobs = jobs_stoppable(grant, chosen)
    rows = with_costs(jobs, timezone.now())
    context = {
        "rows": rows,
        "left_out": len(chosen) - len(rows),
        "spent_micro": sum(row.cost.micro for row in rows),
        "back_micro": sum(max(_held(row.job) - row.cost.micro, 0) for row in rows),
    }
    return render(request, "jobs/stop_many.html", context)


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    """Return the ids that were chosen, each once, at most JOBS_AT_ONCE; what is no id is left out."""
    found: dict[uuid.UUID, None] = {}
    for text in (request.POST if request.method == "POST" else request.GET).getlist("job"):
        try:
            found[uuid.UUID(text)] = None
        except ValueError:
            continue
    return list(found)[:JOBS_AT_ONCE]


def _stopped_words(count: int) -> str:
    if not count:
        return _("Nothing was left to stop: those jobs have ended, or are being stopped already.")
    return ngettext("The stop of one job is on its way.", "The stops of %(n)s jobs are on their way.", count) % {
        "n": count
    }


def _held(job: Job) -> int:
    return job.attempt.held_micro if job.attempt is not None else 0
