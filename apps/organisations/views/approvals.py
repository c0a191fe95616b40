"""Pages of approvals: what waits, one request, the decision by page or by the link of a mail, the limits."""

import uuid
from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.core.lists import Column, Listing, Pick, Table, list_csv, list_shown, utc_text
from apps.core.money import credits_plain
from apps.organisations.approval_forms import DecisionForm, LimitsForm
from apps.organisations.models import Approval, Grant, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import (
    approval_get,
    approval_link_read,
    approvals_found,
    approvals_open,
    approvers_of,
    may_decide,
)
from apps.organisations.services import approval_decide, approval_limits_set, approval_withdraw
from apps.organisations.views.frame import actor_of, enter
from apps.users.models import User

OUTCOMES = tuple(one for one in Approval.State.choices if one[0] != Approval.State.OPEN)
APPROVALS = Table(
    area="approvals",
    sort="-asked",
    csv=True,
    picks=(
        Pick(
            "kind",
            gettext_lazy("What"),
            gettext_lazy("All requests"),
            (("job", gettext_lazy("Jobs")), ("cap", gettext_lazy("Caps"))),
        ),
        Pick("state", gettext_lazy("Outcome"), gettext_lazy("All outcomes"), OUTCOMES),
    ),
    columns=(
        Column("request", gettext_lazy("Request"), always=True),
        Column("by", pgettext_lazy("who did it", "By")),
        Column("asked", gettext_lazy("Asked"), sort="id", shown=False),
        Column("most", gettext_lazy("At most"), number=True),
        Column("outcome", gettext_lazy("Outcome"), always=True),
    ),
)
CSV: dict[str, Callable[[Approval], object]] = {
    "id": lambda one: one.pk,
    "kind": lambda one: one.kind,
    "request": lambda one: one.worst_case,
    "requester": lambda one: one.requester.email if one.requester else "",
    "asked_at": lambda one: utc_text(one.created_at),
    "credits_at_most": lambda one: "" if one.amount_micro is None else credits_plain(one.amount_micro),
    "state": lambda one: one.state,
    "decided_by": lambda one: one.decided_by.email if one.decided_by else "",
    "ended_at": lambda one: utc_text(one.ended_at),
    "note": lambda one: one.note,
}


