"""The live bell: how many notices are unread (server-sent events). Served by ASGI workers.

Events: `bell` ({"html", "said"}: the inside of the bell, and how a new notice is read out), `refused` (a problem:
whoever follows no longer may). Another tab's reading shows with the next page.
"""

import asyncio
import json
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from apps.core.errors import AppError
from apps.core.hub import event_stream, hub, read_shared
from apps.core.languages import spoken
from apps.core.moments import zone_named
from apps.core.rest import problem
from apps.notifications.selectors import notices_unread
from apps.organisations.access import grant_again, grant_of
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

KEEP_ALIVE_S = 20.0
RECHECK_S = 60.0
PAUSE_S = 0.5  # between two looks, however much happens


class Bell:
    """Whose bell it is, and the number it shows."""

    def __init__(self, request: HttpRequest, slug: str) -> None:
        self.request, self.slug = request, slug
        self.grant: Grant = grant_of(request, slug, Permission.ORGANISATION_VIEW)
        self.reader = self.grant.member  # a service key is none: refuses
        self.language = getattr(request, "LANGUAGE_CODE", "")
        self.shown: int | None = None

    def look(self) -> str:
        """Return an event if the number is another than was sent last, "" if not."""
        count = notices_unread(self.grant, now=timezone.now())
        known, self.shown = self.shown, count
        if count == known:
            return ""
        with spoken(self.language, zone_named(self.grant.organisation.time_zone)):
            said = ""
            if known is not None and count > known:
                said = ngettext("%(n)s unread notice", "%(n)s unread notices", count) % {"n": count}
            html = render_to_string("notifications/bell_count.html", {"count": count})
        return f"event: bell\ndata: {json.dumps({'html': html, 'said': said})}\n\n"

    def allowed(self) -> AppError | None:
        """Return why it may be followed no longer, if so."""
        try:
            self.grant = grant_again(self.request, self.slug, Permission.ORGANISATION_VIEW)
        except AppError as refusal:
            return refusal
        return None


def _bell(request: HttpRequest, slug: str) -> Bell:
    try:
        return Bell(request, slug)
    finally:
        if not connection.in_atomic_block:
            connection.close()


@require_safe
async def bell_stream(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Stream the person's bell, at once and whenever its number changes."""
    return event_stream(bell_events(await sync_to_async(_bell)(request, slug)))


async def bell_events(bell: Bell) -> AsyncGenerator[str]:
    """Yield the events of the bell until the person may no longer follow it."""
    clock = asyncio.get_running_loop().time
    recheck = clock() + RECHECK_S
    async with hub().listen(f"notices_{bell.grant.organisation_id.hex}") as watcher:
        yield "retry: 3000\n\n"
        while True:
            event = await read_shared(bell.look)
            yield event or ": still here\n\n"
            await asyncio.sleep(PAUSE_S)
            await watcher.wait(max(min(KEEP_ALIVE_S, recheck - clock()), 0))
            if clock() >= recheck:
                recheck = clock() + RECHECK_S
                refusal = await read_shared(bell.allowed)
                if refusal is not None:
                    yield f"event: refused\ndata: {json.dumps(problem(refusal))}\n\n"
                    return
