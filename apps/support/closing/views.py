"""Staff pages of the months: which are signed off, a month's steps, and its files for the accountant."""

from datetime import date

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.csv import csv_response
from apps.core.errors import AppError, NotFound
from apps.support.closing.acts import month_sign, month_unsign, vat_report_drawn
from apps.support.closing.exports import EXPORTS
from apps.support.closing.steps import bounds, checklist, month_read, months_known
from apps.users.models import User

VIEW, CHANGE = "support.view_monthclose", "support.change_monthclose"
ACTS = {"sign": month_sign, "open": month_unsign}


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def closes(request: HttpRequest) -> HttpResponse:
    """List the months with who signed them."""
    return _page(request, "months", "Months", months=months_known(now=timezone.now()))


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def close(request: HttpRequest, month: str) -> HttpResponse:
    """Show a month's steps."""
    shown = checklist(_month(month), now=timezone.now())
    acts = shown.close.acts.select_related("user") if shown.close else []
    may = request.user.has_perm(CHANGE)
    return _page(request, "month", f"Close of {month}", shown=shown, acts=acts, may=may, name=month)


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def close_act(request: HttpRequest, month: str, act: str) -> HttpResponse:
    """Sign a month off, or take the signature back."""
    user, reason = request.user, request.POST.get("reason", "").strip()[:500]
    assert isinstance(user, User)
    try:
        ACTS[act](month=_month(month), reason=reason, user=user, now=timezone.now())
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "It is signed off." if act == "sign" else "The signature is taken back.")
    return redirect("support:close", month)


@require_safe
@staff_member_required
@permission_required(VIEW, raise_exception=True)
def export(request: HttpRequest, month: str, name: str) -> StreamingHttpResponse:
    """Answer with postings, chart or documents of a month, as CSV."""
    return csv_response(f"{name}-{month}.csv", EXPORTS[name](_month(month)))


@require_POST
@staff_member_required
@permission_required(CHANGE, raise_exception=True)
def vat_draw(request: HttpRequest, month: str) -> StreamingHttpResponse:
    """Answer with the month's VAT report, and keep that it was drawn."""
    user, first = request.user, _month(month)
    assert isinstance(user, User)
    vat_report_drawn(month=first, user=user, now=timezone.now())
    return csv_response(f"vat-{month}.csv", EXPORTS["vat"](first))


def _month(text: str) -> date:
    try:
        month = month_read(text)
    except NotFound:
        raise Http404("This is no month; write it like 2026-10.") from None
    if bounds(month)[0] > timezone.now():
        raise Http404("This month has not begun.")
    return month


def _page(request: HttpRequest, name: str, title: str, /, **context: object) -> HttpResponse:
    return render(
        request, f"desk/closing/{name}.html", {**admin.site.each_context(request), "title": title, **context}
    )
