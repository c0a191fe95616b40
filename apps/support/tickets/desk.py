"""Staff pages of tickets: the list, and a thread with its answer."""

import uuid

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.support.tickets.acts import ticket_answer
from apps.support.tickets.models import CannedAnswer, Ticket
from apps.support.tickets.selectors import AGES, ticket_whole, tickets_found
from apps.support.tickets.staff_forms import AnswerForm, canned_text
from apps.users.models import User

VIEW, CHANGE = "support.view_ticket", "support.change_ticket"
GONE = "There is no such ticket; choose one from the list."
EVERY = "every"


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def tickets(request: HttpRequest) -> HttpResponse:
    """List tickets by state, age and words; without a question the open ones, who waits longest first."""
    asked = {name: request.GET.get(name, "").replace("\x00", "") for name in ("state", "age", "q")}
    state = asked["state"] if asked["state"] in (*Ticket.State.values, EVERY) else Ticket.State.OPEN.value
    rows = tickets_found(now=timezone.now(), state=state, age=asked["age"], words=asked["q"].strip()[:150])
    shown: dict[str, object] = {"state": state, "age": asked["age"], "words": asked["q"].strip()[:150]}
    shown |= {"rows": rows, "states": Ticket.State.choices, "ages": list(AGES)}
    return render(
        request, "desk/tickets/list.html", {**admin.site.each_context(request), "title": "Tickets", **shown}
    )


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
    text: str = "",
    chosen: CannedAnswer | None = None,
    status: int = 200,
) -> HttpResponse:
    thread = list(found.messages.select_related("author"))
    form = form or AnswerForm(initial={"text": text, "seen": thread[-1].pk})
    shown = {"ticket": found, "thread": thread, "form": form, "may": request.user.has_perm(CHANGE)}
    canned = CannedAnswer.objects.all()
    return _page(request, "ticket", found.subject, status=status, canned=canned, chosen=chosen, **shown)


def _page(request: HttpRequest, name: str, title: str, /, status: int = 200, **context: object) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"desk/tickets/{name}.html", shown, status=status)