@login_required
@require_safe
def approval_list(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List what waits for a decision, then what is over (filters, order and page in the address); show the limits."""
    membership = enter(request, slug, Permission.ORGANISATION_VIEW)
    listing = Listing(APPROVALS, request.GET)
    if listing.as_csv:
        return list_csv(f"{slug}-approvals", listing, _over(membership, listing), CSV)
    return _list_page(request, membership, LimitsForm.of(membership.organisation))


def _list_page(
    request: HttpRequest, membership: Membership, form: LimitsForm, *, status: int = 200
) -> HttpResponse:
    listing = Listing(APPROVALS, request.GET)
    page = listing.page(_over(membership, listing))
    context = {
        "undecided": approvals_open(Grant.of_member(membership)),
        "form": form,
        "may_edit": membership.may(Permission.ORGANISATION_EDIT),
        "organisation": membership.organisation,
    }
    response = list_shown(request, "organisations/approvals.html", listing, page, context)
    response.status_code = status
    return response


def _over(membership: Membership, listing: Listing) -> QuerySet[Approval]:
    return approvals_found(Grant.of_member(membership), kind=listing.picked("kind"), state=listing.picked("state"))


@login_required
@require_POST
def approval_limits(request: HttpRequest, slug: str) -> HttpResponse:
    """Set above which amounts somebody must approve."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _list_page(request, membership, form, status=422)
    approval_limits_set(
        membership=membership,
        job_micro=form.micro("job"),
        cap_micro=form.micro("cap"),
        actor=actor_of(request),
        now=timezone.now(),
    )
    messages.success(request, _("Saved. The limits hold from now on; what waits already goes on waiting."))
    return redirect("organisations:approvals", slug)


@login_required
@require_safe
def approval_detail(request: HttpRequest, slug: str, approval_id: uuid.UUID) -> HttpResponse:
    """Show one request, and to those who may, the decision."""
    membership = enter(request, slug, Permission.ORGANISATION_VIEW)
    approval = approval_get(Grant.of_member(membership), approval_id)
    return _detail_page(request, membership, approval, DecisionForm(initial={"round": approval.round}))


def _detail_page(
    request: HttpRequest, membership: Membership, approval: Approval, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "approval": approval,
        "form": form,
        "may_decide": may_decide(membership, approval),
        "mine": approval.requester_id == membership.user_id,
        "waits_for": approvers_of(approval.organisation_id, approval.kind, but=approval.requester)
        if approval.state == Approval.State.OPEN
        else [],
        "job_id": approval.outcome.removeprefix("job:") if approval.outcome.startswith("job:") else "",
        "organisation": membership.organisation,
    }
    return render(request, "organisations/approval.html", context, status=status)


@login_required
@require_POST
def approval_decision(request: HttpRequest, slug: str, approval_id: uuid.UUID) -> HttpResponse:
    """Approve or deny, and say what came of it."""
    membership = enter(request, slug, Permission.APPROVALS_DECIDE)
    return _decide(request, membership, approval_get(Grant.of_member(membership), approval_id))


def _decide(request: HttpRequest, membership: Membership, approval: Approval) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, membership, approval, form, status=422)
    try:
        decided = approval_decide(
            approval_id=approval.pk,
            membership=membership,
            approve=form.cleaned_data["decision"] == "approve",
            note=form.cleaned_data["note"],
            round=form.cleaned_data["round"],
            actor=actor_of(request),
            now=timezone.now(),
        )
    except AppError as refusal:
        if refusal.status != 409:
            raise
        messages.error(request, refusal.message)
    else:
        _told(request, decided)
    return redirect("organisations:approval", membership.organisation.slug, approval.pk)


def _told(request: HttpRequest, approval: Approval) -> None:
    if approval.state == Approval.State.DONE:
        messages.success(request, _("Approved, and done."))
    elif approval.state == Approval.State.DENIED:
        messages.success(request, _("Denied; nothing was done."))
    else:
        messages.error(request, _("Nothing was done: %(refusal)s") % {"refusal": approval.refusal})


@login_required
@require_POST
def approval_withdrawal(request: HttpRequest, slug: str, approval_id: uuid.UUID) -> HttpResponse:
    """Take one's own request back."""
    membership = enter(request, slug, Permission.ORGANISATION_VIEW)
    approval = approval_get(Grant.of_member(membership), approval_id)
    try:
        approval_withdraw(
            approval_id=approval.pk, membership=membership, actor=actor_of(request), now=timezone.now()
        )
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Withdrawn; nobody needs to decide it any more."))
    return redirect("organisations:approval", slug, approval.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approval_link(request: HttpRequest, token: str) -> HttpResponse:
    """Open the link of a mail: looking shows the request, pressing decides it, and only for whom it was sent to.

    Everybody else is led to the request's own page, which shows it to members and to nobody else.
    """
    link = approval_link_read(token)
    approval = Approval.objects.select_related("organisation").filter(pk=link.approval_id).first()
    if approval is None or approval.by_staff:
        raise NotFound()
    slug, user = approval.organisation.slug, cast(User, request.user)
    if user.pk != link.user_id:
        messages.error(request, _("This link was sent to somebody else, and decides nothing for you."))
        return redirect("organisations:approval", slug, approval.pk)
    membership = enter(request, slug, Permission.APPROVALS_DECIDE)
    approval = approval_get(Grant.of_member(membership), approval.pk)
    if link.round != approval.round:
        messages.error(request, _("It asks for something else since this link was sent; look at it as it is now."))
        return redirect("organisations:approval", slug, approval.pk)
    if request.method == "POST":
        return _decide(request, membership, approval)
    return _detail_page(request, membership, approval, DecisionForm(initial={"round": link.round}))
