"""The live rows of a list of jobs (server-sent events). Served by ASGI workers.

Events: `row` ({"id", "html", "said"}: a job of the list looks different now, and how that is read out), `news` (how
many jobs that fit came since), `changed` (something of the organisation's jobs moved), `refused` (a problem: whoever
follows no longer may).
"""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.errors import AppError
from apps.core.hub import event_stream, hub, read_shared
from apps.core.languages import spoken
from apps.core.lists import Listing
from apps.core.moments import zone_named
from apps.core.rest import problem
from apps.jobs.lists import filter_form
from apps.jobs.models import Job
from apps.jobs.pages import jobs_token, with_costs
from apps.jobs.selectors import JobFilters, jobs_failing, jobs_newer, jobs_of
from apps.jobs.streams import KEEP_ALIVE_S, RECHECK_S
from apps.jobs.tables import JOBS
from apps.organisations.access import grant_again, grant_of
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

ROWS = 60  # rows of one list that are followed
PAUSE_S = 0.4  # between two looks, however much happens
NEWS_MOST = 100


class Follower:
    """Who looks at a list, what it shows, and what was sent of it."""

    def __init__(self, request: HttpRequest, slug: str) -> None:
        self.request, self.slug = request, slug
        self.grant: Grant = grant_of(request, slug, Permission.JOBS_VIEW)
        self.language = getattr(request, "LANGUAGE_CODE", "")
        self.zone = zone_named(self.grant.organisation.time_zone)
        self.listing = Listing(JOBS, request.GET)
        self.filters: JobFilters = filter_form(request, self.grant).filters()
        self.ids = [found for text in request.GET.getlist("id")[:ROWS] if (found := _uuid(text))]
        self.newest = _uuid(request.GET.get("news", ""))
        self.sent: dict[uuid.UUID, str] = {}
        self.news = 0

    def look(self) -> list[str]:
        """Return an event for every row that looks different than when it was sent last, in two queries at most."""
        known = jobs_of(self.grant).filter(pk__in=self.ids).defer("definition", "result")
        jobs = jobs_failing(known) if self.ids else []
        with spoken(self.language, self.zone):
            events = [self._row(job) for job in jobs if self._differs(job)]
        if self.newest:
            count = jobs_newer(self.grant, self.filters, self.newest, most=NEWS_MOST)
            if count != self.news:
                self.news = count
                events.append(f"event: news\ndata: {count}\n\n")
        return events

    def _differs(self, job: Job) -> bool:
        token = jobs_token([job])
        known, self.sent[job.pk] = self.sent.get(job.pk), token
        return known != token

    def _row(self, job: Job) -> str:
        pick = self.grant.may(Permission.JOBS_STOP) and self.request.GET.get("plain") != "1"
        context = {
            "row": with_costs([job], timezone.now())[0],
            "slug": self.slug,
            "shown": self.listing.shown,
            "pick": pick,
        }
        data = {
            "id": str(job.pk),
            "html": render_to_string("jobs/row.html", context),
            "said": f"{job.name}: {job.get_state_display()}",
        }
        return f"event: row\ndata: {json.dumps(data)}\n\n"

    def allowed(self) -> AppError | None:
        """Return why it may be followed no longer, if so."""
        try:
            self.grant = grant_again(self.request, self.slug, Permission.JOBS_VIEW)
        except AppError as refusal:
            return refusal
        return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _follower(request: HttpRequest, slug: str) -> Follower:
    try:
        return Follower(request, slug)
    finally:
        if not connection.in_atomic_block:
            connection.close()


@require_safe
async def list_stream(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Stream what changes in a list: the rows named by `?id=`, and what came after the job `?news=`."""
    follower = await sync_to_async(_follower)(request, slug)
    return event_stream(list_events(follower))


async def list_events(follower: Follower) -> AsyncGenerator[str]:
    """Yield the events of the list; the first look sends every row, so that nothing between page and stream is lost."""
    clock = asyncio.get_running_loop().time
    recheck = clock() + RECHECK_S
    async with hub().listen(f"jobs_{follower.grant.organisation_id.hex}") as watcher:
        yield "retry: 1000\n\n"
        while True:
            for event in await read_shared(follower.look):
                yield event
            await asyncio.sleep(PAUSE_S)
            if await watcher.wait(max(min(KEEP_ALIVE_S, recheck - clock()), 0)):
                yield "event: changed\ndata: {}\n\n"
            else:
                yield ": still here\n\n"
            if clock() >= recheck:
                recheck = clock() + RECHECK_S
                refusal = await read_shared(follower.allowed)
                if refusal is not None:
                    yield f"event: refused\ndata: {json.dumps(problem(refusal))}\n\n"
                    return
