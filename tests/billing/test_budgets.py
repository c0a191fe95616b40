"""Budgets: told once per window and mark, and never in the way."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.billing.errors import LimitRefused
from apps.billing.models import Budget, BudgetNotice, Level
from apps.billing.services import budget_remove, budget_set, budgets, budgets_forecast, hold_settle
from apps.billing.windows import Period
from apps.core.errors import Denied, NotFound
from apps.core.models import Mail
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from tests.billing.limits import member, spend
from tests.billing.money import CREDIT, NOW, grant
from tests.world import World


@pytest.fixture(autouse=True)
def _rich(world: World, drain: Callable[[], int]) -> None:
    grant(world.acme, 10_000)
    drain()


def budget(world: World, credits: int = 100, **more: Any) -> Budget:
    """Set a monthly budget of whole credits for Acme, told to Bea at 50, 80 and 100 %."""
    given: dict[str, Any] = {
        "membership": member(world),
        "actor": Actor.person(world.bea),
        "level": Level.ORGANISATION,
        "subject_id": "",
        "period": Period.MONTH,
        "limit_micro": credits * CREDIT,
        "marks": [50, 80, 100],
        "forecast": False,
        "people": [world.bea.id],
        "now": NOW,
    }
    return budget_set(**(given | more))


def use(world: World, credits: int, source: str, *, now: datetime = NOW) -> None:
    """Let a job hold ten times what it costs."""
    spend(world, credits * 10, source=source, now=now)
    hold_settle(source=source, network_micro=credits * CREDIT, platform_fee_micro=0, seconds=60, now=now)


def told(drain: Callable[[], int]) -> list[str]:
    drain()
    return list(Mail.objects.order_by("id").values_list("subject", flat=True))


def test_each_mark_is_told_once(world: World, drain: Callable[[], int]) -> None:
    budget(world)
    for n, expected in enumerate((0, 1, 1, 3, 3, 3)):
        use(world, 25, f"job:{n}:1")
        assert len(told(drain)) == expected
    assert told(drain) == [f"{mark} % of the budget of Acme is spent" for mark in (50, 80, 100)]


def test_one_settlement_may_pass_several_marks(world: World, drain: Callable[[], int]) -> None:
    budget(world)
    use(world, 90, "job:1:1")
    assert len(told(drain)) == 2


def test_it_never_stops_anything_and_what_is_only_held_is_not_spent(
    world: World, drain: Callable[[], int]
) -> None:
    budget(world, 1)
    spend(world, 5000)
    assert told(drain) == []


def test_a_new_window_tells_again(world: World, drain: Callable[[], int]) -> None:
    budget(world, marks=[50])
    use(world, 60, "job:1:1")
    use(world, 60, "job:2:1", now=NOW + timedelta(days=30))
    assert len(told(drain)) == 2


def test_a_new_budget_counts_the_window_so_far_and_tells_at_once(world: World, drain: Callable[[], int]) -> None:
    use(world, 85, "job:1:1")
    use(world, 85, "job:2:1", now=NOW - timedelta(days=30))
    budget(world)
    assert len(told(drain)) == 2
    assert budget(world).windows.get().used_micro == 85 * CREDIT


def test_raising_and_lowering_it_tells_no_mark_twice(world: World, drain: Callable[[], int]) -> None:
    use(world, 60, "job:1:1")
    for credits in (100, 1000, 100):
        budget(world, credits, marks=[50])
    assert len(told(drain)) == 1


def test_it_counts_its_own_subject_only(world: World, drain: Callable[[], int]) -> None:
    budget(world, level=Level.MEMBER, subject_id=str(world.adam.id))
    use(world, 100, "job:1:1")
    assert told(drain) == []


def test_each_chosen_person_gets_a_mail_and_those_who_left_get_none(
    world: World, drain: Callable[[], int]
) -> None:
    budget(world, marks=[50], people=[world.bea.id, world.mia.id, world.victor.id])
    world.victor.memberships.all().delete()
    use(world, 60, "job:1:1")
    told(drain)
    assert sorted(Mail.objects.values_list("to", flat=True)) == ["bea@acme.example", "mia@acme.example"]
    text = Mail.objects.all()[0].text
    assert "60.00 credits since 1 November 2026, 00:00 (UTC)" in text
    assert "/o/acme/billing/caps/" in text


def test_when_all_left_the_owner_is_told(world: World, drain: Callable[[], int]) -> None:
    budget(world, marks=[50])
    world.bea.memberships.all().delete()
    use(world, 60, "job:1:1")
    told(drain)
    assert Mail.objects.get().to == "olga@acme.example"


def test_the_forecast_is_told_once_before_the_budget_is_passed(world: World, drain: Callable[[], int]) -> None:
    budget(world, 100, marks=[], forecast=True)
    use(world, 30, "job:1:1", now=datetime(2026, 11, 5, tzinfo=UTC))
    now = datetime(2026, 11, 9, tzinfo=UTC)
    assert [budgets_forecast(now=now), budgets_forecast(now=now + timedelta(hours=1))] == [1, 0]
    assert told(drain) == ["The budget of Acme will not last"]
    notice = BudgetNotice.objects.get()
    assert (notice.mark, notice.used_micro) == (BudgetNotice.FORECAST, 30 * CREDIT)
    assert (notice.forecast_micro or 0) > 100 * CREDIT


@pytest.mark.django_db(transaction=True)
def test_a_budget_that_is_removed_while_its_forecast_is_made_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = budget(world, 100, forecast=True)
    use(world, 60, "job:1:1")

    def forecast_of(*args: object, **more: object) -> int:
        budget_remove(membership=member(world), actor=Actor.person(world.bea), budget_id=gone.id, now=NOW)
        return 200 * CREDIT

    monkeypatch.setattr(budgets, "forecast_of", forecast_of)
    assert budgets_forecast(now=NOW + timedelta(days=1)) == 0
    assert not BudgetNotice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_budget_is_removed_together_with_a_forecast_that_is_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = budget(world, 100, forecast=True)
    use(world, 60, "job:1:1")
    bea, pool = member(world), ThreadPoolExecutor(1)

    def remove() -> None:
        try:
            budget_remove(membership=bea, actor=Actor.person(world.bea), budget_id=gone.id, now=NOW)
        finally:
            connection.close()

    removal: list[Future[None]] = []

    def enqueue(*args: object, **more: object) -> None:
        removal.append(pool.submit(remove))
        deadline = time.monotonic() + 60
        while not waiting() and time.monotonic() < deadline:
            time.sleep(0.01)

    monkeypatch.setattr(budgets, "enqueue", enqueue)
    assert budgets_forecast(now=NOW + timedelta(days=1)) == 1
    removal[0].result(60)
    assert not Budget.objects.exists()


def waiting() -> bool:
    """Tell whether anybody waits for a lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


