"""Pages of those who invite: one person, many at once, again, and not any more."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.core.lists import Column, Listing, Pick, Table, list_csv, list_shown, utc_text
from apps.organisations.forms_people import InviteForm, InviteManyForm
from apps.organisations.models import Invitation
from apps.organisations.roles import Permission
from apps.organisations.selectors import invitations_found
from apps.organisations.services import (
    InvitationLine,
    invitation_resend,
    invitation_revoke,
    invitation_send,
    invitations_read,
    invitations_send,
)
from apps.organisations.views.frame import actor_of, enter

INVITATIONS = Table(
    area="invitations",
    sort="-made",
    page=50,
    search=gettext_lazy("E-mail address"),
    csv=True,
    picks=(Pick("state", gettext_lazy("State"), gettext_lazy("All states"), tuple(Invitation.State.choices)),),
    columns=(
        Column("address", gettext_lazy("Address"), sort="email", always=True),
        Column("role", gettext_lazy("Role")),
        Column("state", gettext_lazy("State"), always=True),
        Column("made", gettext_lazy("Invited"), sort="id", shown=False),
        Column("sent", gettext_lazy("Sent"), sort="sent_at"),
        Column("by", pgettext_lazy("who did it", "By")),
        Column("acts", gettext_lazy("Actions"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[Invitation], object]] = {
    "email": lambda one: one.email,
    "role": lambda one: one.role,
    "state": lambda one: one.state(timezone.now()).value,
    "invited_by": lambda one: one.invited_by.email,
    "sent_at": lambda one: utc_text(one.sent_at),
    "expires_at": lambda one: utc_text(one.expires_at),
    "accepted_at": lambda one: utc_text(one.accepted_at),
    "revoked_at": lambda one: utc_text(one.revoked_at),
}


@login_required
@require_safe
def invitations(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List all invitations, also those that are over; search, state, order, columns and page in the address."""
    organisation = enter(request, slug, Permission.MEMBERS_MANAGE).organisation
    listing, now = Listing(INVITATIONS, request.GET), timezone.now()
    found = invitations_found(organisation, search=listing.search, state=listing.picked("state"), now=now)
    if listing.as_csv:
        return list_csv(f"{slug}-invitations", listing, found, CSV)
    page = listing.page(found)
    context = {"organisation": organisation, "invitations": [(one, one.state(now)) for one in page.rows]}
    return list_shown(request, "organisations/invitations.html", listing, page, context)


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
