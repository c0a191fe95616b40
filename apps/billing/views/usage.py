"""Usage: added up by one dimension over a time, and every line of it as CSV."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.billing import selectors
from apps.billing.forms import UsageForm
from apps.billing.selectors import Dimension, UsageLine
from apps.billing.views.frame import enter
from apps.billing.windows import day_start, zone_of
from apps.core.csv import csv_lines, csv_response
from apps.core.errors import AppError
from apps.core.moments import moment_sent
from apps.core.money import MICRO

COLUMNS = (
    "settled_at", "started_at", "ended_at", "seconds", "credits", "source", "job", "project", "member", "api_key",
    "market", "template", "labels",
)  # fmt: skip


@login_required
@require_safe
def usage(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what was used, by one dimension and between two days, and what the month will come to."""
    membership = enter(request, slug)
    organisation, now = membership.organisation, timezone.now()
    zone = zone_of(organisation.time_zone)
    form = UsageForm(request.GET, today=now.astimezone(zone).date())
    context: dict[str, Any] = {"organisation": organisation, "form": form, "rows": []}
    if form.is_valid():
        chosen = form.cleaned_data
        since, until = _between(chosen, zone)
        rows = selectors.usage_by(organisation, Dimension(chosen["by"]), since=since, until=until)
        most = max((row.amount_micro for row in rows), default=0)
        context |= {
            "rows": [
                (row, row.amount_micro * 100 // most if most else 0, _day(row, chosen["by"])) for row in rows
            ],
            "total_micro": sum(row.amount_micro for row in rows),
            "dimension": Dimension(chosen["by"]),
            "chosen": chosen,
            "forecast": selectors.forecast_month(organisation, now=now),
            "cut": len(rows) == selectors.ROWS_LIMIT,
        }
    return render(request, "billing/usage.html", context, status=200 if form.is_valid() else 422)


@login_required
@require_safe
def usage_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Download every settled line between two days."""
    organisation = enter(request, slug).organisation
    zone = zone_of(organisation.time_zone)
    form = UsageForm(request.GET, today=timezone.now().astimezone(zone).date())
    if not form.is_valid():
        sentences = [str(sentence) for found in form.errors.values() for sentence in found]
        raise AppError(" ".join(sentences), code="period_unknown", status=422)
    chosen = form.cleaned_data
    since, until = _between(chosen, zone)
    lines = (cells(line) for line in selectors.usage_lines(organisation, since=since, until=until))
    name = f"usage-{organisation.slug}-{chosen['since']}-{chosen['until']}.csv"
    return csv_response(name, csv_lines(COLUMNS, lines))


def _day(row: selectors.UsageRow, by: str) -> date | None:
    return date.fromisoformat(row.name) if by == Dimension.DAY else None


def _between(chosen: dict[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moments [since, until) of two local days, both included."""
    return day_start(chosen["since"], zone), day_start(chosen["until"] + timedelta(days=1), zone)


def cells(line: UsageLine) -> tuple[object, ...]:
    """Return a line as COLUMNS names it."""
    labels = "; ".join(f"{key}={value}" for key, value in sorted(line.labels.items()))
    credits = f"{line.amount_micro // MICRO}.{line.amount_micro % MICRO:06d}"
    times = (moment_sent(at.replace(microsecond=0)) for at in (line.settled_at, line.starts_at, line.ends_at))
    return (*times, line.seconds, credits, line.source, line.label, line.project, line.member, line.api_key,
            line.market, line.template, labels)  # fmt: skip
