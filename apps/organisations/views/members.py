"""Pages of an organisation's members: the list, a role, an end, and who owns it."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.core.lists import Column, Listing, Pick, Table, list_csv, list_shown, utc_text
from apps.core.words import in_sentence
from apps.organisations.forms_people import HandOverForm, role_choices
from apps.organisations.models import Membership
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import invitations_waiting, member_get, members_found, members_of
from apps.organisations.services import member_leave, member_remove, member_role_change, ownership_transfer
from apps.organisations.services.people import hands_on
from apps.organisations.views.frame import actor_of, enter

SHOWN_WAITING = 5  # invitations that the page of members names; the rest has a list of its own
MEMBERS = Table(
    area="members",
    sort="since",
    page=50,
    search=gettext_lazy("Name or e-mail address"),
    csv=True,
    picks=(Pick("role", gettext_lazy("Role"), gettext_lazy("All roles"), tuple(Role.choices)),),
    columns=(
        Column("person", gettext_lazy("Person"), sort="user__email", always=True),
        Column("role", gettext_lazy("Role"), always=True),
        Column("since", gettext_lazy("Since"), sort="created_at"),
        Column("visited", gettext_lazy("Last here"), shown=False),
        Column("acts", gettext_lazy("Actions"), number=True, always=True),
    ),
)
CSV: dict[str, Callable[[Membership], object]] = {
    "name": lambda member: member.user.name,
    "email": lambda member: member.user.email,
    "role": lambda member: member.role,
    "limited": lambda member: "yes" if member.limited else "no",
    "since": lambda member: utc_text(member.created_at),
}


@login_required
@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the members with what they may, and, for those who invite, the invitations that wait."""
    membership = enter(request, slug, Permission.ORGANISATION_VIEW)
    organisation, now = membership.organisation, timezone.now()
    listing = Listing(MEMBERS, request.GET)
    found = members_found(organisation, search=listing.search, role=listing.picked("role"))
    if listing.as_csv:
        return list_csv(f"{slug}-members", listing, found, CSV)
    page = listing.page(found)
    manages = membership.may(Permission.MEMBERS_MANAGE)
    waiting = list(invitations_waiting(organisation)[: SHOWN_WAITING + 1]) if manages else []
    context = {
        "organisation": organisation,
        "members": [(one, manages and _may_handle(membership, one)) for one in page.rows],
        "roles": role_choices(membership),
        "manages": manages,
        "invitations": [(one, one.state(now)) for one in waiting[:SHOWN_WAITING]],
        "more_waiting": len(waiting) > SHOWN_WAITING,
    }
    return list_shown(request, "organisations/members.html", listing, page, context)


def _may_handle(membership: Membership, member: Membership) -> bool:
    return member.pk != membership.pk and hands_on(Role(membership.role), Role(member.role))


@login_required
@require_POST
def member_role(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Give a member another role."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    member = member_get(membership.organisation, member_id)
    role = request.POST.get("role", "")
    changed = member_role_change(
        membership=membership, member_id=member.pk, role=role, actor=actor_of(request), now=timezone.now()
    )
    messages.success(
        request,
        _("%(member)s is %(role)s from now on.")
        % {"member": member.user, "role": in_sentence(changed.get_role_display())},
    )
    return redirect("organisations:members", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_end(request: HttpRequest, slug: str, member_id: int) -> HttpResponse:
    """Ask whether to remove a member, and do so."""
    membership = enter(request, slug, Permission.MEMBERS_MANAGE)
    member = member_get(membership.organisation, member_id)
    if request.method != "POST":
        context = {"organisation": membership.organisation, "member": member}
        return render(request, "organisations/member_remove.html", context)
    member_remove(membership=membership, member_id=member.pk, actor=actor_of(request), now=timezone.now())
    messages.success(
        request,
        _("%(member)s is no member of %(organisation)s any more.")
        % {"member": member.user, "organisation": membership.organisation},
    )
    return redirect("organisations:members", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether to leave, and do so; the owner is told to hand over first."""
    membership = enter(request, slug, Permission.ORGANISATION_VIEW)
    context = {"organisation": membership.organisation, "owner": membership.role == Role.OWNER}
    if request.method != "POST":
        return render(request, "organisations/leave.html", context)
    member_leave(membership=membership, actor=actor_of(request), now=timezone.now())
    messages.success(request, _("You have left %(organisation)s.") % {"organisation": membership.organisation})
    return redirect("console:start")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ownership(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask who is to own the organisation, and hand it over once its name is typed."""
    membership = enter(request, slug, Permission.ORGANISATION_CLOSE)
    everybody = list(members_of(membership.organisation))
    form = HandOverForm(request.POST or None, membership=membership, members=everybody)
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            heir = ownership_transfer(
                membership=membership,
                member_id=form.cleaned_data["member"],
                confirmation=form.cleaned_data["confirmation"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except AppError as refusal:
            error = refusal
        else:
            messages.success(
                request,
                _("%(heir)s owns %(organisation)s now; you are an admin of it.")
                % {"heir": heir.user, "organisation": membership.organisation},
            )
            return redirect("organisations:members", slug)
    context = {"organisation": membership.organisation, "form": form, "error": error, "alone": len(everybody) == 1}
    return render(
        request, "organisations/ownership.html", context, status=422 if request.method == "POST" else 200
    )
