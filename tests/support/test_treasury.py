"""The treasury: what backs the credits, whether SOL lasts, and who is told, once a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from apps.billing.selectors import credits_owed
from apps.bridge.models import Order, TreasuryReading
from apps.bridge.selectors import lamports_needed
from apps.bridge.services import order_make
from apps.core.models import Mail
from apps.ledger.models import Transfer
from apps.support.services import treasury_watch
from apps.support.tasks import treasury_watch as task
from apps.support.treasury import treasury_standing
from apps.users.models import User
from tests.billing.money import CREDIT, grant, hold
from tests.console.scene import credits_give, job_make, markets_make
from tests.world import World

PAGE = "/admin/treasury/"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOL = 1_000_000_000


@pytest.fixture(autouse=True)
def _floor(settings: Any) -> None:
    settings.TREASURY_LAMPORTS_FLOOR, settings.STAFF_EMAIL = SOL // 10, "ops@nosana-web.example"


def read(nos: int = 100, *, ago: int = 0, **more: int) -> TreasuryReading:
    """Leave a reading of so many minutes ago."""
    facts = {"nos_micro": nos * CREDIT, "deposits_micro": 0, "earned_micro": 0, "lamports": SOL, **more}
    return TreasuryReading.objects.create(at=NOW - timedelta(minutes=ago), **facts)


def levels() -> list[str]:
    return [alert.level for alert in treasury_standing(now=NOW).alerts]


def test_all_that_customers_own_is_owed_also_what_is_held(world: World) -> None:
    grant(world.acme, 100, key="a")
    grant(world.other, 7, key="b")
    hold(world.acme, 30)
    assert credits_owed() == 107 * CREDIT


@pytest.mark.parametrize(
    ("has", "alerts"),
    [
        ({"nos": 100}, []),
        ({"nos": 99}, ["backing"]),
        ({"nos": 60, "deposits_micro": 30 * CREDIT, "earned_micro": 10 * CREDIT}, []),
        ({"nos": 60, "deposits_micro": 30 * CREDIT}, ["backing"]),
        ({"nos": 100, "lamports": SOL // 10 - 1}, ["sol"]),
        ({"nos": 0, "lamports": 0}, ["backing", "sol"]),
        ({"nos": 100, "ago": 14}, []),
        ({"nos": 0, "ago": 16}, ["unread"]),
    ],
)
def test_backing_below_what_is_owed_and_sol_below_a_day_are_told(
    world: World, has: dict[str, int], alerts: list[str]
) -> None:
    grant(world.acme, 100, key="a")
    read(**has)
    assert levels() == alerts


def test_a_treasury_that_was_never_read_is_told_and_nothing_owed_is_backed(world: World) -> None:
    assert levels() == ["unread"]
    read(0)
    standing = treasury_standing(now=NOW)
    assert (standing.alerts, standing.percent) == ([], None)


def test_a_platform_just_set_up_is_not_read_yet_until_the_first_reading_is_overdue(world: World) -> None:
    standing = treasury_standing(now=NOW)
    assert standing.began is not None
    for minutes, fresh in ((1, True), (14, True), (16, False)):
        at = standing.began + timedelta(minutes=minutes)
        told = treasury_standing(now=at)
        assert (told.fresh, [alert.level for alert in told.alerts]) == (fresh, [] if fresh else ["unread"])


def test_what_waits_for_a_person_is_told_until_somebody_decides(world: World) -> None:
    read()
    credits_give(world.acme)
    job = job_make(world.acme.memberships.get(user=world.olga), markets_make()[0])
    job.attempts.update(parked_at=NOW, parked_why="Its account is gone.")
    want = job.wants.get()
    order = order_make(want_id=want.pk, now=NOW)
    Order.objects.filter(pk=order.pk).update(parked_at=NOW, parked_reason="It failed twelve times.")
    (alert,) = (alert for alert in treasury_watch(now=NOW).alerts if alert.level == "parked")
    assert alert.sentence.startswith("1 try of a job and 1 order wait for a person")
    assert Mail.objects.get(key__contains="parked").subject == "Treasury: something waits for a person"
    Order.objects.update(parked_at=None)
    assert "1 try of a job waits for a person" in treasury_standing(now=NOW).alerts[-1].sentence
    job.attempts.update(settled_at=NOW)
    assert "parked" not in levels()


def test_a_day_of_sol_is_what_left_within_it_whatever_came_back(world: World) -> None:
    for ago, lamports in ((60 * 25, 9 * SOL), (600, 5 * SOL), (500, 4 * SOL), (400, 6 * SOL), (300, 5 * SOL)):
        read(ago=ago, lamports=lamports)
    assert lamports_needed(now=NOW) == 2 * SOL
    assert lamports_needed(now=NOW + timedelta(days=2)) == SOL // 10


def test_each_level_is_mailed_once_a_day_and_nothing_is_corrected(world: World) -> None:
    grant(world.acme, 100, key="a")
    read(0, lamports=0)
    posted = Transfer.objects.count()
    for _ in range(3):
        treasury_watch(now=NOW)
    assert sorted(Mail.objects.values_list("key", "to")) == [
        ("treasury:backing:2026-11-23", "ops@nosana-web.example"),
        ("treasury:sol:2026-11-23", "ops@nosana-web.example"),
    ]
    assert "100.00 NOS are missing" in Mail.objects.get(key__contains="backing").text
    treasury_watch(now=NOW + timedelta(minutes=1))
    assert Mail.objects.count() == 2
    treasury_watch(now=NOW + timedelta(days=1))
    assert Mail.objects.filter(key="treasury:unread:2026-11-24").count() == 1
    assert Transfer.objects.count() == posted


def test_the_task_finds_nothing_to_tell_when_all_is_well(world: World) -> None:
    TreasuryReading.objects.create(
        at=datetime.now(UTC), nos_micro=1, deposits_micro=0, earned_micro=0, lamports=SOL
    )
    task()
    assert not Mail.objects.exists()


def test_staff_with_the_right_see_it_and_nobody_else(world: World, django_assert_num_queries: Any) -> None:
    grant(world.acme, 100, key="a")
    read(40, deposits_micro=10 * CREDIT, lamports=2 * SOL)
    sam = User.objects.create_user("sam@nosana-web.example", is_staff=True)
    assert world.client(sam).get(PAGE).status_code == 403
    sam.user_permissions.set(Permission.objects.filter(codename="view_treasuryreading"))
    page = world.client(sam).get(PAGE).content.decode()
    for words in ("50 %", "2.0000", "was not read since 23 November 2026 12:00", "40.00", "10.00"):
        assert words in page
    assert world.client(world.olga).get(PAGE).status_code == 302
    assert world.client(sam).get("/admin/bridge/treasuryreading/").status_code == 200
