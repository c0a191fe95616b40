"""The pages of usage, caps and budgets."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Budget, Cap, Level
from apps.billing.services import hold_settle
from apps.organisations.models import Approval
from tests.billing.limits import cap, spend
from tests.billing.money import CREDIT, grant
from tests.world import World

USAGE, LINES, CAPS = "/o/acme/billing/usage/", "/o/acme/billing/usage.csv", "/o/acme/billing/caps/"
SET, BUDGET = f"{CAPS}set/", "/o/acme/billing/budgets/set/"


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    grant(world.acme, 1000)


def use(world: World, credits: int, source: str = "job:1:1", **who: Any) -> None:
    now = timezone.now()
    spend(world, credits, source=source, now=now, **who)
    hold_settle(source=source, network_micro=credits * CREDIT, platform_fee_micro=0, seconds=7200, now=now)


def cap_form(**changes: str) -> dict[str, str]:
    return {"subject": "organisation:", "period": "month", "amount": "12.50"} | changes


def budget_form(world: World, **changes: Any) -> dict[str, Any]:
    people = [str(world.bea.id)]
    return {
        "subject": "organisation:",
        "period": "month",
        "amount": "100",
        "marks": "50, 80",
        "people": people,
    } | changes


def test_usage_shows_each_group_with_its_share_and_what_the_month_will_come_to(world: World) -> None:
    use(world, 8)
    use(world, 2, "job:2:1", member_id=world.adam.id)
    html = world.client(world.bea).get(USAGE, {"by": "member"}).content.decode()
    for word in ("Mia", "Adam", "8.00", "2.00", "10.00 credits", 'value="25"', "By its end"):
        assert word in html


def test_usage_of_no_days_says_so(world: World) -> None:
    html = world.client(world.olga).get(USAGE, {"since": "2020-01-01", "until": "2020-01-31"}).content.decode()
    assert "Nothing was settled then" in html


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"since": "2026-02-30"},
        {"by": "moon"},
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"until": "0001-01-01"},
        {"by": "\0"},
    ],
)
def test_days_that_cannot_be_are_told(world: World, query: dict[str, str]) -> None:
    client = world.client(world.bea)
    assert client.get(USAGE, query).status_code in (400, 422)
    assert client.get(LINES, query).status_code in (400, 422)


def test_the_csv_has_every_line_and_no_formula(world: World) -> None:
    use(world, 8, dimensions={"market": "=cmd()", "labels": {"team": "x", "run": "7"}})
    answer = world.client(world.bea).get(LINES)
    header, line = csv.reader(io.StringIO(answer.getvalue().decode()))  # type: ignore[attr-defined]
    row = dict(zip(header, line, strict=True))
    assert (row["credits"], row["market"], row["labels"], row["seconds"]) == (
        "8.000000",
        "'=cmd()",
        "run=7; team=x",
        "7200",
    )
    assert answer["Content-Disposition"].startswith('attachment; filename="usage-acme-')


def test_caps_show_what_is_left_and_when_they_start_anew(world: World) -> None:
    now = timezone.now()
    cap(world, 100, now=now)
    cap(world, 20, level=Level.MEMBER, subject=world.mia.id, period="job", now=now)
    spend(world, 15, now=now)
    html = world.client(world.bea).get(CAPS).content.decode()
    for word in ("100.00", "85.00 left", "anew on", "15 % used", "Mia", "each job", "no job may cost more"):
        assert word in html


def test_members_without_billing_see_the_caps_that_bind_them_and_no_forms(world: World) -> None:
    cap(world, 100)
    cap(world, 20, level=Level.MEMBER, subject=world.mia.id)
    cap(world, 30, level=Level.MEMBER, subject=world.adam.id)
    cap(world, 44, level=Level.TOPUP)
    html = world.client(world.mia).get(CAPS).content.decode()
    assert "100.00" in html
    assert "20.00" in html
    assert "30.00" not in html
    assert "44.00" not in html
    assert "Set a cap" not in html
    assert "Budgets" not in html


def test_a_cap_is_set_changed_and_removed_from_the_page(world: World) -> None:
    client = world.client(world.bea)
    assert client.post(SET, cap_form()).status_code == 302
    limit = Cap.objects.get()
    assert limit.limit_micro == 12_500_000
    assert 'value="12.5"' in client.get(CAPS, {"cap": str(limit.id)}).content.decode()
    client.post(SET, cap_form(amount="20"))
    assert Cap.objects.get().limit_micro == 20 * CREDIT
    remove = f"{CAPS}{limit.id}/remove/"
    assert "Remove this cap?" in client.get(remove).content.decode()
    assert client.post(remove).status_code == 302
    assert client.post(remove).status_code == 404
    assert not Cap.objects.exists()


def test_a_raise_that_needs_an_approval_leads_to_the_request(world: World) -> None:
    world.acme.approval_cap_micro = 0
    world.acme.save()
    client = world.client(world.bea)
    client.post(SET, cap_form())
    answer = client.post(SET, cap_form(amount="20", reason="a big run"))
    assert answer["Location"] == f"/o/acme/settings/approvals/{Approval.objects.get().pk}/"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "-1"},
        {"amount": "1.1234567"},
        {"amount": "lots"},
        {"amount": "9" * 30},
        {"amount": "NaN"},
        {"subject": "member:0"},
        {"subject": "x"},
        {"subject": "\0"},
        {"period": "century"},
        {"subject": "topup:", "period": "job"},
    ],
)
def test_a_cap_that_cannot_be_is_told_and_nothing_is_set(world: World, change: dict[str, str]) -> None:
    answer = world.client(world.bea).post(SET, cap_form(**change))
    assert answer.status_code in (400, 422)
    assert "field-error" in answer.content.decode() or "notice bad" in answer.content.decode()
    assert not Cap.objects.exists()


def test_a_budget_is_set_changed_and_removed_from_the_page(world: World) -> None:
    client = world.client(world.bea)
    assert client.post(BUDGET, budget_form(world)).status_code == 302
    budget = Budget.objects.get()
    assert (budget.marks, budget.forecast, list(budget.people.all())) == ([50, 80], False, [world.bea])
    assert 'value="50, 80"' in client.get(CAPS, {"budget": str(budget.id)}).content.decode()
    remove = f"/o/acme/billing/budgets/{budget.id}/remove/"
    assert "Nobody will be told any more" in client.get(remove).content.decode()
    client.post(remove)
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    "change",
    [{"marks": "half"}, {"marks": "0"}, {"marks": ""}, {"people": []}, {"people": ["x"]}, {"amount": "0"}],
)
def test_a_budget_that_cannot_be_is_told_and_nothing_is_set(world: World, change: dict[str, Any]) -> None:
    assert world.client(world.bea).post(BUDGET, budget_form(world, **change)).status_code in (400, 422)
    assert not Budget.objects.exists()


@pytest.mark.parametrize("mark", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_cap_that_is_not_there_is_not_found(world: World, mark: str) -> None:
    client = world.client(world.bea)
    assert client.get(CAPS, {"cap": mark}).status_code == 404
    assert client.get(CAPS, {"budget": mark}).status_code == 404


def test_the_pages_take_as_many_queries_for_many_rows_as_for_one(
    world: World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client = world.client(world.bea)
    now = timezone.now()
    for n in range(12):
        use(world, 1, f"job:{n}:1")
    for person in (world.mia, world.adam, world.victor):
        for period in ("day", "week", "month"):
            cap(world, 100, level=Level.MEMBER, subject=person.id, period=period, now=now - timedelta(seconds=n))
    with django_assert_num_queries(9):  # session, person, membership, rows, forecast (3), and the frame's two
        client.get(USAGE)
    with django_assert_num_queries(16):
        client.get(CAPS)
