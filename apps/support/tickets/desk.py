"""Staff pages of tickets: the list, and a thread with its owner and its answer."""

import uuid
from datetime import timedelta

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.core.lists import Column, Listing, Pick, Table, list_shown
from apps.support.tickets.acts import ticket_answer, ticket_assign
from apps.support.tickets.models import CannedAnswer, Ticket
from apps.support.tickets.selectors import ANY, MINE, NOBODY, OTHERS, ticket_whole, tickets_found
from apps.support.tickets.staff_forms import AnswerForm, OwnerForm, canned_text
from apps.users.models import User

VIEW, CHANGE = "support.view_ticket", "support.change_ticket"
GONE = "There is no such ticket; choose one from the list."


PICKS = (
    Pick(
        "state", "State", "Waiting for us",
        (("waiting", "Waiting for the customer"), ("solved", "Solved"), (ANY, "Every state")),
    ),
    Pick("owner", "Owner", "Every owner", ((MINE, "Mine"), (NOBODY, "Nobody’s"), (OTHERS, "Of colleagues"))),
    Pick(
        "age", "No message for", "Any time",
        (("1", "More than a day"), ("3", "More than 3 days"), ("7", "More than 7 days")),
    ),
)  # fmt: skip
COLUMNS = (
    Column("number", "No.", sort="number"),
    Column("subject", "Subject"),
    Column("organisation", "Organisation"),
    Column("by", "Asked by"),
    Column("owner", "Owner"),
    Column("state", "State"),
)
MOVED = Column("moved", "Last message", sort="moved_at")
WORDS = "Number, subject, organisation or person"
# What waits for us, who waits longest first; everything else by its last message.
OPEN = Table(
    area="desk-tickets",
    columns=(*COLUMNS, Column("waits", "Waits for us since", sort="waits_since"), MOVED),
    sort="waits",
    page=50,
    picks=PICKS,
    search=WORDS,
)
REST = Table(area="desk-tickets", columns=(*COLUMNS, MOVED), sort="-moved", page=50, picks=PICKS, search=WORDS)
LATE, VERY_LATE = timedelta(days=1), timedelta(days=3)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def tickets(request: HttpRequest) -> HttpResponse:
    """List tickets by state, owner, age and words; at first what waits for us, who waits longest first."""
    now, user = timezone.now(), request.user
    assert isinstance(user, User)
    listing = Listing(OPEN, request.GET)
    if listing.picked("state"):
        listing = Listing(REST, request.GET)
    rows = tickets_found(
        now=now, state=listing.picked("state"), age=listing.picked("age"), owner=listing.picked("owner"), staff=user,
        words=listing.search,
    )  # fmt: skip
    page = listing.page(rows)
    context = {
        **admin.site.each_context(request),
        "title": "Tickets",
        "late": now - LATE,
        "very_late": now - VERY_LATE,
    }
    return list_shown(request, "desk/tickets/list.html", listing, page, context)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def ticket(request: HttpRequest, ticket_id: uuid.UUID) -> HttpResponse:
    """Show the thread, and the answer's form; `?canned=` begins it with a canned answer."""
    found = _found(ticket_id)
    chosen = request.GET.get("canned", "")
    canned = (
        CannedAnswer.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 19 else None
    )
    text = canned_text(canned, found) if canned else ""
    return _thread(request, found, text=text, chosen=canned)


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def ticket_answered(request: HttpRequest, ticket_id: uuid.UUID) -> HttpResponse:
    """Send the answer, or call the ticket solved."""
    found, form, user = _found(ticket_id), AnswerForm(request.POST), request.user
    assert isinstance(user, User)
    if not form.is_valid():
        return _thread(request, found, form=form, status=422)
    try:
        ticket_answer(ticket_id=ticket_id, user=user, now=timezone.now(), **form.cleaned_data)
    except AppError as refusal:
        messages.error(request, refusal.message)
        return _thread(request, _found(ticket_id), text=form.cleaned_data["text"], status=refusal.status)
    messages.success(request, "It is solved." if form.cleaned_data["solved"] else "The answer is on its way.")
    return redirect("support:desk_ticket", ticket_id)


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def ticket_owned(request: HttpRequest, ticket_id: uuid.UUID) -> HttpResponse:
    """Give the ticket to a member of staff, or to nobody."""
    found, form, user = _found(ticket_id), OwnerForm(request.POST), request.user
    assert isinstance(user, User)
    if not form.is_valid():
        return _thread(request, found, owner_form=form, status=422)
    owner = form.cleaned_data["owner"]
    try:
        ticket_assign(ticket_id=ticket_id, owner=owner, user=user, now=timezone.now())
    except AppError as refusal:
        messages.error(request, refusal.message)
        return _thread(request, found, status=refusal.status)
    told = "It is yours." if owner == user else f"It is {owner.email}’s." if owner else "It is nobody’s."
    messages.success(request, told)
    return redirect("support:desk_ticket", ticket_id)


def _found(ticket_id: uuid.UUID) -> Ticket:
    try:
        return ticket_whole(ticket_id)
    except NotFound:
        raise Http404(GONE) from None


def _thread(
    request: HttpRequest,
    found: Ticket,
    *,
    form: AnswerForm | None = None,
    owner_form: OwnerForm | None = None,
    text: str = "",
    chosen: CannedAnswer | None = None,
    status: int = 200,
) -> HttpResponse:
    thread = list(found.messages.select_related("author"))
    form = form or AnswerForm(initial={"text": text, "seen": thread[-1].pk})
    shown = {"ticket": found, "thread": thread, "form": form, "may": request.user.has_perm(CHANGE)}
    shown["owner_form"] = owner_form or OwnerForm(initial={"owner": found.owner_id})
    shown["handovers"] = found.handovers.select_related("owner", "by")
    canned = CannedAnswer.objects.all()
    title = f"#{found.number} {found.subject}"
    return _page(request, "ticket", title, status=status, canned=canned, chosen=chosen, **shown)


def _page(request: HttpRequest, name: str, title: str, /, status: int = 200, **context: object) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"desk/tickets/{name}.html", shown, status=status)
