"""Pages of visits: staff asks, begins and ends; the organisation sees every one and ends it."""

from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.organisations.roles import Permission
from apps.organisations.views.frame import actor_of, enter
from apps.support.forms import VisitForm
from apps.support.models import Visit
from apps.support.selectors import visits_of, visits_of_staff
from apps.support.services import visit_begin, visit_break_glass, visit_end, visit_request, visit_revoke
from apps.support.services.visits import PERMISSION
from apps.support.visiting import SESSION_KEY
from apps.users.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
@permission_required(PERMISSION, raise_exception=True)
def visits(request: HttpRequest) -> HttpResponse:
    """Show the member of staff their visits, and ask an organisation for another."""
    staff, now = cast(User, request.user), timezone.now()
    form = VisitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        act = visit_break_glass if told["break_glass"] else visit_request
        try:
            visit = act(
                staff=staff,
                organisation=told["found_organisation"],
                member_id=told["member_id"],
                reason=told["reason"],
                minutes=told["minutes"],
                actor=actor_of(request, staff=True),
                now=now,
            )
        except AppError as refusal:
            form.add_error(None, refusal.message)
        else:
            if visit.began_at is not None:
                request.session[SESSION_KEY] = str(visit.pk)
                return redirect("console:home", visit.organisation.slug)
            messages.success(request, f"{visit.organisation} is asked; its owner and admins decide.")
            return redirect("support:visits")
    context = {
        **admin.site.each_context(request),
        "title": "Visits",
        "form": form,
        "visits": [(one, one.words(now), _begins(one)) for one in visits_of_staff(staff)],
    }
    return render(request, "support/visits.html", context, status=422 if request.method == "POST" else 200)


def _begins(visit: Visit) -> bool:
    return visit.approved_at is not None and visit.began_at is None and visit.ended_at is None


@require_POST
@staff_member_required
@permission_required(PERMISSION, raise_exception=True)
def begin(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Begin an approved visit and go there."""
    visit = visit_begin(
        staff=cast(User, request.user),
        visit_id=visit_id,
        actor=actor_of(request, staff=True),
        now=timezone.now(),
    )
    request.session[SESSION_KEY] = str(visit.pk)
    return redirect("console:home", visit.organisation.slug)


@require_POST
@staff_member_required
@permission_required(PERMISSION, raise_exception=True)
def end(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """End a visit of one's own."""
    if not Visit.objects.filter(pk=visit_id, staff_id=request.user.pk).exists():
        raise NotFound("There is no such visit of yours.")
    visit_end(visit_id=visit_id, how=Visit.How.STAFF, actor=actor_of(request, staff=True), now=timezone.now())
    request.session.pop(SESSION_KEY, None)
    request.visiting = None  # type: ignore[attr-defined]
    messages.success(request, "The visit is over.")
    return redirect("support:visits")


@login_required
@require_safe
def visits_here(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the organisation who of the platform's staff looked in, or asks to."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    now = timezone.now()
    context = {
        "organisation": membership.organisation,
        "visits": [(one, one.words(now), one.ended_at is None) for one in visits_of(membership.organisation)],
        "may_decide": membership.may(Permission.APPROVALS_DECIDE),
    }
    return render(request, "support/visits_of.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, visit_id: UUID) -> HttpResponse:
    """End a visit at once, or an approval that was given for one."""
    membership = enter(request, slug, Permission.APPROVALS_DECIDE)
    visit_revoke(membership=membership, visit_id=visit_id, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("The visit is over; staff sees nothing here any more."))
    return redirect("support:visits_of", slug)
