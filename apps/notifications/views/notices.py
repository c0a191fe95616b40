"""Pages of notices: the list, one of them, the bell with the number of unread ones."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import AppError
from apps.core.pages import page_mark
from apps.notifications import services
from apps.notifications.forms import ChoicesForm
from apps.notifications.models import Reader
from apps.notifications.selectors import LIST, notices_page, notices_unread, reader_of
from apps.notifications.services.mails import mail_way
from apps.notifications.services.unsubscribing import Ending, ending_get
from apps.notifications.types import Group, MailWay, notice_kinds
from apps.organisations.access import page_grant
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

P = Permission.ORGANISATION_VIEW


@login_required
@never_cache
@require_safe
def notices(request: HttpRequest, slug: str) -> HttpResponse:
    """List what the person may read, newest first; `unread` and `kind` narrow."""
    grant = page_grant(request, slug, P)
    unread, kind = "unread" in request.GET, request.GET.get("kind", "")
    kind = kind if kind in notice_kinds() else ""
    before = page_mark(request, uuid.UUID)
    reader = reader_of(grant)
    found = notices_page(grant, reader=reader, now=timezone.now(), unread=unread, kind=kind, before=before)
    context = {
        "notices": found[:LIST],
        "next": found[LIST - 1].id if len(found) > LIST else None,
        "before": before,
        "unread": unread,
        "kind": kind,
        "groups": kinds_by_group(grant),
        "any_unread": any(notice.unread for notice in found),
    }
    return render(request, "notifications/notices.html", context)


def kinds_by_group(grant: Grant) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return name and label of the kinds that the member could ever read, under their headings."""
    allowed = [(name, kind) for name, kind in notice_kinds().items() if grant.hears.may(kind.audience)]
    groups = [
        (str(group.label), [(name, str(kind.label)) for name, kind in allowed if kind.group == group])
        for group in Group
    ]
    return [(label, kinds) for label, kinds in groups if kinds]


@login_required
@never_cache
@require_safe
def notice(request: HttpRequest, slug: str, notice_id: uuid.UUID) -> HttpResponse:
    """Note that the person read it, and lead to what it is about."""
    shown = services.notice_read(grant=page_grant(request, slug, P), notice_id=notice_id, now=timezone.now())
    return redirect(shown.path)


@login_required
@require_POST
def notice_mark(request: HttpRequest, slug: str, notice_id: uuid.UUID) -> HttpResponse:
    """Note that the person read it, and stay on the list."""
    services.notice_read(grant=page_grant(request, slug, P), notice_id=notice_id, now=timezone.now())
    return redirect("notifications:notices", slug)


@login_required
@require_POST
def notices_mark(request: HttpRequest, slug: str) -> HttpResponse:
    """Note that the person read everything."""
    services.notices_read_all(grant=page_grant(request, slug, P), now=timezone.now())
    messages.success(request, _("All notices are marked as read."))
    return redirect("notifications:notices", slug)


@login_required
@never_cache
@require_safe
def bell(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the inside of the bell, with how many notices are unread."""
    count = notices_unread(page_grant(request, slug, P), now=timezone.now())
    return render(request, "notifications/bell_count.html", {"count": count})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what the person wants to hear of, where and when."""
    grant = page_grant(request, slug, P)
    reader, error = reader_of(grant), None
    form = ChoicesForm(request.POST or None, initial=ChoicesForm.of(reader))
    shown = [name for _label, kinds in kinds_by_group(grant) for name, _title in kinds]
    if request.method == "POST" and form.is_valid():
        data, kinds = form.cleaned_data, form.kinds(shown)
        quiet = (data["quiet_from"], data["quiet_until"])
        when = {"time_zone": data["time_zone"], "daily_hour": data["daily_hour"]}
        try:
            services.choices_set(grant=grant, kinds=kinds, quiet=quiet, **when, now=timezone.now())
        except AppError as refusal:
            error = refusal
            reader.choices = kinds
        else:
            messages.success(request, _("Saved."))
            return redirect("notifications:choices", slug)
    context = {"form": form, "error": error, "groups": _rows(grant, reader), "ways": MailWay.choices}
    status = 200 if request.method != "POST" else error.status if error else 422
    return render(request, "notifications/choices.html", context, status=status)


def _rows(grant: Grant, reader: Reader) -> list[dict[str, object]]:
    groups: list[dict[str, object]] = []
    for label, kinds in kinds_by_group(grant):
        rows = [
            {
                "name": name,
                "label": title,
                "here": reader.choices.get(name, {}).get("here", True),
                "mail": mail_way(reader, name).value,
                "alarm": notice_kinds()[name].alarm,
                "told": notice_kinds()[name].told,
            }
            for name, title in kinds
        ]
        groups.append({"label": label, "rows": rows})
    return groups


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether mails like the one with the link shall end; a POST ends them, as mail programs send it too.

    The signed link is what may do this, so no cookie is asked for; whoever only looks at it (also a scanner) ends none.
    """
    ended = request.method == "POST"
    ending: Ending = services.mails_end(token=token) if ended else ending_get(token)
    labels = [notice_kinds()[name].label for name in ending.kinds]
    context = {"ending": ending, "labels": labels, "ended": ended}
    return render(request, "notifications/unsubscribe.html", context)
