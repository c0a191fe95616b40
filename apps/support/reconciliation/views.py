"""Staff pages of reconciliation: the days, a day, the open items, an item and what is done about it."""

from collections.abc import Callable
from datetime import date

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.support.reconciliation import acts
from apps.support.reconciliation.forms import CommentForm, OwnerForm, ReasonForm, ResolveForm
from apps.support.reconciliation.selectors import AGES, day_view, days_table, item_view, items_found
from apps.users.models import User

VIEW, CHANGE = "support.view_reconciliationitem", "support.change_reconciliationitem"


def _page(request: HttpRequest, name: str, title: str, /, status: int = 200, **context: object) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"desk/reconciliation/{name}.html", shown, status=status)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def days(request: HttpRequest) -> HttpResponse:
    """List the days with what matched and what did not."""
    return _page(request, "days", "Reconciliation", rows=days_table())


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def day(request: HttpRequest, day: str) -> HttpResponse:
    """Show what each side tells of a day."""
    try:
        shown = day_view(date.fromisoformat(day))
    except (NotFound, ValueError):
        raise Http404("This day was not read; days are listed under Reconciliation.") from None
    return _page(request, "day", f"Reconciliation of {day}", shown=shown)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def items(request: HttpRequest) -> HttpResponse:
    """List open items by age and owner."""
    age, owner = request.GET.get("age", ""), request.GET.get("owner", "")
    mine = request.user.pk if owner == "me" else None
    found = items_found(now=timezone.now(), age=age, owner=mine, nobody=owner == "nobody")
    return _page(request, "items", "Open items", items=found, ages=list(AGES), age=age, owner=owner)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Show an item, what the other side tells, and what was done about it."""
    return _item(request, item_id)


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def item_act(request: HttpRequest, item_id: int, act: str) -> HttpResponse:
    """Give the item an owner, comment on it, resolve it or open it again."""
    kind, do, told = ACTS[act]
    form = kind(request.POST)
    if not form.is_valid():
        return _item(request, item_id, status=422, **{f"{act}_form": form})
    user = request.user
    assert isinstance(user, User)
    try:
        do(item_id=item_id, user=user, now=timezone.now(), **form.cleaned_data)
    except NotFound:
        raise Http404("There is no such item.") from None
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, told)
    return redirect("support:reconciliation_item", item_id)


def _item(request: HttpRequest, item_id: int, status: int = 200, **forms: forms.Form) -> HttpResponse:
    try:
        shown = item_view(item_id)
    except NotFound:
        raise Http404("There is no such item.") from None
    blank = {f"{act}_form": kind() for act, (kind, _do, _told) in ACTS.items()}
    blank["owner_form"] = OwnerForm(initial={"owner": shown.item.owner})
    notes = shown.item.notes.select_related("user")
    return _page(
        request, "item", str(shown.item), status=status, shown=shown, notes=notes, may=request.user.has_perm(CHANGE),
        **blank | forms,
    )  # fmt: skip


ACTS: dict[str, tuple[type[forms.Form], Callable[..., object], str]] = {
    "owner": (OwnerForm, acts.item_assign, "Its owner is set."),
    "comment": (CommentForm, acts.item_comment, "Your comment is kept."),
    "resolve": (ResolveForm, acts.item_resolve, "It is resolved; the books were not touched."),
    "reopen": (ReasonForm, acts.item_reopen, "It is open again."),
}
