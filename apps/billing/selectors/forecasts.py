"""What will be spent by the end of a window.

The method: what was spent in the window so far, and for the time that is left the mean rate of the last seven days
(of the last day, for a window of a day). An organisation younger than that is measured since its first spending,
but over a day at least. Spending is by settlement, as statements count it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet, Sum

from apps.billing.models import Budget, Level, UsageRecord
from apps.billing.windows import Period, Span, span_of, zone_of
from apps.organisations.models import Organisation

BASIS = timedelta(days=7)
BASIS_SHORTEST = timedelta(days=1)


@dataclass(frozen=True)
class Forecast:
    """What was spent in a window and what will be at its end, micro-NOS."""

    span: Span
    spent_micro: int
    expected_micro: int


def forecast_month(organisation: Organisation, *, now: datetime) -> Forecast:
    """Return what the organisation spent this month and will have spent by its end; two queries."""
    span = span_of(Period.MONTH, zone=zone_of(organisation.time_zone), now=now)
    spent = usage_between(organisation.id, span.starts_at, now).aggregate(sum=Sum("amount_micro"))["sum"] or 0
    usage = UsageRecord.objects.filter(organisation=organisation)
    return Forecast(span, spent, _expected(usage, span, spent, basis=BASIS, now=now))


def forecast_of(budget: Budget, span: Span, *, used_micro: int, now: datetime) -> int:
    """Return what a budget's subject will have spent by the end of the window, micro-NOS; one query."""
    usage = UsageRecord.objects.filter(
        subject_filter(budget.level, budget.subject_id), organisation_id=budget.organisation_id
    )
    basis = BASIS_SHORTEST if budget.period == Period.DAY else BASIS
    return _expected(usage, span, used_micro, basis=basis, now=now)


def subject_filter(level: str, subject_id: str) -> Q:
    """Return which usage records count for a subject."""
    column = {
        Level.PROJECT.value: "project_id",
        Level.MEMBER.value: "member_id",
        Level.KEY.value: "api_key_id",
    }.get(level)
    return Q(**{column: subject_id}) if column else Q()


def usage_between(organisation_id: uuid.UUID, since: datetime, until: datetime) -> QuerySet[UsageRecord]:
    """Return what was settled in [since, until)."""
    return UsageRecord.objects.filter(organisation_id=organisation_id, settled_at__gte=since, settled_at__lt=until)


def _expected(usage: QuerySet[UsageRecord], span: Span, spent: int, *, basis: timedelta, now: datetime) -> int:
    recent = usage.filter(settled_at__gte=now - basis, settled_at__lte=now)
    found = recent.aggregate(sum=Sum("amount_micro"), first=Min("starts_at"))
    if not found["sum"]:
        return spent
    age = now - found["first"]
    measured = (
        basis if age >= basis or usage.filter(settled_at__lt=now - basis).exists() else max(age, BASIS_SHORTEST)
    )
    left = max((span.ends_at - now).total_seconds(), 0)
    return spent + int(found["sum"] * left / measured.total_seconds())
