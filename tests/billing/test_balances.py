"""Low-balance mails: once per crossing, to whom the organisation chose."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.billing.errors import AmountInvalid
from apps.billing.models import BalanceAlert, BalanceWatch
from apps.billing.selectors.balances import Burn, burn_of
from apps.billing.services import (
    balance_alert_set,
    balance_check,
    balance_watch,
    balances_check,
    hold_release,
    hold_settle,
    lots_expire,
)
from apps.core.errors import AppError, Denied
from apps.core.models import Mail, Message
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from apps.users.models import User
from tests.billing.money import CREDIT, NOW, grant, hold, member
from tests.world import World

HOUR = timedelta(hours=1)


def alerted(
    world: World,
    *,
    below: int | None = None,
    hours: int | None = None,
    to: tuple[str, ...] = (),
    by: User | None = None,
) -> BalanceAlert:
    return balance_alert_set(
        membership=member(world.acme, by or world.bea),
        below_micro=below and below * CREDIT,
        hours=hours,
        addresses=to,
        actor=Actor.system(),
        now=NOW,
    )


def check(world: World) -> list[str]:
    return balance_check(organisation_id=world.acme.id, now=NOW)


def told() -> int:
    return Message.objects.filter(name="billing.balance_check").count()


def test_falling_below_the_threshold_mails_once_and_again_only_after_it_was_well(world: World) -> None:
    grant(world.acme, 100)
    alerted(world, below=50)
    assert check(world) == []
    hold(world.acme, 60)
    assert [check(world), check(world)] == [["below"], []]
    grant(world.acme, 14, key="b")  # 54: above, but not by a tenth
    assert check(world) == []
    hold(world.acme, 10, source="job:2:1")
    assert check(world) == []
    grant(world.acme, 11, key="c")  # 55
    assert check(world) == []
    hold(world.acme, 10, source="job:3:1")
    assert check(world) == ["below"]
    assert Mail.objects.count() == 2


def test_the_mail_says_what_is_left_and_goes_to_whom_was_chosen(world: World) -> None:
    grant(world.acme, 40)
    alerted(world, below=50, to=("CFO@acme.example", "ops@acme.example ", ""))
    check(world)
    mails = Mail.objects.order_by("id")
    assert [mail.to for mail in mails] == ["cfo@acme.example", "ops@acme.example"]
    assert mails[0].subject == "Acme has 40.00 credits left"
    assert "fewer than 50.00" in mails[0].text


def test_credits_that_last_too_short_mail_too(world: World) -> None:
    grant(world.acme, 100)
    alerted(world, hours=10)
    hold(world.acme, 5, now=NOW - 2 * HOUR)  # 5 in two hours; 95 last 38
    assert check(world) == []
    hold(world.acme, 20, source="job:2:1", now=NOW - HOUR)  # 25 in two hours; 75 last 6
    assert [check(world), check(world)] == [["hours"], []]
    assert "they last about 6 hours" in Mail.objects.get().text
    hold_release(source="job:2:1", reason="x", now=NOW)
    assert check(world) == []  # well again
    hold(world.acme, 40, source="job:3:1")
    assert check(world) == ["hours"]


def test_the_burn_counts_the_last_day_and_never_less_than_an_hour(world: World) -> None:
    grant(world.acme, 100)
    assert burn_of(world.acme.id, now=NOW).micro_per_hour == 0
    hold(world.acme, 10, now=NOW - timedelta(minutes=6))
    assert burn_of(world.acme.id, now=NOW).micro_per_hour == 10 * CREDIT
    hold_settle(source="job:1:1", network_micro=4 * CREDIT, platform_fee_micro=0, seconds=360, now=NOW)
    assert burn_of(world.acme.id, now=NOW + 2 * HOUR).micro_per_hour == 1_904_762  # 4 in 2.1 hours
    assert burn_of(world.acme.id, now=NOW + 25 * HOUR).micro_per_hour == 0
    assert burn_of(world.acme.id, now=NOW).hours(96 * CREDIT) == 24


@pytest.mark.parametrize(
    ("per_hour", "text"),
    [(0, "more than a year"), (1, "more than a year"), (CREDIT, "4 days"), (2 * CREDIT, "50 hours")],
)
def test_how_long_credits_last_is_said_as_people_say_it(per_hour: int, text: str) -> None:
    assert Burn(per_hour).lasting(100 * CREDIT) == text
    assert (Burn(100 * CREDIT).lasting(100 * CREDIT), Burn(101).lasting(100)) == ("1 hour", "less than an hour")


def test_only_a_fall_below_a_watched_level_is_announced(world: World) -> None:
    grant(world.acme, 100)
    alerted(world, below=50)
    Message.objects.all().delete()
    hold(world.acme, 50)
    assert told() == 0
    hold(world.acme, 1, source="job:2:1")
    assert told() == 1


def test_expiry_is_a_fall_as_well(world: World) -> None:
    grant(world.acme, 100, expires_at=NOW + HOUR)
    alerted(world, below=50)
    Message.objects.all().delete()
    lots_expire(now=NOW + HOUR)
    assert told() == 1


def test_others_may_watch_a_balance_and_stop(world: World) -> None:
    for level in (5, 7, None):
        balance_watch(organisation_id=world.acme.id, watcher="auto_topup", below_micro=level)
    assert not BalanceWatch.objects.exists()


def test_a_fall_reaches_the_mailbox_by_itself(world: World, drain: Callable[[], int]) -> None:
    grant(world.acme, 100)
    alerted(world, below=50)
    hold(world.acme, 60)
    drain()
    assert Mail.objects.filter(subject="Acme has 40.00 credits left", to="olga@acme.example").exists()


def test_the_sweep_hears_what_no_act_announced(world: World) -> None:
    grant(world.acme, 10)
    alerted(world, below=50)
    assert [balances_check(now=NOW), balances_check(now=NOW)] == [1, 0]


def test_only_those_who_manage_billing_choose(world: World) -> None:
    for person in (world.mia, world.victor):
        with pytest.raises(Denied):
            alerted(world, below=1, by=person)
    assert not BalanceAlert.objects.exists()


@pytest.mark.parametrize(
    "wishes",
    [
        {"below": -1},
        {"below": 10**15},
        {"hours": 0},
        {"hours": 10**9},
    ],
)
def test_levels_that_make_no_sense_are_refused(world: World, wishes: dict[str, Any]) -> None:
    with pytest.raises(AmountInvalid):
        alerted(world, **wishes)


@pytest.mark.parametrize("address", ["nobody", "a@b\0.example", "x" * 300 + "@acme.example", "a@b.example\nc"])
def test_addresses_that_are_none_are_refused_by_name(world: World, address: str) -> None:
    with pytest.raises(AppError, match="is no e-mail address"):
        alerted(world, below=1, to=(address,))


def test_too_many_addresses_are_refused(world: World) -> None:
    with pytest.raises(AppError, match="At most 10"):
        alerted(world, below=1, to=tuple(f"a{number}@acme.example" for number in range(11)))


def test_the_trail_tells_what_was_chosen_and_erases_the_addresses(world: World) -> None:
    alerted(world, below=1, to=("cfo@acme.example",))
    event = AuditEvent.objects.get(act="balance_alert.set")
    assert event.after == {"below_micro": CREDIT}
