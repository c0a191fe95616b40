"""Staff pages of early users: the list of organisations, and what somebody told with its answer."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.csv import csv_lines, csv_response
from apps.core.errors import AppError, NotFound
from apps.core.lists import Column, Listing, Pick, Table, list_shown, utc_text
from apps.core.money import credits_text
from apps.support.early.selectors import STEPS, Progress, early_all, early_found, early_progress
from apps.support.feedback.forms import AnswerForm
from apps.support.feedback.services import feedback_answer, feedback_get
from apps.support.models import Feedback
from apps.users.models import User

VIEW, CHANGE = "support.view_feedback", "support.change_feedback"
RECENT = "90"  # days: who joined before is no early user, unless the address asks
ANY = "any"
EARLY = Table(
    area="desk-early",
    columns=(Column("joined", "Joined", sort="id"),),
    sort="-joined",
    page=20,
    search="Organisation, or its owner’s e-mail address",
    picks=(
        Pick(
            "joined", "Joined", "In the last 90 days",
            (("7", "In the last 7 days"), ("30", "In the last 30 days"), ("365", "In the last year"), (ANY, "Ever")),
        ),
        Pick(
            "missing", "First steps", "However far",
            (*((name, f"Did not {words} yet") for name, words in STEPS.items()), (ANY, "Something is missing"),
             ("nothing", "All are done")),
        ),
        Pick(
            "said", "Feedback", "Any or none",
            (("waiting", "Waits for an answer"), ("some", "Said something"), ("none", "Said nothing")),
        ),
        Pick("tickets", "Tickets", "Any or none", (("open", "With an open ticket"),)),
    ),
    csv=True,
)  # fmt: skip
FILE: dict[str, Callable[[Progress], object]] = {
    "organisation": lambda one: one.organisation.name,
    "slug": lambda one: one.organisation.slug,
    "owner": lambda one: one.owner.email if one.owner else "",
    "joined": lambda one: utc_text(one.organisation.created_at),
    **{name: (lambda one, name=name: one.done[name]) for name in STEPS},  # type: ignore[misc]
    "last_seen": lambda one: utc_text(one.seen),
    "first_result": lambda one: utc_text(one.first_result),
    "credits_spent": lambda one: credits_text(one.spent_micro),
    "paid": lambda one: one.paid,
    "tickets_open": lambda one: one.tickets_open,
    "feedback": lambda one: one.told,
    "feedback_waiting": lambda one: one.waiting,
    "last_said": lambda one: one.feedback[0].text if one.feedback else "",
}


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def early(request: HttpRequest) -> HttpResponseBase:
    """List organisations with their first steps and what they said; who joined last is first. `?as=csv` has all."""
    listing = Listing(EARLY, request.GET)
    rows = early_found(
        now=timezone.now(),
        joined=listing.picked("joined") or RECENT,
        missing=listing.picked("missing"),
        said=listing.picked("said"),
        tickets=bool(listing.picked("tickets")),
        words=listing.search,
    )
    if listing.as_csv:
        lines = ([value(one) for value in FILE.values()] for one in early_all(listing.order(rows)))
        return csv_response("early-users.csv", csv_lines(list(FILE), lines))
    page = listing.page(rows)
    context = {**admin.site.each_context(request), "title": "Early users", "progress": early_progress(page.rows)}
    return list_shown(request, "desk/early/list.html", listing, page, context)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def feedback_page(request: HttpRequest, feedback_id: uuid.UUID) -> HttpResponse:
    """Show what somebody told, and its answer or the form for it."""
    return _shown(request, _found(feedback_id))


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def feedback_answered(request: HttpRequest, feedback_id: uuid.UUID) -> HttpResponse:
    """Answer by mail, or note that no answer is needed."""
    found, form, user = _found(feedback_id), AnswerForm(request.POST), request.user
    assert isinstance(user, User)
    if not form.is_valid():
        return _shown(request, found, form=form, status=422)
    try:
        feedback_answer(feedback_id=feedback_id, text=form.cleaned_data["text"], user=user, now=timezone.now())
    except AppError as refusal:
        messages.error(request, refusal.message)
        return _shown(request, _found(feedback_id), form=form, status=refusal.status)
    messages.success(request, "The answer is on its way." if form.cleaned_data["text"] else "It needs no answer.")
    return redirect("support:desk_feedback", feedback_id)


def _found(feedback_id: uuid.UUID) -> Feedback:
    try:
        return feedback_get(feedback_id)
    except NotFound:
        raise Http404("There is no such feedback; choose one from the list of early users.") from None


def _shown(
    request: HttpRequest, found: Feedback, *, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": f"Feedback of {found.person}",
        "feedback": found,
        "page": f"{settings.BASE_URL}{found.page}" if found.page else "",
        "form": form or AnswerForm(),
        "may": request.user.has_perm(CHANGE),
    }
    return render(request, "desk/early/feedback.html", context, status=status)
