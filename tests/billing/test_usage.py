"""Usage: added up by any dimension, moved by relabelling, exported whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from apps.billing.errors import LabelsRefused
from apps.billing.models import Hold, Settlement, UsageAdjustment, UsageRecord
from apps.billing.selectors import Dimension, usage_by, usage_lines
from apps.billing.selectors.forecasts import forecast_month
from apps.billing.services import hold_settle, usage_relabel
from apps.core.errors import Denied, NotFound
from apps.organisations.models import AuditEvent, Project
from apps.organisations.services import Actor
from tests.billing.limits import key_make, member, spend
from tests.billing.money import CREDIT, NOW, grant
from tests.world import World

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    grant(world.acme, 10_000)


def use(world: World, credits: int, source: str, *, at: datetime = NOW, **who: Any) -> UsageRecord:
    """Let a job cost whole credits."""
    spend(world, credits, source=source, now=at, **who)
    done = hold_settle(source=source, network_micro=credits * CREDIT, platform_fee_micro=0, seconds=60, now=at)
    return done.usage


def by(world: World, dimension: Dimension) -> list[tuple[str, int]]:
    rows = usage_by(world.acme, dimension, since=SINCE, until=UNTIL)
    return [(row.name, row.amount_micro // CREDIT) for row in rows]


def test_usage_is_added_up_by_every_dimension(world: World) -> None:
    key = key_make(world)
    use(
        world,
        5,
        "job:1:1",
        api_key_id=key.id,
        dimensions={"market": "a100", "template": "train", "labels": {"team": "x"}},
    )
    use(
        world,
        3,
        "job:2:1",
        member_id=world.adam.id,
        dimensions={"market": "3060", "labels": {"team": "x", "run": "7"}},
    )
    use(world, 1, "job:3:1", project_id=None, at=NOW + timedelta(days=1))
    use(world, 9, "job:4:1", at=UNTIL)
    assert by(world, Dimension.DAY) == [("2026-11-02", 8), ("2026-11-03", 1)]
    assert by(world, Dimension.PROJECT) == [(world.project.name, 8), ("", 1)]
    assert by(world, Dimension.MEMBER) == [("Mia", 6), ("Adam", 3)]
    assert by(world, Dimension.KEY) == [("ci", 5), ("", 4)]
    assert by(world, Dimension.MARKET) == [("a100", 5), ("3060", 3), ("", 1)]
    assert by(world, Dimension.TEMPLATE) == [("train", 5), ("", 4)]
    assert by(world, Dimension.LABEL) == [("team: x", 8), ("run: 7", 3), ("", 1)]
    assert by(world, Dimension.JOB) == [("Train", 9)]
    assert usage_by(world.other, Dimension.DAY, since=SINCE, until=UNTIL) == []


def test_a_day_is_the_organisations_own_also_when_its_clock_is_put_back(world: World) -> None:
    world.acme.time_zone = "Europe/Berlin"
    since, until = (
        datetime(2026, 10, 23, 22, tzinfo=UTC),
        datetime(2026, 10, 26, 23, tzinfo=UTC),
    )  # 24 to 26 October
    use(world, 1, "job:early:1", at=since - timedelta(seconds=1))
    use(world, 2, "job:first:1", at=since)
    use(world, 3, "job:long:1", at=datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC))  # the 25th has 25 hours
    use(world, 4, "job:next:1", at=datetime(2026, 10, 25, 23, tzinfo=UTC))
    use(world, 5, "job:late:1", at=until)
    rows = usage_by(world.acme, Dimension.DAY, since=since, until=until)
    assert [(row.name, row.amount_micro // CREDIT) for row in rows] == [
        ("2026-10-24", 2),
        ("2026-10-25", 3),
        ("2026-10-26", 4),
    ]


def test_days_are_those_of_the_organisation(world: World) -> None:
    world.acme.time_zone = "Asia/Tokyo"
    use(world, 5, "job:1:1", at=datetime(2026, 11, 2, 15, tzinfo=UTC))
    assert by(world, Dimension.DAY) == [("2026-11-03", 5)]


@pytest.mark.parametrize("dimension", list(Dimension))
def test_each_table_is_one_query(world: World, dimension: Dimension, django_assert_num_queries: Any) -> None:
    use(world, 5, "job:1:1")
    with django_assert_num_queries(1):
        by(world, dimension)


def relabel(world: World, record: UsageRecord, **more: Any) -> UsageAdjustment:
    given = {"project_id": None, "labels": {"team": "new"}, "reason": "wrong team", "now": NOW}
    given |= {"membership": member(world), "actor": Actor.person(world.bea)} | more
    return usage_relabel(record_id=record.id, **given)


def test_relabelling_moves_the_report_and_leaves_the_record(world: World) -> None:
    other = Project.objects.create(organisation=world.acme, name="Other", slug="other")
    record = use(world, 5, "job:1:1", dimensions={"labels": {"team": "old"}})
    relabel(world, record)
    assert (by(world, Dimension.PROJECT), by(world, Dimension.LABEL)) == ([("", 5)], [("team: new", 5)])
    relabel(world, record, project_id=other.id, labels={})
    assert (by(world, Dimension.PROJECT), by(world, Dimension.LABEL)) == ([("Other", 5)], [("", 5)])
    assert UsageRecord.objects.get() == record
    assert (record.project, record.dimensions) == (world.project, {"labels": {"team": "old"}})


def test_the_same_relabelling_again_changes_nothing(world: World) -> None:
    record = use(world, 5, "job:1:1")
    assert relabel(world, record) == relabel(world, record)
    assert AuditEvent.objects.filter(act="usage.relabelled").count() == UsageAdjustment.objects.count() == 1


def test_who_may_not_manage_billing_may_not_relabel(world: World) -> None:
    record = use(world, 5, "job:1:1")
    with pytest.raises(Denied):
        relabel(world, record, membership=member(world, world.mia))
    assert not UsageAdjustment.objects.exists()


def test_foreign_records_and_projects_are_not_found(world: World) -> None:
    record = use(world, 5, "job:1:1")
    with pytest.raises(NotFound):
        relabel(world, record, project_id=world.other.projects.get().id)
    with pytest.raises(NotFound):
        usage_relabel(
            membership=member(world),
            actor=Actor.system(),
            record_id=world.acme.id,
            project_id=None,
            labels={},
            reason="",
            now=NOW,
        )


@pytest.mark.parametrize(
    "labels",
    [
        {"Team": "x"},
        {"": "x"},
        {"a" * 41: "x"},
        {"a": ""},
        {"a": "x\0"},
        {"a": "x" * 101},
        dict.fromkeys(map(str, range(21)), "x"),
    ],
)
def test_labels_that_cannot_be_are_refused_with_a_sentence(world: World, labels: dict[str, str]) -> None:
    with pytest.raises(LabelsRefused):
        relabel(world, use(world, 5, "job:1:1"), labels=labels)
    assert not UsageAdjustment.objects.exists()


def test_the_database_refuses_to_change_what_was_settled(world: World) -> None:
    use(world, 5, "job:1:1")
    for model in (UsageRecord, Settlement, Hold):
        with pytest.raises(IntegrityError, match="is complete and cannot change"), transaction.atomic():
            model.objects.update(id=world.acme.id)
        with pytest.raises(IntegrityError, match="is complete and cannot change"), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_the_database_refuses_a_settlement_above_its_hold(world: World) -> None:
    use(world, 5, "job:1:1")
    spend(world, 5, source="job:2:1")
    fields = Settlement.objects.values().get() | {
        "id": world.acme.id,
        "hold_id": Hold.objects.get(state="open").id,
    }
    transfer = fields.pop("transfer_id")
    fields |= {"network_micro": 6 * CREDIT, "cost_micro": 6 * CREDIT}
    with pytest.raises(IntegrityError, match="but 5000000 were held"), transaction.atomic():
        Settlement.objects.create(**fields, transfer_id=transfer)


def test_every_line_is_yielded_once_over_pages(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.billing.selectors.usage.CHUNK", 3)
    for n in range(8):
        use(world, n + 1, f"job:{n}:1")
    use(world, 1, "job:9:1", at=UNTIL)
    lines = list(usage_lines(world.acme, since=NOW, until=UNTIL))
    assert sorted(line.amount_micro // CREDIT for line in lines) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert lines[0].member == "mia@acme.example"


def test_a_forecast_adds_the_mean_of_the_last_week_to_what_was_spent(world: World) -> None:
    use(world, 70, "job:1:1", at=datetime(2026, 10, 1, tzinfo=UTC))
    use(world, 30, "job:2:1", at=datetime(2026, 11, 2, tzinfo=UTC))
    use(world, 70, "job:3:1", at=datetime(2026, 11, 12, tzinfo=UTC))
    found = forecast_month(world.acme, now=datetime(2026, 11, 16, tzinfo=UTC))
    assert found.spent_micro == 100 * CREDIT
    assert found.expected_micro == (100 + 15 * 10) * CREDIT  # 15 days left at 10 a day


def test_a_young_organisation_is_measured_since_its_first_job(world: World) -> None:
    use(world, 20, "job:1:1", at=datetime(2026, 11, 2, tzinfo=UTC))
    found = forecast_month(world.acme, now=datetime(2026, 11, 4, tzinfo=UTC))
    assert found.expected_micro // CREDIT == 20 + 27 * 20 // 2 - 1  # it began a minute before


def test_without_spending_nothing_is_expected(world: World) -> None:
    assert forecast_month(world.acme, now=NOW).expected_micro == 0
