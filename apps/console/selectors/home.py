"""What the home page of an organisation shows, as far as the role allows; a fixed number of queries."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db.models import Exists, Q

from apps.billing.models import Budget, Lot
from apps.billing.selectors import Forecast, budget_of_month, caps_full, forecast_month, invoices_of, lots_live
from apps.billing.selectors.balances import balance_alert_of
from apps.core.ids import uuid7_at
from apps.jobs.models import Job
from apps.jobs.selectors import JobFilters, jobs_latest, jobs_of, jobs_shown
from apps.jobs.state import LIVE, State
from apps.organisations.models import ApiKey, Grant, Invitation, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import AuditLine, api_keys_of, audit_latest

LIVE_SHOWN, RECENT_SHOWN, ACTS_SHOWN, LOTS_SHOWN, TOLD = 10, 8, 6, 4, 5
SOON = timedelta(days=14)  # what ends within it is told
FRESH = timedelta(days=1)  # a failure that long is news
YOUNG = timedelta(days=14)  # how long first steps are shown once only an invitation is missing
LONGEST_JOB = timedelta(days=9)  # from launch to end; older jobs cannot have failed just now
SPEND_KEPT_S = 30


@dataclass(frozen=True)
class Steps:
    """How far a newcomer got."""

    verified: bool
    paid: bool
    launched: bool
    invited: bool
    young: bool

    @property
    def next(self) -> str:
        """The name of the first step that is not done; "" where all are."""
        steps = {"verified": self.verified, "paid": self.paid, "launched": self.launched, "invited": self.invited}
        return next((name for name, done in steps.items() if not done), "")

    @property
    def shown(self) -> bool:
        """Whether the list is still of use: something is missing, and not only company for somebody who needs none."""
        first = self.verified and self.paid and self.launched
        return not first or (not self.invited and self.young)


@dataclass(frozen=True)
class Overview:
    """Jobs that have not ended, the newest that have, and how far a newcomer got."""

    live: list[Job]
    recent: list[Job]
    steps: Steps


@dataclass(frozen=True)
class Alerts:
    """What somebody should look at; what the role may not see stays empty."""

    low_micro: int | None = None  # the level the balance is below
    caps: list[str] = field(default_factory=list)  # names of caps that are used up
    failed: list[Job] = field(default_factory=list)
    parked: list[Job] = field(default_factory=list)
    keys: list[ApiKey] = field(default_factory=list)


@dataclass(frozen=True)
class Money:
    """The month and the lots, for whoever may see billing."""

    month: Forecast
    budget: Budget | None
    lots: list[Lot]
    ending: list[Lot]  # those of them, and one more, that expire soon

    @property
    def percent(self) -> int:
        """How much of the budget is spent, in whole percent, at most 100."""
        limit = self.budget.limit_micro if self.budget else 0
        return min(self.month.spent_micro * 100 // limit, 100) if limit else 0


def overview(grant: Grant, now: datetime) -> Overview:
    """Return the live and recent jobs that may be seen, and the first steps: three queries."""
    live = list(jobs_shown(grant, JobFilters()).filter(state__in=LIVE).order_by("-id")[:LIVE_SHOWN])
    newest = jobs_latest(grant, limit=RECENT_SHOWN + LIVE_SHOWN)
    recent = [job for job in newest if job.over][:RECENT_SHOWN]
    return Overview(live=live, recent=recent, steps=_steps(grant, now, launched=bool(newest)))


def _steps(grant: Grant, now: datetime, *, launched: bool) -> Steps:
    here, user = grant.organisation, grant.member.user_id
    unproven = EmailAddress.objects.filter(user_id=user, verified=False, primary=True)
    others = Membership.objects.filter(organisation=here).exclude(user_id=user)
    found = (
        Organisation.objects.filter(pk=here.pk)
        .annotate(
            unproven=Exists(unproven),
            paid=Exists(invoices_of(here).order_by()) | Exists(Lot.objects.filter(organisation=here)),
            company=Exists(others) | Exists(Invitation.objects.filter(organisation=here)),
        )
        .values_list("unproven", "paid", "company")
        .get()
    )
    return Steps(
        verified=not found[0],
        paid=found[1],
        launched=launched,
        invited=found[2],
        young=now - here.created_at < YOUNG,
    )


def alerts(grant: Grant, *, available_micro: int, now: datetime) -> Alerts:
    """Return what somebody should look at: jobs two queries, caps three, keys and the balance one each."""
    alert = balance_alert_of(grant.organisation)
    low = alert.below_micro if alert.below_micro and available_micro < alert.below_micro else None
    ending = Q(expires_at__gt=now, expires_at__lte=now + SOON)
    keys = ApiKey.objects.none()
    if grant.may(Permission.KEYS_MANAGE):
        keys = api_keys_of(grant).filter(ending, revoked_at=None).select_related(None).only("name", "expires_at")
    jobs = jobs_of(grant).select_related(None).only("id", "name").order_by("-id")
    failed = jobs.filter(pk__gte=uuid7_at(now - LONGEST_JOB), state=State.FAILED, ended_at__gte=now - FRESH)
    parked = jobs.filter(attempt__parked_at__isnull=False, attempt__settled_at=None)
    return Alerts(
        low_micro=low,
        caps=[state.name for state in caps_full(grant, now=now)],
        failed=list(failed[:TOLD]),
        parked=list(parked[:TOLD]),
        keys=list(keys[:TOLD]),
    )


def money(grant: Grant, now: datetime) -> Money | None:
    """Return the month and the lots, for whoever may see billing; the month's sums are up to SPEND_KEPT_S old."""
    if not grant.may(Permission.BILLING_VIEW):
        return None
    here = grant.organisation
    month = cache.get_or_set(_month_key(here.pk), lambda: forecast_month(here, now=now), SPEND_KEPT_S)
    assert month is not None
    lots = list(lots_live(here).order_by("expires_at", "created_at")[:TOLD])  # what never expires comes last
    return Money(
        month=month,
        budget=budget_of_month(here),
        lots=lots[:LOTS_SHOWN],
        ending=[lot for lot in lots if lot.expires_at is not None and now < lot.expires_at <= now + SOON],
    )


def _month_key(organisation_id: uuid.UUID) -> str:
    return f"console:month:{organisation_id.hex}"


def acts(grant: Grant) -> list[AuditLine]:
    """Return what people did last, for whoever may see the trail: one query."""
    if not grant.may(Permission.AUDIT_VIEW):
        return []
    return audit_latest(grant.organisation, limit=ACTS_SHOWN)
