"""Pages of the audit trail: the search, one event with its proof, the exports, the digests, the retention."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.csv import csv_lines, csv_response, json_lines, streamed
from apps.core.errors import AppError
from apps.core.lists import Column, Listing, Page, Table, list_shown
from apps.organisations.audit_forms import AuditFilterForm, RetentionForm
from apps.organisations.models import AuditEvent, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import (
    AuditFilters,
    AuditLine,
    audit_acts,
    audit_all,
    audit_day_last,
    audit_digests,
    audit_event_get,
    audit_events,
    audit_proof,
)
from apps.organisations.services import audit_download_record, audit_retention_set
from apps.organisations.views.frame import actor_of, enter

TRAIL = Table(
    area="audit",
    sort="-when",
    page=50,
    columns=(
        Column("when", _("When"), sort="id", always=True),
        Column("who", _("Who")),
        Column("did", _("Did"), always=True),
        Column("act", _("Act"), shown=False),
        Column("on", _("On")),
        Column("from", _("From")),
    ),
)
COLUMNS = (
    "id",
    "at",
    "act",
    "subject",
    "actor",
    "who",
    "email",
    "address",
    "agent",
    "before",
    "after",
    "day",
    "erased",
)


@login_required
@require_safe
def trail(request: HttpRequest, slug: str) -> HttpResponse:
    """List the organisation's events, newest first; what is searched for and the page are in the address."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    days = membership.organisation.audit_retention_days
    return _trail_page(request, membership, RetentionForm(initial={"days": days}))


def _trail_page(
    request: HttpRequest, membership: Membership, retention: RetentionForm, *, status: int = 200
) -> HttpResponse:
    organisation = membership.organisation
    form = AuditFilterForm(request.GET, acts=audit_acts(organisation))
    listing = Listing(TRAIL, request.GET)
    page: Page[AuditEvent] = Page([], "")
    if form.is_valid():
        page = listing.page(audit_events(organisation, form.filters()))
    else:
        status = 422
    last_day = audit_day_last(organisation)
    context = {
        "form": form,
        "lines": [AuditLine(event) for event in page.rows],
        "narrowed": any(field.value() for field in form.narrow()),
        "filtered": form.is_valid() and bool(form.filters()),
        "last_day": last_day,
        "last_digest": bytes(last_day.digest).hex() if last_day else "",
        "retention": retention,
        "may_edit": membership.may(Permission.ORGANISATION_EDIT),
        "organisation": organisation,
    }
    response = list_shown(request, "organisations/audit.html", listing, page, context)
    response.status_code = status
    return response


@login_required
@require_POST
def retention(request: HttpRequest, slug: str) -> HttpResponse:
    """Set how long events are kept."""
    membership = enter(request, slug, Permission.ORGANISATION_EDIT)
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _trail_page(request, membership, form, status=422)
    audit_retention_set(
        membership=membership, days=form.cleaned_data["days"], actor=actor_of(request), now=timezone.now()
    )
    messages.success(request, gettext("Saved. Events that are older leave within a day; their digests stay."))
    return redirect("organisations:audit", slug)


@login_required
@require_safe
def event(request: HttpRequest, slug: str, event_id: int) -> HttpResponse:
    """Show one event: who, what, from where, and what was before and after."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    line = audit_event_get(membership.organisation, event_id)
    context = {"line": line, "event": line.event, "organisation": membership.organisation}
    return render(request, "organisations/audit_event.html", context)


@login_required
@require_safe
def proof(request: HttpRequest, slug: str, event_id: int) -> HttpResponseBase:
    """Download what proves one event (docs/audit.md)."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    found = audit_proof(audit_event_get(membership.organisation, event_id).event)
    _record(request, membership, "audit.proof_downloaded", f"event:{event_id}")
    return _download(JsonResponse(found), f"{slug}-event-{event_id}-proof.json")


@login_required
@require_safe
def digests(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Download the digest of every closed day, to keep where we cannot reach."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    _record(request, membership, "audit.digests_downloaded", f"organisation:{membership.organisation_id}")
    found = {"organisation": str(membership.organisation_id), "digests": audit_digests(membership.organisation_id)}
    return _download(JsonResponse(found), f"{slug}-audit-digests.json")


@login_required
@require_safe
def export_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Download every event that fits the search, as CSV."""
    rows = _export(request, slug, "csv")
    lines = csv_lines(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
    return csv_response(f"{slug}-audit.csv", lines)


@login_required
@require_safe
def export_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Download every event that fits the search, as a JSON array."""
    rows = _export(request, slug, "json")
    return streamed(f"{slug}-audit.json", json_lines(rows), "application/json")


def _export(request: HttpRequest, slug: str, kind: str) -> Iterator[dict[str, Any]]:
    """Return what fits the search, row by row, once it is written down who takes it along."""
    membership = enter(request, slug, Permission.AUDIT_VIEW)
    organisation = membership.organisation
    filters = _filters(request, organisation)
    search = {name: value for name, value in asdict(filters).items() if value}
    facts = {"format": kind, **({"search": search} if search else {})}
    _record(request, membership, "audit.exported", f"organisation:{organisation.pk}", facts)
    return (line.row() for line in audit_all(organisation, filters))


def _record(
    request: HttpRequest, membership: Membership, act: str, subject: str, facts: dict[str, Any] | None = None
) -> None:
    audit_download_record(
        organisation_id=membership.organisation_id,
        actor=actor_of(request),
        act=act,
        subject=subject,
        facts=facts,
        now=timezone.now(),
    )


def _filters(request: HttpRequest, organisation: Organisation) -> AuditFilters:
    form = AuditFilterForm(request.GET, acts=audit_acts(organisation))
    if not form.is_valid():
        fields = {name: [str(sentence) for sentence in sentences] for name, sentences in form.errors.items()}
        raise AppError(
            gettext("Some of what is searched for cannot be read."), code="filter_invalid", fields=fields
        )
    return form.filters()


def _download(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
