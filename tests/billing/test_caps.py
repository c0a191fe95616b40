"""Caps: what they count, what they refuse, and what they give back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.billing.errors import CapReached, InsufficientCredits, LimitRefused
from apps.billing.models import AutoTopUp, Cap, CapWindow, Hold, Level
from apps.billing.selectors import wallet
from apps.billing.services import cap_remove, caps_check_topup, caps_release_topup, hold_release, hold_settle
from apps.billing.windows import Period
from apps.core.errors import Denied, KeyReused, NotFound
from apps.ledger.models import Transfer
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from tests.billing.limits import cap, key_make, member, spend, used
from tests.billing.money import CREDIT, NOW, grant, hold
from tests.world import World

LATER = NOW + timedelta(days=40)  # the month after next


@pytest.fixture(autouse=True)
def _rich(world: World) -> None:
    grant(world.acme, 1000)


def subjects(world: World) -> dict[str, Any]:
    return {
        Level.ORGANISATION: "",
        Level.PROJECT: world.project.id,
        Level.MEMBER: world.mia.id,
        Level.KEY: key_make(world).id,
    }


def test_a_cap_lets_pass_up_to_its_last_credit(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 60)
    spend(world, 40, source="job:2:1")
    with pytest.raises(CapReached):
        spend(world, 1, source="job:3:1")
    assert used(limit) == 100


def test_a_refusal_changes_nothing(world: World) -> None:
    limit = cap(world, 10)
    before = (wallet(world.acme.id), Transfer.objects.count(), used(limit))
    with pytest.raises(CapReached):
        spend(world, 11)
    assert (wallet(world.acme.id), Transfer.objects.count(), used(limit)) == before
    assert not Hold.objects.exists()


@pytest.mark.parametrize("level", [Level.ORGANISATION, Level.PROJECT, Level.MEMBER, Level.KEY])
@pytest.mark.parametrize("period", [Period.LIFETIME, Period.MONTH, Period.WEEK, Period.DAY, Period.JOB])
def test_every_level_is_capped_over_every_period(world: World, level: Level, period: Period) -> None:
    subject = subjects(world)[level]
    cap(world, 10, level=level, subject=subject, period=period)
    who = {"api_key_id": subject} if level == Level.KEY else {}
    spend(world, 10, **who)
    with pytest.raises(CapReached) as refusal:
        spend(world, 11, source="job:2:1", **who)
    assert (refusal.value.level, refusal.value.period) == (level, period)


def test_a_cap_counts_its_own_subject_only(world: World) -> None:
    limit = cap(world, 10, level=Level.MEMBER, subject=world.adam.id)
    spend(world, 50)
    spend(world, 10, source="job:2:1", member_id=world.adam.id)
    assert used(limit) == 10


def test_a_foreign_organisations_spending_is_not_counted(world: World) -> None:
    limit = cap(world, 10)
    grant(world.other, 100, key="other")
    hold(world.other, 50)
    spend(world, 5, source="job:2:1")
    assert used(limit) == 5


def test_the_refusal_names_the_broadest_cap_what_it_leaves_and_when_it_starts_anew(world: World) -> None:
    world.acme.time_zone = "Europe/Amsterdam"
    world.acme.save()
    cap(world, 30, level=Level.MEMBER, subject=world.mia.id)
    cap(world, 20, period=Period.DAY)
    cap(world, 25, period=Period.MONTH)
    spend(world, 12)
    with pytest.raises(CapReached) as refusal:
        spend(world, 20, source="job:2:1")
    assert (refusal.value.status, refusal.value.code, refusal.value.left_micro) == (
        402,
        "cap_reached",
        13 * CREDIT,
    )
    assert refusal.value.resets_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert refusal.value.message == (
        "This needs 20.00 credits, but Acme’s cap is 25.00 credits each month: 13.00 are left until it starts anew "
        "on 1 December 2026 at 00:00 (Europe/Amsterdam)."
    )
    assert refusal.value.step == ("See the caps", "/o/acme/billing/caps/")


def test_a_cap_is_named_before_missing_credits_because_a_top_up_would_not_help(world: World) -> None:
    cap(world, 10)
    with pytest.raises(CapReached):
        spend(world, 5000)
    cap(world, 9999)
    with pytest.raises(InsufficientCredits):
        spend(world, 5000)


def test_what_is_not_spent_comes_back(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 60)
    hold_settle(source="job:1:1", network_micro=20 * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)
    spend(world, 80, source="job:2:1")
    hold_release(source="job:2:1", reason="x", now=NOW)
    assert used(limit) == 20


def test_it_comes_back_to_the_window_of_the_placement(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 60)
    spend(world, 10, source="job:2:1", now=LATER)
    hold_settle(source="job:1:1", network_micro=20 * CREDIT, platform_fee_micro=0, seconds=1, now=LATER)
    assert (used(limit), used(limit, LATER)) == (20, 10)


def test_a_new_window_begins_at_nothing(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 100)
    spend(world, 100, source="job:2:1", now=LATER)
    assert (used(limit), used(limit, LATER)) == (100, 100)


def test_a_new_cap_counts_what_its_window_already_holds(world: World) -> None:
    spend(world, 30)
    spend(world, 30, source="job:2:1")
    spend(world, 30, source="job:3:1", now=NOW - timedelta(days=60))
    hold_release(source="job:2:1", reason="x", now=NOW)
    assert used(cap(world, 100)) == 30
    assert used(cap(world, 100, period=Period.LIFETIME)) == 60
    assert used(cap(world, 100, level=Level.PROJECT, subject=world.project.id)) == 30
    assert used(cap(world, 100, level=Level.MEMBER, subject=world.adam.id)) == 0


def test_a_hold_from_before_the_cap_gives_back_only_where_it_was_counted(world: World) -> None:
    spend(world, 30, now=NOW - timedelta(days=60))
    limit = cap(world, 100)
    hold_release(source="job:1:1", reason="x", now=NOW)
    assert used(limit) == 0


def test_a_cap_below_what_is_spent_only_stops_new_holds(world: World) -> None:
    limit = cap(world, 100)
    spend(world, 60)
    assert cap(world, 10) == limit
    with pytest.raises(CapReached) as refusal:
        spend(world, 1, source="job:2:1")
    assert refusal.value.left_micro == 0
    hold_settle(source="job:1:1", network_micro=5 * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)
    spend(world, 5, source="job:3:1")


def test_a_cap_of_nothing_stops_everything(world: World) -> None:
    cap(world, 0)
    with pytest.raises(CapReached):
        spend(world, 1)


def test_another_time_zone_counts_its_window_anew_and_loses_nothing(world: World) -> None:
    limit = cap(world, 100, period=Period.DAY)
    early = datetime(2026, 11, 2, 1, tzinfo=UTC)  # in New York still the day before
    spend(world, 20, now=early)
    spend(world, 30, source="job:2:1")
    for zone, credits in (("America/New_York", 30), ("UTC", 50), ("America/New_York", 30)):
        world.acme.time_zone = zone
        world.acme.save()
        left = 100 - credits
        with pytest.raises(CapReached) as refusal:
            spend(world, left + 1, source="job:x:1")
        assert refusal.value.left_micro == left * CREDIT
        hold_release(
            source=spend(world, left, source=f"job:{zone}:{CapWindow.objects.count()}").source, reason="", now=NOW
        )
    assert CapWindow.objects.filter(limit=limit).count() == 2


def test_removing_a_cap_frees_and_a_new_one_counts_again(world: World) -> None:
    limit = cap(world, 10)
    spend(world, 10)
    cap_remove(membership=member(world), actor=Actor.system(), cap_id=limit.id, now=NOW)
    cap_remove(membership=member(world), actor=Actor.system(), cap_id=limit.id, now=NOW)
    spend(world, 10, source="job:2:1")
    assert used(cap(world, 100)) == 20


@pytest.mark.parametrize("person", ["mia", "victor"])
def test_developers_and_viewers_cannot_set_or_remove_caps(world: World, person: str) -> None:
    limit = cap(world, 10)
    with pytest.raises(Denied, match="to set caps and budgets it takes the role"):
        cap(world, 99, by=getattr(world, person))
    with pytest.raises(Denied):
        cap_remove(
            membership=member(world, getattr(world, person)), actor=Actor.system(), cap_id=limit.id, now=NOW
        )
    assert Cap.objects.get().limit_micro == 10 * CREDIT


def test_subjects_of_other_organisations_are_not_found(world: World) -> None:
    for level, subject in (
        (Level.PROJECT, world.other.projects.get().id),
        (Level.MEMBER, world.xena.id),
        (Level.KEY, world.project.id),
        (Level.PROJECT, "x"),
        (Level.MEMBER, 10**30),
        (Level.MEMBER, "\0"),
        (Level.ORGANISATION, world.other.id),
    ):
        with pytest.raises(NotFound):
            cap(world, 10, level=level, subject=subject)
    assert not Cap.objects.exists()


def test_the_cap_of_another_organisation_is_out_of_reach(world: World) -> None:
    limit = Cap.objects.create(
        organisation=world.other,
        level="organisation",
        period="month",
        limit_micro=1,
        created_at=NOW,
        updated_at=NOW,
    )
    cap_remove(membership=member(world), actor=Actor.system(), cap_id=limit.id, now=NOW)
    assert Cap.objects.get() == limit


@pytest.mark.parametrize("bad", [{"credits": -1}, {"credits": 10**12}, {"level": "galaxy"}, {"period": "century"}])
def test_limits_that_cannot_be_are_refused_with_a_sentence(world: World, bad: dict[str, Any]) -> None:
    with pytest.raises(LimitRefused) as refusal:
        cap(world, **({"credits": 10} | bad))
    assert refusal.value.fields
    assert not Cap.objects.exists()


def test_automatic_top_ups_have_a_cap_of_their_own(world: World) -> None:
    cap(world, 100, level=Level.TOPUP)
    spend(world, 500)

    def ask(key: str, credits: int) -> AutoTopUp:
        return caps_check_topup(organisation_id=world.acme.id, key=key, micro=credits * CREDIT, now=NOW)

    assert ask("a", 60) == ask("a", 60)
    with pytest.raises(KeyReused):
        ask("a", 61)
    with pytest.raises(
        CapReached, match="Acme’s cap on automatic top-ups is 100.00 credits each month: 40.00 are"
    ):
        ask("b", 41)
    caps_release_topup(key="a")
    caps_release_topup(key="a")
    ask("b", 100)
    assert AutoTopUp.objects.count() == 2


def test_caps_cost_a_hold_two_queries_however_many_there_are(world: World, django_assert_num_queries: Any) -> None:
    for level, subject in subjects(world).items():
        for period in Period:
            cap(world, 500, level=level, subject=subject, period=period)
    key = Cap.objects.filter(level=Level.KEY)[0].subject_id
    spend(world, 1, api_key_id=key)
    with django_assert_num_queries(12):  # the 10 of a hold, the caps, their counters
        spend(world, 1, source="job:2:1", api_key_id=key)


def test_each_change_of_a_cap_is_recorded_once(world: World) -> None:
    limit = cap(world, 10)
    cap(world, 10)
    cap(world, 20)
    for _ in range(2):
        cap_remove(membership=member(world), actor=Actor.person(world.bea), cap_id=limit.id, now=NOW)
    events = AuditEvent.objects.filter(subject=f"cap:{limit.id}").order_by("id")
    assert [event.act for event in events] == ["cap.set", "cap.set", "cap.removed"]
    assert (events[1].before, events[1].after["limit_micro"]) == ({"limit_micro": 10 * CREDIT}, 20 * CREDIT)
    assert events[2].user == world.bea


LATE, EARLY = datetime(2026, 11, 2, 23, 59, tzinfo=UTC), datetime(2026, 11, 3, 0, 1, tzinfo=UTC)  # about midnight


def test_a_cap_set_before_midnight_counts_a_hold_of_after_midnight_that_came_to_the_lock_first(
    world: World,
) -> None:
    spend(world, 30, now=EARLY)
    limit = cap(world, 100, period=Period.DAY, now=LATE)
    spend(world, 10, source="job:2:1", now=EARLY)
    assert (used(limit, LATE), used(limit, EARLY)) == (0, 40)
    hold_release(source="job:1:1", reason="x", now=EARLY)
    assert used(limit, EARLY) == 10


def test_a_hold_of_before_midnight_that_comes_late_finds_what_its_window_held(world: World) -> None:
    spend(world, 30, now=LATE)
    limit = cap(world, 100, period=Period.DAY, now=EARLY)
    spend(world, 10, source="job:2:1", now=LATE)
    assert (used(limit, LATE), used(limit, EARLY)) == (40, 0)
    hold_release(source="job:1:1", reason="x", now=EARLY)
    assert used(limit, LATE) == 10