def test_a_forecast_within_the_budget_is_not_told(world: World) -> None:
    budget(world, 10_000, marks=[], forecast=True)
    use(world, 30, "job:1:1")
    assert budgets_forecast(now=NOW + timedelta(days=1)) == 0


def test_developers_cannot_set_or_remove_one(world: World) -> None:
    first = budget(world)
    with pytest.raises(Denied):
        budget(world, 5, membership=member(world, world.mia))
    with pytest.raises(Denied):
        budget_remove(membership=member(world, world.mia), actor=Actor.system(), budget_id=first.id, now=NOW)
    assert Budget.objects.get().limit_micro == 100 * CREDIT


def test_a_foreign_project_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        budget(world, level=Level.PROJECT, subject_id=str(world.other.projects.get().id))


@pytest.mark.parametrize(
    "bad",
    [
        {"marks": [0]},
        {"marks": [1001]},
        {"marks": list(range(1, 12))},
        {"marks": []},
        {"limit_micro": 0},
        {"limit_micro": -1},
        {"period": Period.JOB},
        {"level": Level.TOPUP},
        {"people": []},
        {"people": [10**9]},
    ],
)
def test_budgets_that_cannot_be_are_refused_with_a_sentence(world: World, bad: dict[str, Any]) -> None:
    with pytest.raises(LimitRefused) as refusal:
        budget(world, **bad)
    assert refusal.value.fields
    assert not Budget.objects.exists()


def test_setting_and_removing_are_recorded_and_repeats_are_not(world: World) -> None:
    first = budget(world)
    assert budget(world) == first
    budget(world, 50)
    for _ in range(2):
        budget_remove(membership=member(world), actor=Actor.person(world.bea), budget_id=first.id, now=NOW)
    acts = AuditEvent.objects.filter(act__startswith="budget").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["budget.set", "budget.set", "budget.removed"]


def test_budgets_cost_a_settlement_two_queries(world: World, django_assert_num_queries: Any) -> None:
    for level, subject in (
        (Level.ORGANISATION, ""),
        (Level.MEMBER, world.mia.id),
        (Level.PROJECT, world.project.id),
    ):
        budget(world, 5000, level=level, subject_id=str(subject))
    spend(world, 1)
    with django_assert_num_queries(16):  # the 14 of a settlement, the budgets themselves, their counters
        hold_settle(source="job:1:1", network_micro=5, platform_fee_micro=0, seconds=1, now=NOW)
