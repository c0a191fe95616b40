"""Budgets: set by people, counted with every settlement, told by mail once per window and mark. They stop nothing."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.billing import sentences as said
from apps.billing.errors import LimitRefused
from apps.billing.events import BUDGET_PASSED
from apps.billing.models import Budget, BudgetNotice, BudgetWindow, Level
from apps.billing.selectors.forecasts import forecast_of
from apps.billing.selectors.subjects import subject_names
from apps.billing.services.counters import Spending, counters_add, counters_find, limit_born
from apps.billing.services.limits import limit_check, wallet_lock
from apps.billing.windows import Period, Span, zone_of
from apps.core.mail import mail_write
from apps.core.queue import enqueue
from apps.core.sweeping import each_apart
from apps.notifications.services import event_emit
from apps.organisations.models import Membership
from apps.organisations.roles import Permission, Role
from apps.organisations.services import Actor, audit_record

LEVELS = {Level.ORGANISATION, Level.PROJECT, Level.MEMBER, Level.KEY}
PERIODS = {Period.DAY, Period.WEEK, Period.MONTH}
MARK_LIMIT = 1000  # percent
MARKS_LIMIT = 10


def budget_set(
    *,
    membership: Membership,
    actor: Actor,
    level: str,
    subject_id: str,
    period: str,
    limit_micro: int,
    marks: Sequence[int],
    forecast: bool,
    people: Sequence[int],
    now: datetime,
) -> Budget:
    """Set a budget (micro-NOS), the percentages that are told and to whom; the same again changes nothing.

    Marks that are passed already are told at once. Raises Denied, LimitRefused for what cannot be, NotFound for a
    foreign subject.
    """
    membership.require(Permission.CAPS_MANAGE)
    organisation = membership.organisation
    limit_check(
        organisation,
        level=level,
        subject_id=subject_id,
        period=period,
        micro=limit_micro,
        levels=LEVELS,
        periods=PERIODS,
    )
    marks = _marks_check(marks, limit_micro=limit_micro, forecast=forecast)
    chosen = _people_check(membership, people)
    with transaction.atomic():
        wallet_lock(organisation.id)
        key = {"organisation": organisation, "level": level, "subject_id": subject_id, "period": period}
        budget = Budget.objects.filter(**key).first()
        before = None if budget is None else _facts(budget)
        if budget is None:
            budget = Budget(**key, created_at=limit_born(organisation.id, now=now))
        budget.limit_micro, budget.marks, budget.forecast = limit_micro, marks, forecast
        budget.updated_at = now
        budget.save()
        budget.people.set(chosen)
        after = _facts(budget)
        if before != after:
            audit_record(
                organisation_id=organisation.id,
                actor=actor,
                act="budget.set",
                subject=f"budget:{budget.id}",
                before=before,
                after=after,
                now=now,
            )
        for counter in counters_find(Budget, [(organisation.id, Level(level), subject_id)], at=now):
            if counter.limit_id == budget.id and counter.span is not None:
                _tell(budget, counter.span, counter.used_micro, marks, now=now)
    return budget


def budget_remove(*, membership: Membership, actor: Actor, budget_id: uuid.UUID, now: datetime) -> None:
    """Remove a budget; one that is gone stays gone. Raises Denied."""
    membership.require(Permission.CAPS_MANAGE)
    with transaction.atomic():
        wallet_lock(membership.organisation_id)
        # Locked first, so that a forecast that is being told is removed with it.
        budget = (
            Budget.objects.select_for_update()
            .filter(organisation_id=membership.organisation_id, id=budget_id)
            .first()
        )
        if budget is None:
            return
        audit_record(
            organisation_id=membership.organisation_id,
            actor=actor,
            act="budget.removed",
            subject=f"budget:{budget.id}",
            before=_facts(budget),
            now=now,
        )
        budget.delete()


def budgets_count(spendings: Sequence[Spending], *, now: datetime) -> None:
    """Count what was settled now in every budget that watches it, and tell the marks it passes; wallets are locked.

    One query where nobody has a budget.
    """
    found = counters_find(Budget, {subject for one in spendings for subject in one.subjects}, at=now)
    if not found:
        return
    spans = {counter.limit_id: counter.span for counter in found}
    budgets = Budget.objects.in_bulk(list(spans))
    for window in counters_add(Budget, spendings):
        budget, span = budgets[window.limit_id], spans[window.limit_id]
        if span is not None and window.starts_at == span.starts_at:
            before = (window.used_micro - window.change_micro) * 100
            _tell(
                budget,
                span,
                window.used_micro,
                [m for m in budget.marks if before < m * budget.limit_micro],
                now=now,
            )


def budgets_forecast(*, now: datetime) -> int:
    """Tell, once per window, of every budget whose forecast passes it; return how many were told."""
    watched = BudgetWindow.objects.filter(starts_at__lte=now, ends_at__gt=now, limit__forecast=True)
    windows = watched.select_related("limit__organisation").iterator()
    return sum(each_apart(windows, lambda window: _forecast(window, now=now)))


def _forecast(window: BudgetWindow, *, now: datetime) -> bool:
    """Tell of a budget whose forecast passes it; return whether it was told."""
    budget, span = window.limit, Span(window.starts_at, window.ends_at)
    expected = forecast_of(budget, span, used_micro=window.used_micro, now=now)
    if expected <= budget.limit_micro or not budget.limit_micro:
        return False
    with transaction.atomic():
        # Somebody may remove the budget at this moment; one that is locked stays until its notice is written.
        if not Budget.objects.select_for_update(no_key=True).filter(id=budget.id).exists():
            return False
        return _notice(budget.id, span, BudgetNotice.FORECAST, window.used_micro, now=now, forecast_micro=expected)


def budget_mail(*, notice_id: int) -> None:
    """Promise the mails of a notice: one to each chosen person who is still a member, else to the owner."""
    notice = BudgetNotice.objects.select_related("budget__organisation").filter(id=notice_id).first()
    if notice is None:
        return
    budget = notice.budget
    organisation = budget.organisation
    members = organisation.memberships.select_related("user")
    chosen = [one.user for one in members.filter(user__in=budget.people.all())]
    people = chosen or [members.get(role=Role.OWNER).user]
    context, key = _mail_context(notice), f"budget:{budget.id}:{notice.starts_at:%Y%m%d%H%M}:{notice.mark}"
    with transaction.atomic():
        for person in people:
            mail_write(
                key=f"{key}:{person.pk}",
                to=person.email,
                template="budget",
                context=context,
                language=person.language,
            )
        event_emit(
            organisation_id=organisation.pk,
            type=BUDGET_PASSED.name,
            subject=f"budget:{budget.id}",
            key=key,
            data={
                "name": context["name"],
                "mark": notice.mark,
                "used_micro": notice.used_micro,
                "limit_micro": budget.limit_micro,
                "sentence": (said.BUDGET_SPENT if notice.mark else said.BUDGET_SHORT)
                % {"mark": notice.mark, "name": context["name"]},
            },
            mailed=[person.email for person in people],
            now=notice.at,
        )


def _mail_context(notice: BudgetNotice) -> dict[str, Any]:
    budget = notice.budget
    organisation = budget.organisation
    subject = (Level(budget.level), budget.subject_id)
    path = reverse("billing:caps", args=[organisation.slug])
    return {
        "organisation": organisation,
        "name": subject_names(organisation, [subject])[subject],
        "budget": budget,
        "notice": notice,
        "starts_at": notice.starts_at.astimezone(zone_of(organisation.time_zone)),
        "url": f"{settings.BASE_URL}{path}",
    }


def _tell(budget: Budget, span: Span, used_micro: int, marks: Sequence[int], *, now: datetime) -> None:
    """Tell those of the marks that are passed."""
    for mark in marks:
        if used_micro * 100 >= mark * budget.limit_micro:
            _notice(budget.id, span, mark, used_micro, now=now)


def _notice(
    budget_id: uuid.UUID,
    span: Span,
    mark: int,
    used_micro: int,
    *,
    now: datetime,
    forecast_micro: int | None = None,
) -> bool:
    """Write the notice and want its mails, unless this window has it; return whether it was new."""
    with transaction.atomic():
        notice, created = BudgetNotice.objects.get_or_create(
            budget_id=budget_id,
            starts_at=span.starts_at,
            mark=mark,
            defaults={"used_micro": used_micro, "forecast_micro": forecast_micro, "at": now},
        )
        if created:
            enqueue("billing.budget_mail", notice_id=notice.id)
    return created


def _facts(budget: Budget) -> dict[str, Any]:
    return {
        "level": budget.level,
        "subject": budget.subject_id,
        "period": budget.period,
        "limit_micro": budget.limit_micro,
        "marks": list(budget.marks),
        "forecast": budget.forecast,
        "people": sorted(budget.people.values_list("id", flat=True)),
    }


def _marks_check(marks: Sequence[int], *, limit_micro: int, forecast: bool) -> list[int]:
    found = sorted(set(marks))
    if len(found) > MARKS_LIMIT or any(type(mark) is not int or not 1 <= mark <= MARK_LIMIT for mark in found):
        sentence = _(
            "Give up to %(marks_limit)s percentages between 1 and %(mark_limit)s, such as 50, 80, 100."
        ) % {"marks_limit": MARKS_LIMIT, "mark_limit": MARK_LIMIT}
        raise LimitRefused(sentence, fields={"marks": [sentence]})
    if not found and not forecast:
        sentence = _("A budget that tells nothing is none: choose a percentage or the forecast.")
        raise LimitRefused(sentence, fields={"marks": [sentence]})
    if limit_micro == 0:
        sentence = _("A budget needs an amount above 0; to stop all spending, set a cap of 0.")
        raise LimitRefused(sentence, fields={"amount": [sentence]})
    return found


def _people_check(membership: Membership, people: Sequence[int]) -> list[int]:
    chosen = set(people)
    members = set(membership.organisation.memberships.filter(user__in=chosen).values_list("user_id", flat=True))
    if not chosen or chosen - members:
        sentence = _("Choose at least one member of %(organisation)s to be told.") % {
            "organisation": membership.organisation.name
        }
        raise LimitRefused(sentence, fields={"people": [sentence]})
    return sorted(members)
