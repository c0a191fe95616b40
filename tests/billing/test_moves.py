"""Credits moved between one owner's organisations, and set aside for a project."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from apps.billing import chart
from apps.billing.errors import AmountInvalid, InsufficientCredits, MoveRefused
from apps.billing.models import Lot
from apps.billing.selectors import movements, wallet
from apps.billing.services import Purse, credits_move, hold_release, hold_settle
from apps.core.errors import AppError, Denied, KeyReused
from apps.ledger.models import Transfer
from apps.ledger.selectors import balance
from apps.organisations.models import AuditEvent, Organisation, Project
from apps.organisations.services import Actor
from apps.users.models import User
from tests.billing.money import CREDIT, NOW, grant, hold, left, member, topup
from tests.world import World, organisation_make


def move(
    world: World,
    credits: int,
    *,
    to: Organisation | None = None,
    project: Project | None = None,
    back_from: Project | None = None,
    by: User | None = None,
    key: str = "m1",
) -> Transfer:
    """Move whole credits from Acme."""
    return credits_move(
        source=Purse(world.acme, back_from),
        target=Purse(to or world.acme, project),
        membership=member(world.acme, by or world.olga),
        micro=credits * CREDIT,
        key=key,
        actor=Actor.system(),
        now=NOW,
    )


@pytest.fixture
def sister(world: World) -> Organisation:
    """Another organisation of Olga's."""
    return organisation_make(world.olga, "Acme Labs")


def pot(project: Project) -> int:
    return balance(chart.pot(project.organisation_id, project.id)) // CREDIT


def test_paid_credits_move_with_their_price_to_another_organisation(world: World, sister: Organisation) -> None:
    topup(world.acme)  # 233.426704 credits for €100
    move(world, 100, to=sister)
    part = Lot.objects.get(organisation=sister)
    assert (part.kind, part.net_minor, part.currency, part.granted_micro) == ("paid", 4_284, "EUR", 100 * CREDIT)
    assert part.origin == Lot.objects.get(topup_id="t1")
    assert wallet(world.acme.id).available_micro == 133_426_704
    assert wallet(sister.id).available_micro == 100 * CREDIT


def test_both_organisations_trails_say_who_moved_what(world: World, sister: Organisation) -> None:
    topup(world.acme)
    move(world, 1, to=sister)
    events = AuditEvent.objects.filter(act="credits.moved")
    assert {event.organisation_id for event in events} == {world.acme.id, sister.id}
    assert movements(world.acme)[0].sentence == "Moved from Acme to Acme Labs"


def test_given_credits_stay_where_they_were_given(world: World, sister: Organisation) -> None:
    grant(world.acme, 10)
    with pytest.raises(MoveRefused, match=r"has 0\.00 to move. Given credits stay"):
        move(world, 1, to=sister)


def test_the_same_move_asked_twice_moves_once(world: World, sister: Organisation) -> None:
    topup(world.acme)
    assert move(world, 10, to=sister) == move(world, 10, to=sister)
    assert wallet(sister.id).available_micro == 10 * CREDIT
    with pytest.raises(KeyReused):
        move(world, 11, to=sister)


def test_credits_move_only_between_organisations_of_one_owner(world: World, sister: Organisation) -> None:
    topup(world.acme)
    for to, by in ((world.other, world.olga), (sister, world.bea)):  # another owner; nobody there
        with pytest.raises(MoveRefused, match="of one owner"):
            move(world, 1, to=to, by=by)
    assert Lot.objects.count() == 1


def test_those_who_may_not_manage_billing_move_nothing(world: World) -> None:
    grant(world.acme, 10)
    for person in (world.mia, world.victor):
        with pytest.raises(Denied):
            move(world, 1, project=world.project, by=person)
    assert Lot.objects.count() == 1


@pytest.mark.parametrize("micro", [0, -1, 1.5, "9"])
def test_amounts_that_are_none_are_refused(world: World, micro: Any) -> None:
    with pytest.raises(AmountInvalid, match="positive amount"):
        credits_move(
            source=Purse(world.acme),
            target=Purse(world.acme, world.project),
            membership=member(world.acme, world.olga),
            micro=micro,
            key="k",
            actor=Actor.system(),
            now=NOW,
        )


def test_moves_that_make_no_sense_get_a_sentence(world: World) -> None:
    grant(world.acme, 10)
    with pytest.raises(MoveRefused, match="there already"):
        move(world, 1)
    with pytest.raises(AppError, match="needs a key"):
        move(world, 1, project=world.project, key="\0")
    with pytest.raises(MoveRefused, match=r"Acme has 10\.00 to move"):
        move(world, 11, project=world.project)
    world.project.archived_at = NOW
    with pytest.raises(MoveRefused, match="is archived"):
        move(world, 1, project=world.project)


def test_a_pot_serves_its_project_first_and_nobody_else(world: World) -> None:
    grant(world.acme, 50)
    move(world, 20, project=world.project)
    other = Project.objects.create(organisation=world.acme, name="Other", slug="other")
    with pytest.raises(InsufficientCredits, match=r"Acme has 30\.00"):
        hold(world.acme, 31, project=other)
    hold(world.acme, 15, project=world.project)
    assert (pot(world.project), wallet(world.acme.id).available_micro) == (5, 30 * CREDIT)
    hold(world.acme, 15, source="job:2:1", project=world.project)
    assert (pot(world.project), wallet(world.acme.id).available_micro) == (0, 20 * CREDIT)


def test_what_a_hold_took_of_the_pot_goes_back_to_the_pot(world: World) -> None:
    grant(world.acme, 50)
    move(world, 20, project=world.project)
    hold(world.acme, 25, project=world.project)
    hold_settle(source="job:1:1", network_micro=6 * CREDIT, platform_fee_micro=0, seconds=1, now=NOW)
    assert (pot(world.project), wallet(world.acme.id).available_micro) == (14, 30 * CREDIT)
    assert movements(world.acme)[0].amount_micro == 5 * CREDIT
    hold(world.acme, 25, source="job:2:1", project=world.project)
    hold_release(source="job:2:1", reason="x", now=NOW)
    assert (pot(world.project), wallet(world.acme.id).available_micro) == (14, 30 * CREDIT)


def test_credits_come_back_from_a_pot(world: World) -> None:
    lot = grant(world.acme, 50)
    move(world, 20, project=world.project)
    move(world, 5, back_from=world.project, key="m2")
    assert (pot(world.project), wallet(world.acme.id).available_micro) == (15, 35 * CREDIT)
    assert left(lot) == [30]
    with pytest.raises(MoveRefused, match="the pot of Default has"):
        move(world, 16, back_from=world.project, key="m3")


def test_a_move_takes_a_known_number_of_queries(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for number in range(3):
        grant(world.acme, 10, key=f"g{number}")
    purse, membership = Purse(world.acme, world.project), member(world.acme, world.olga)
    with django_assert_num_queries(16):
        credits_move(
            source=Purse(world.acme),
            target=purse,
            membership=membership,
            micro=25 * CREDIT,
            key="k",
            actor=Actor.system(),
            now=NOW,
        )
