"""Pages of those who invite: one person, many at once, again, and not any more."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.errors import AppError
from apps.organisations.forms_people import InviteForm, InviteManyForm
from apps.organisations.roles import Permission
from apps.organisations.services import (
    InvitationLine,
    invitation_resend,
    invitation_revoke,
    invitation_send,
    invitations_read,
    invitations_send,
)
from apps.organisations.views.frame import actor_of, enter


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite one person by e-mail."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    form = InviteForm(request.POST or None, membership=membership)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            sent = invitation_send(
                membership=membership,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                projects=form.chosen() or None,
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(request, _("The invitation to %(sent)s is on its way.") % {"sent": sent.email})
            return redirect("organisations:members", slug)
    status = (error.status if error else 422) if request.method == "POST" else 200
    context = {"organisation": membership.organisation, "form": form, "error": error}
    return render(request, "organisations/invite.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite_many(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a table of people, show each line with what is wrong with it, and send all of them or none."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    form = InviteManyForm(request.POST or None, request.FILES or None)
    lines: list[InvitationLine] = []
    error = None
    if request.method == "POST" and form.is_valid():
        text, now = form.cleaned_data["text"], timezone.now()
        try:
            lines = invitations_read(membership=membership, text=text, now=now)
            if "send" in request.POST and not any(line.error for line in lines):
                sent = invitations_send(membership=membership, text=text, actor=actor_of(request), now=now)
                messages.success(request, _("%(sent)s invitations are on their way.") % {"sent": len(sent)})
                return redirect("organisations:members", slug)
        except AppError as refusal:
            error = refusal
        form = InviteManyForm(initial={"text": text})
    wrong = sum(bool(line.error) for line in lines)
    refused = request.method == "POST" and (error is not None or wrong or not lines)
    context = {
        "organisation": membership.organisation,
        "form": form,
        "lines": lines,
        "wrong": wrong,
        "error": error,
    }
    return render(request, "organisations/invite_many.html", context, status=422 if refused else 200)


@login_required
@require_POST
def resend(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Mail a new link; the old one ends."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    sent = invitation_resend(
        membership=membership, invitation_id=invitation_id, actor=actor_of(request), now=timezone.now()
    )
    messages.success(
        request,
        _("A new link is on its way to %(sent)s; the one before opens nothing any more.") % {"sent": sent.email},
    )
    return redirect("organisations:members", slug)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    ended = invitation_revoke(
        membership=membership, invitation_id=invitation_id, actor=actor_of(request), now=timezone.now()
    )
    messages.success(
        request,
        _("The invitation to %(ended)s is taken back; its link opens nothing any more.") % {"ended": ended.email},
    )
    return redirect("organisations:members", slug)
