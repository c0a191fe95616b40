"""Staff pages of the desk: the search and an organisation at a glance."""

import uuid
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.support.desk.forms import NoteForm
from apps.support.desk.needs import needs_now
from apps.support.desk.pages import organisation_glance
from apps.support.desk.search import desk_search
from apps.support.services import note_add
from apps.support.tickets.selectors import tickets_mine
from apps.users.models import User


def desk(request: HttpRequest, context: dict[str, object]) -> dict[str, object]:
    """Add to the start page of the admin site what needs this person now."""
    may = request.user.has_perm
    needs = [need for need in needs_now(now=timezone.now()) if may(need.permission)]
    user = cast(User, request.user)
    mine = tickets_mine(user) if may("support.view_ticket") else 0
    return context | {"title": "Desk", "needs": needs, "mine": mine}


@require_safe
@staff_member_required
def search(request: HttpRequest) -> HttpResponse:
    """Show what the words name; a single hit is opened at once."""
    words = request.GET.get("q", "")
    hits = desk_search(words, may=request.user.has_perm)
    if len(hits) == 1:
        return HttpResponseRedirect(hits[0].url)
    return _page(request, "search", "Search", words=words.strip(), hits=hits)


@require_safe
@staff_member_required
@permission_required("organisations.view_organisation", raise_exception=True)
def organisation(request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
    """Show an organisation at a glance."""
    try:
        glance = organisation_glance(organisation_id, now=timezone.now())
    except NotFound:
        return _missing(request, "There is no organisation with this id.")
    return _page(request, "organisation", glance.organisation.name, glance=glance, note_form=NoteForm())


@require_POST
@staff_member_required
@permission_required("support.add_note", raise_exception=True)
def note(request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
    """Keep a note on the organisation."""
    now = timezone.now()
    try:
        glance = organisation_glance(organisation_id, now=now)
    except NotFound:
        return _missing(request, "There is no organisation with this id.")
    form = NoteForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            note_add(
                note_id=told["submission"],
                organisation_id=organisation_id,
                staff=cast(User, request.user),
                text=told["text"],
                now=now,
            )
        except AppError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "The note is kept.")
            return redirect("support:organisation", organisation_id)
    answer = _page(request, "organisation", glance.organisation.name, glance=glance, note_form=form)
    answer.status_code = 422
    return answer


def _missing(request: HttpRequest, sentence: str) -> HttpResponse:
    response = _page(request, "search", "Search", words="", hits=[], sentence=sentence)
    response.status_code = 404
    return response


def _page(request: HttpRequest, name: str, title: str, **context: object) -> HttpResponse:
    return render(request, f"desk/{name}.html", {**admin.site.each_context(request), "title": title, **context})
