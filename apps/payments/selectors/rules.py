"""Questions about automatic top-ups, organisation first."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from apps.billing.windows import Period, span_of, zone_of
from apps.organisations.models import Organisation
from apps.payments.models import TopUp, TopUpRule


@dataclass(frozen=True)
class Month:
    """What a rule's calendar month has seen, by the organisation's clock; minor units before VAT."""

    starts_at: datetime
    ends_at: datetime
    charged_minor: int
    left_minor: int


def rule_of(organisation: Organisation) -> TopUpRule | None:
    """Return the organisation's rule for automatic top-ups with its card; None where it never had one."""
    return TopUpRule.objects.select_related("card", "user").filter(organisation=organisation).first()


def month_of(rule: TopUpRule, *, now: datetime) -> Month:
    """Return what automatic top-ups charged this month in the rule's currency, those under way included; one query."""
    span = span_of(Period.MONTH, zone=zone_of(rule.organisation.time_zone), now=now)
    counted = TopUp.objects.filter(
        Q(state__in=(TopUp.State.PAID, TopUp.State.HELD)) | Q(closed_at=None),
        organisation=rule.organisation_id,
        automatic=True,
        quote__currency=rule.currency,
        quote__created_at__gte=span.starts_at,
        quote__created_at__lt=span.ends_at,
    )
    charged = counted.aggregate(sum=Sum("quote__net_minor"))["sum"] or 0
    return Month(span.starts_at, span.ends_at, charged, max(rule.month_cap_minor - charged, 0))


def in_flight(organisation_id: uuid.UUID) -> TopUp | None:
    """Return the automatic top-up that is under way, or held for staff to look at; there is one at most."""
    topups = TopUp.objects.filter(Q(closed_at=None) | Q(state=TopUp.State.HELD), organisation=organisation_id)
    topups = topups.filter(automatic=True).exclude(state=TopUp.State.PAID)
    return topups.select_related("quote", "card").first()
