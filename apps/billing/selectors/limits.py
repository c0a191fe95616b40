"""Caps and budgets as they stand."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.billing.errors import LimitRefused
from apps.billing.models import Budget, BudgetWindow, Cap, CapWindow, Level
from apps.billing.selectors.subjects import subject_names
from apps.billing.windows import Period, span_of, zone_of
from apps.core.errors import NotFound
from apps.core.moments import day_text
from apps.organisations.models import Grant, Membership, Organisation
from apps.organisations.roles import Permission

BROADEST = {level: place for place, level in enumerate(Level.values)}
LONGEST = {period: place for place, period in enumerate(Period.values)}


@dataclass(frozen=True)
class LimitState:
    """A cap or budget with what its window of now counts, micro-NOS; a cap per job counts nothing."""

    limit: Cap | Budget
    name: str
    used_micro: int | None
    resets_at: datetime | None

    @property
    def left_micro(self) -> int | None:
        """Return what is left of it, never below 0."""
        return None if self.used_micro is None else max(self.limit.limit_micro - self.used_micro, 0)

    @property
    def allows_micro(self) -> int:
        """Return the most that one new job may still hold under it."""
        return self.limit.limit_micro if self.left_micro is None else self.left_micro

    @property
    def resets_words(self) -> str:
        """Return the local day on which it begins anew ("1 December")."""
        return day_text(self.resets_at.date(), "yearless") if self.resets_at else ""

    @property
    def percent(self) -> int:
        """Return how much of it is used, in whole percent; a limit of 0 is used up."""
        if self.used_micro is None:
            return 0
        return self.used_micro * 100 // self.limit.limit_micro if self.limit.limit_micro else 100


def caps_of(acting: Membership | Grant, *, now: datetime) -> list[LimitState]:
    """Return the caps the member or key may see, broadest first: all with billing.view, else those that bind
    everybody or the member's own.
    """
    caps = Cap.objects.filter(organisation=acting.organisation)
    if not acting.may(Permission.BILLING_VIEW):
        member = acting.membership if isinstance(acting, Grant) else acting
        mine = Q(level=Level.MEMBER, subject_id=str(member.user_id) if member else "")
        caps = caps.filter(mine | Q(level__in=[Level.ORGANISATION, Level.PROJECT]))
    windows = CapWindow.objects.filter(starts_at__lte=now, ends_at__gt=now)
    return _states(acting.organisation, caps.prefetch_related(Prefetch("windows", windows)), now=now)


def caps_binding(
    organisation: Organisation,
    *,
    project_id: uuid.UUID | None,
    member_id: int,
    api_key_id: uuid.UUID | None = None,
    now: datetime,
) -> list[LimitState]:
    """Return the caps that bind a new job of the member in the project, broadest first."""
    mine = Q(level=Level.ORGANISATION) | Q(level=Level.MEMBER, subject_id=str(member_id))
    if project_id is not None:
        mine |= Q(level=Level.PROJECT, subject_id=str(project_id))
    if api_key_id is not None:
        mine |= Q(level=Level.KEY, subject_id=str(api_key_id))
    windows = CapWindow.objects.filter(starts_at__lte=now, ends_at__gt=now)
    caps = Cap.objects.filter(mine, organisation=organisation).prefetch_related(Prefetch("windows", windows))
    return _states(organisation, caps, now=now)


def budgets_of(membership: Membership | Grant, *, now: datetime) -> list[LimitState]:
    """Return the organisation's budgets, broadest first, with the people who are told."""
    windows = BudgetWindow.objects.filter(starts_at__lte=now, ends_at__gt=now)
    budgets = Budget.objects.filter(organisation=membership.organisation)
    return _states(
        membership.organisation, budgets.prefetch_related(Prefetch("windows", windows), "people"), now=now
    )


def caps_full(acting: Membership | Grant, *, now: datetime) -> list[LimitState]:
    """Return those of the caps the member or key may see that are used up now."""
    return [state for state in caps_of(acting, now=now) if state.used_micro is not None and state.percent >= 100]


def budget_of_month(organisation: Organisation) -> Budget | None:
    """Return the budget of the whole organisation for a month, if there is one."""
    return Budget.objects.filter(organisation=organisation, level=Level.ORGANISATION, period=Period.MONTH).first()


def cap_get(organisation: Organisation, cap_id: uuid.UUID) -> LimitState:
    """Return the organisation's cap. Raises NotFound."""
    unknown = _("There is no such cap in %(organisation)s; choose one from the list.")
    return _one(organisation, Cap.objects.filter(organisation=organisation, id=cap_id), unknown)


def budget_get(organisation: Organisation, budget_id: uuid.UUID) -> LimitState:
    """Return the organisation's budget. Raises NotFound."""
    unknown = _("There is no such budget in %(organisation)s; choose one from the list.")
    return _one(organisation, Budget.objects.filter(organisation=organisation, id=budget_id), unknown)


def people_by_address(organisation: Organisation, addresses: Sequence[str]) -> list[int]:
    """Return the ids of the members with these e-mail addresses. Raises LimitRefused for one that is nobody's."""
    wanted = {address.strip().lower() for address in addresses}
    members = Membership.objects.filter(organisation=organisation, user__email__in=wanted)
    found = dict(members.values_list("user__email", "user_id"))
    strangers = sorted(wanted - found.keys())
    if strangers:
        sentence = _("%(strangers)s is no member of %(organisation)s; name members only.") % {
            "strangers": strangers[0],
            "organisation": organisation.name,
        }
        raise LimitRefused(sentence, fields={"people": [sentence]})
    return list(found.values())


def _one(organisation: Organisation, found: QuerySet[Cap] | QuerySet[Budget], unknown: str) -> LimitState:
    limit = found.first()
    if limit is None:
        raise NotFound(unknown % {"organisation": organisation.name})
    subject = (limit.level, limit.subject_id)
    return LimitState(limit, subject_names(organisation, [subject])[subject], None, None)


def _states(
    organisation: Organisation, limits: QuerySet[Cap] | QuerySet[Budget], *, now: datetime
) -> list[LimitState]:
    rows: list[Cap | Budget] = sorted(
        limits, key=lambda limit: (BROADEST[limit.level], limit.subject_id, LONGEST[limit.period])
    )
    names = subject_names(organisation, [(limit.level, limit.subject_id) for limit in rows])
    zone = zone_of(organisation.time_zone)
    states = []
    for limit in rows:
        name = names[limit.level, limit.subject_id]
        if limit.period == Period.JOB:
            states.append(LimitState(limit, name, None, None))
            continue
        span = span_of(limit.period, zone=zone, now=now)
        used = next((one.used_micro for one in limit.windows.all() if one.starts_at == span.starts_at), 0)
        resets_at = None if limit.period == Period.LIFETIME else span.ends_at.astimezone(zone)
        states.append(LimitState(limit, name, used, resets_at))
    return states
