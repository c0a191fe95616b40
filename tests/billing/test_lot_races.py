"""Lots under many at once: real threads, real commits."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.billing.audit import mismatches
from apps.billing.errors import InsufficientCredits, MoveRefused, ReversalRefused, VoucherRefused
from apps.billing.models import Hold, Lot, Reversal, TrialGrant, Voucher
from apps.billing.selectors import wallet
from apps.billing.services import (
    Purse,
    credits_move,
    dispute_lost,
    dispute_open,
    dispute_won,
    hold_release,
    hold_settle,
    lots_expire,
    refund_cancel,
    refund_reserve,
    topup_refund,
    trial_grant,
    voucher_make,
    voucher_redeem,
)
from apps.core.errors import AppError
from apps.ledger.models import Transfer
from apps.ledger.selectors import imbalances
from apps.organisations.models import Project
from apps.organisations.services import Actor
from tests.billing.money import CREDIT, NOW, grant, hold, member, rate, topup
from tests.billing.test_trials import founded
from tests.ledger.threads import at_once
from tests.world import World, organisation_make

pytestmark = pytest.mark.django_db(transaction=True)
BOUGHT = 233_426_704


@pytest.fixture
def world(transactional_db: None) -> World:
    return World.build()


def errors(results: list[object]) -> set[type]:
    return {type(result) for result in results if isinstance(result, Exception)}


def move(world: World, credits: int, key: str, *, back: bool = False) -> Transfer:
    general, pot = Purse(world.acme), Purse(world.acme, world.project)
    return credits_move(
        source=pot if back else general,
        target=general if back else pot,
        membership=member(world.acme, world.olga),
        micro=credits * CREDIT,
        key=key,
        actor=Actor.system(),
        now=NOW,
    )


def test_the_last_use_of_a_voucher_goes_to_one_of_eight(world: World) -> None:
    _, code = voucher_make(
        staff_id=world.olga.pk, micro=CREDIT, limit=3, expires_at=NOW + timedelta(1), reason="x", now=NOW
    )
    several = [organisation_make(world.olga, f"Olga {number}") for number in range(8)]
    memberships = [member(organisation, world.olga) for organisation in several]
    results = at_once(
        8, lambda n: voucher_redeem(membership=memberships[n], code=code, actor=Actor.system(), now=NOW)
    )
    assert sum(isinstance(result, Lot) for result in results) == 3
    assert errors(results) == {VoucherRefused}
    assert Voucher.objects.get().used == Lot.objects.count() == 3


def test_one_organisation_redeems_once_whoever_clicks(world: World) -> None:
    _, code = voucher_make(
        staff_id=world.olga.pk, micro=CREDIT, limit=9, expires_at=NOW + timedelta(1), reason="x", now=NOW
    )
    people = [member(world.acme, person) for person in (world.olga, world.adam, world.bea)]
    results = at_once(
        9, lambda n: voucher_redeem(membership=people[n % 3], code=code, actor=Actor.system(), now=NOW)
    )
    assert sum(isinstance(result, Lot) for result in results) == 1
    assert wallet(world.acme.id).available_micro == CREDIT


def test_a_company_gets_one_trial_however_many_organisations_it_makes_at_once(world: World, settings: Any) -> None:
    settings.TRIAL_CREDITS = 5
    several = [founded(f"p{number}@new.example") for number in range(6)]
    results = at_once(6, lambda n: trial_grant(organisation_id=several[n].id, now=NOW))
    assert not errors(results)
    assert (TrialGrant.objects.count(), Lot.objects.count()) == (1, 1)


def test_expiry_and_holds_never_use_a_credit_twice(world: World) -> None:
    grant(world.acme, 100, expires_at=NOW + timedelta(1))

    def act(number: int) -> object:
        if number % 4 == 0:
            return lots_expire(now=NOW + timedelta(1))
        return hold(world.acme, 10, source=f"job:{number}:1")

    results = at_once(12, act)
    held = 10 * CREDIT * sum(isinstance(result, Hold) for result in results)
    assert errors(results) <= {InsufficientCredits}
    assert sum(result for result in results if isinstance(result, int)) == 100 * CREDIT - held
    assert mismatches() == []


def test_expiry_by_many_workers_posts_once(world: World) -> None:
    grant(world.acme, 100, expires_at=NOW)
    assert sorted(at_once(6, lambda n: lots_expire(now=NOW))) == [0] * 5 + [100 * CREDIT]


def test_a_refund_and_holds_never_use_a_credit_twice(world: World) -> None:
    topup(world.acme)

    def act(number: int) -> object:
        if number == 0:
            return refund_reserve(topup_id="t1", gross_minor=12_100, key="r", reason="x", now=NOW)
        return hold(world.acme, 50, source=f"job:{number}:1")

    results = at_once(8, act)
    assert errors(results) <= {InsufficientCredits, ReversalRefused}
    held, frozen = wallet(world.acme.id).held_micro, wallet(world.acme.id).frozen_micro
    assert (held, frozen) in ((0, BOUGHT), (200 * CREDIT, 0))
    assert mismatches() == []


def test_the_same_news_of_a_refund_in_eight_workers_is_booked_once(world: World) -> None:
    topup(world.acme)
    results = at_once(8, lambda n: topup_refund(topup_id="t1", refunded_minor=6_050, now=NOW))
    assert not errors(results)
    assert [row.gross_minor for row in Reversal.objects.all()] == [6_050]


def test_a_dispute_and_holds_freeze_what_is_left_and_owe_the_rest(world: World) -> None:
    topup(world.acme)

    def act(number: int) -> object:
        if number < 4:
            return dispute_open(topup_id="t1", gross_minor=12_100, key="dp", reason="x", now=NOW)
        return hold(world.acme, 50, source=f"job:{number}:1")

    results = at_once(10, act)
    assert errors(results) <= {InsufficientCredits}
    dispute = Reversal.objects.get()
    assert dispute.spent_micro == wallet(world.acme.id).held_micro
    assert wallet(world.acme.id).frozen_micro == BOUGHT
    assert mismatches() == []


def test_a_dispute_is_not_both_won_and_lost(world: World) -> None:
    topup(world.acme)
    dispute_open(topup_id="t1", gross_minor=12_100, key="dp", reason="x", now=NOW)
    results = at_once(8, lambda n: (dispute_won if n % 2 else dispute_lost)(key="dp", now=NOW))
    assert len({result.state for result in results if isinstance(result, Reversal)}) == 1
    assert imbalances() == []


def test_moves_to_and_from_a_pot_never_deadlock_nor_lose_a_credit(world: World) -> None:
    grant(world.acme, 100)
    move(world, 50, "first")
    results = at_once(12, lambda n: move(world, 10, f"m{n}", back=bool(n % 2)))
    assert errors(results) <= {MoveRefused}
    assert sum(lot.remaining_micro for lot in Lot.objects.all()) == 100 * CREDIT
    assert mismatches() == []


def test_two_owners_organisations_swapping_credits_never_deadlock(world: World) -> None:
    sister = organisation_make(world.olga, "Acme Labs")
    topup(world.acme)
    topup(sister, "t2")

    def swap(number: int) -> Transfer:
        here, there = (world.acme, sister) if number % 2 else (sister, world.acme)
        return credits_move(
            source=Purse(here),
            target=Purse(there),
            membership=member(here, world.olga),
            micro=10 * CREDIT,
            key=f"s{number}",
            actor=Actor.system(),
            now=NOW,
        )

    assert not errors(at_once(12, swap))
    assert mismatches() == []


def act_at_random(
    dice: random.Random, world: World, projects: list[Project | None], name: str, now: datetime
) -> None:
    """Do one act of those that change lots; it may well be refused."""
    job, refund = f"job:{dice.randint(0, 9)}", f"r{dice.randint(0, 3)}"
    acts: list[Callable[[], object]] = [
        lambda: hold(world.acme, dice.randint(1, 60), source=job, project=dice.choice(projects), now=now),
        lambda: hold_release(source=job, reason="x", now=now),
        lambda: hold_settle(source=job, network_micro=dice.randint(0, 10**7), seconds=9, now=now),
        lambda: lots_expire(now=now),
        lambda: move(world, dice.randint(1, 60), name, back=dice.random() < 0.4),
        lambda: topup(world.acme, name, net_minor=dice.randint(1_000, 5_000), now=now),
        lambda: topup_refund(topup_id="t1", refunded_minor=dice.randint(1, 12_100), now=now),
        lambda: refund_reserve(topup_id="t2", gross_minor=dice.randint(1, 900), key=refund, reason="", now=now),
        lambda: refund_cancel(key=refund, now=now),
        lambda: dispute_open(topup_id="t2", gross_minor=2_000, key="dp", reason="", now=now),
        lambda: dice.choice([dispute_won, dispute_lost])(key="dp", now=now),
    ]
    with suppress(AppError, Reversal.DoesNotExist):
        dice.choice(acts)()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_at_once_lots_and_books_tell_one_story(world: World, seed: int) -> None:
    """Five threads play random acts against one organisation; then all its figures must agree."""
    hours = [NOW + timedelta(hours=step) for step in range(12)]
    for hour in hours:
        rate(at=hour)
    topup(world.acme)
    topup(world.acme, "t2", net_minor=5_000)
    grant(world.acme, 50, expires_at=NOW + timedelta(hours=5))
    other = Project.objects.create(organisation=world.acme, name="Other", slug="other")

    def play(number: int) -> None:
        dice = random.Random(seed * 10 + number)
        for step, hour in enumerate(hours):
            act_at_random(dice, world, [None, world.project, other], f"{number}-{step}", hour)

    assert at_once(5, play) == [None] * 5
    assert imbalances() == []
    assert mismatches() == []
