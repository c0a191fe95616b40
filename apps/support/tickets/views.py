"""Pages of tickets in the console: the list, a new one, the thread."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import AppError, NotFound
from apps.core.lists import Column, Listing, Pick, Table, list_shown
from apps.organisations.access import page_grant
from apps.organisations.roles import Permission
from apps.support.tickets.acts import ticket_open, ticket_reply
from apps.support.tickets.forms import ReplyForm, TicketForm
from apps.support.tickets.selectors import sees_all, ticket_get, tickets_of
from apps.support.tickets.subjects import about_choices, about_get

STATES = (
    ("open", gettext_lazy("Open")),
    ("waiting", gettext_lazy("Waiting for you")),
    ("solved", gettext_lazy("Solved")),
)
TICKETS = Table(
    area="tickets",
    sort="-moved",
    picks=(Pick("state", gettext_lazy("State"), gettext_lazy("All states"), STATES),),
    columns=(
        Column("subject", gettext_lazy("Subject"), always=True),
        Column("by", pgettext_lazy("who did it", "By")),
        Column("moved", gettext_lazy("Last message"), sort="moved_at"),
        Column("state", gettext_lazy("State"), always=True),
    ),
)


@login_required
@require_safe
def tickets(request: HttpRequest, slug: str) -> HttpResponse:
    """List the questions the person sees; filter, order and page stand in the address."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    listing = Listing(TICKETS, request.GET)
    rows, state = tickets_of(grant), listing.picked("state")
    page = listing.page(rows.filter(state=state) if state else rows)
    context = {"organisation": grant.organisation, "all": sees_all(grant)}
    return list_shown(request, "support/tickets/list.html", listing, page, context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what somebody wants to know about `?about=`, and open a ticket."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    posted = request.method == "POST"
    about = about_get(grant, (request.POST if posted else request.GET).get("about", ""))
    form = TicketForm(
        request.POST if posted else None, choices=about_choices(grant, about), initial={"about": about.choice[0]}
    )
    error = None
    if posted and form.is_valid():
        data = form.cleaned_data
        try:
            ticket = ticket_open(
                grant=grant, subject=data["subject"], text=data["text"], about=about, key=data["key"],
                now=timezone.now(),
            )  # fmt: skip
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("Thank you, our staff have it. You get a mail when they answer."))
            return redirect("support:ticket", slug, ticket.pk)
    status = error.status if error else 422 if posted else 200
    return render(request, "support/tickets/new.html", {"form": form, "error": error}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ticket(request: HttpRequest, slug: str, ticket_id: uuid.UUID) -> HttpResponse:
    """Show the thread; write on, or call it solved."""
    grant = page_grant(request, slug, Permission.JOBS_VIEW)
    found, error, posted = ticket_get(grant, ticket_id), None, request.method == "POST"
    solved = "solved" in request.POST
    form = ReplyForm(request.POST if posted else None, solving=solved)
    if posted and form.is_valid():
        data = form.cleaned_data
        try:
            ticket_reply(
                grant=grant, ticket_id=ticket_id, text=data["text"], solved=solved, key=data["key"],
                now=timezone.now(),
            )  # fmt: skip
        except NotFound:
            raise
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("It is solved.") if solved else _("Your message is with our staff."))
            return redirect("support:ticket", slug, ticket_id)
    status = error.status if error else 422 if posted else 200
    thread = found.messages.select_related("author")
    context = {"ticket": found, "thread": thread, "form": form, "error": error}
    return render(request, "support/tickets/thread.html", context, status=status)
