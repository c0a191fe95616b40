"""A visit, request by request: staff sees what the member sees, nothing can be written, each page is in the trail.

Three things keep a visit from changing anything, each enough by itself: methods that write are refused here, the
member's reach is narrowed to reading (membership_get), and the view runs in a transaction that the database holds to
reading.
"""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.core.addresses import client_address
from apps.core.errors import AppError, Denied
from apps.core.middleware import refusal_answer
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from apps.support.models import Visit
from apps.support.services import visit_end, visit_looked

SESSION_KEY = "visit"
READS = ("GET", "HEAD", "OPTIONS")


class VisitMiddleware:
    """Shows an organisation to a member of staff whose visit it lives through, and to nobody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        visit = self._visit(request)
        request.visiting = visit  # type: ignore[attr-defined]
        response = self.get_response(request)
        if visit is not None:
            response["Cache-Control"] = "no-store"
            if SESSION_KEY not in request.session:  # signed out, which empties the session
                visit_end(
                    visit_id=visit.pk, how=Visit.How.SIGNED_OUT, actor=_actor(request, visit), now=timezone.now()
                )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer a page of the visited organisation as the member sees it; leave every other one alone."""
        visit: Visit | None = getattr(request, "visiting", None)
        if visit is None or kwargs.get("slug") != visit.organisation.slug:
            return None
        if request.method not in READS:
            return refusal_answer(request, _denied("On a visit staff looks and changes nothing."))
        if iscoroutinefunction(view):
            return refusal_answer(request, _denied("What streams stands still on a visit; load the page again."))
        now, actor = timezone.now(), _actor(request, visit)
        if _page(request):
            visit_looked(visit=visit, path=request.path_info, actor=actor, now=now)
        request.user, request.visit = visit.member, visit  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
                response = view(request, *args, **kwargs)
                render = getattr(response, "render", None)
                if callable(render):
                    response = render()
                transaction.set_rollback(True)
        except AppError as refusal:
            return refusal_answer(request, refusal)
        except InternalError:
            return refusal_answer(request, _denied("This page would write something, which a visit cannot."))
        return response

    def _visit(self, request: HttpRequest) -> Visit | None:
        """Return the visit of the session, if it still lives; one that is over leaves the session."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
            return None
        visit_id = request.session.get(SESSION_KEY)
        if visit_id is None or not request.user.is_authenticated:
            return None
        rows = Visit.objects.select_related("organisation", "member", "staff")
        visit = rows.filter(pk=visit_id, staff_id=request.user.pk).first()
        now = timezone.now()
        if visit is not None and visit.live(now) and request.user.is_staff:
            return visit
        del request.session[SESSION_KEY]
        if visit is not None and visit.began_at is not None:
            visit_end(visit_id=visit.pk, how=Visit.How.EXPIRED, actor=_actor(request, visit), now=now)
        return None


def _actor(request: HttpRequest, visit: Visit) -> Actor:
    return Actor(
        kind=AuditEvent.Kind.STAFF,
        user=visit.staff,
        address=client_address(request),
        agent=request.headers.get("User-Agent", ""),
        acting_as=visit.member,
    )


def _page(request: HttpRequest) -> bool:
    """Return whether it is a page or a file that somebody asked for, rather than a part that refreshes itself."""
    return not getattr(request, "htmx", False)


def _denied(sentence: str) -> Denied:
    return Denied(sentence, code="visit", step=("To your visits", reverse("support:visits")))
