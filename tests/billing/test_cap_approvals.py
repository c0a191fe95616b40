"""Raising a cap above the organisation's limit takes somebody else; lowering one never does."""

from datetime import timedelta

import pytest

from apps.billing.models import Cap
from apps.billing.services import cap_remove, cap_set
from apps.organisations.models import Approval
from apps.organisations.services import Actor, approval_decide
from tests.billing.limits import cap, member
from tests.billing.money import CREDIT, NOW
from tests.world import World


@pytest.fixture(autouse=True)
def _limited(world: World) -> None:
    """Caps above 50 credits need an approval."""
    world.acme.approval_cap_micro = 50 * CREDIT
    world.acme.save()


def change(world: World, credits: int) -> Cap | Approval:
    return cap_set(
        membership=member(world),
        actor=Actor.person(world.bea),
        level="organisation",
        subject_id="",
        period="month",
        limit_micro=credits * CREDIT,
        reason="a big run",
        now=NOW,
    )


def approve(world: World, request: Cap | Approval | None, *, yes: bool = True) -> Approval:
    assert isinstance(request, Approval)
    return approval_decide(
        approval_id=request.pk,
        approve=yes,
        membership=member(world, world.olga),
        actor=Actor.person(world.olga),
        now=NOW + timedelta(hours=1),
    )


def test_setting_lowering_and_small_raises_need_nobody(world: World) -> None:
    for credits in (500, 20, 50, 10):
        assert isinstance(change(world, credits), Cap)


def test_a_raise_above_the_limit_waits_for_somebody_else(world: World) -> None:
    cap(world, 10)
    request = change(world, 60)
    assert isinstance(request, Approval)
    assert request.worst_case == "The cap of Acme, each month, goes from 10.00 credits to 60.00 credits."
    assert Cap.objects.get().limit_micro == 10 * CREDIT
    assert change(world, 60) == request
    done = approve(world, request)
    assert (done.state, done.outcome) == ("done", f"cap:{Cap.objects.get().id}")
    assert Cap.objects.get().limit_micro == 60 * CREDIT


def test_a_denied_raise_changes_nothing(world: World) -> None:
    cap(world, 10)
    approve(world, change(world, 60), yes=False)
    assert Cap.objects.get().limit_micro == 10 * CREDIT


def test_removing_a_cap_is_the_greatest_raise(world: World) -> None:
    limit = cap(world, 10)
    request = cap_remove(membership=member(world), actor=Actor.person(world.bea), cap_id=limit.id, now=NOW)
    assert Cap.objects.exists()
    approve(world, request)
    assert not Cap.objects.exists()


def test_a_cap_that_is_gone_or_a_member_who_left_ends_the_request(world: World) -> None:
    limit = cap(world, 10)
    request = change(world, 60)
    limit.delete()
    assert approve(world, request).state == "failed"
    cap(world, 10)
    request = change(world, 60)
    world.bea.memberships.all().delete()
    assert approve(world, request).state == "failed"
    assert Cap.objects.get().limit_micro == 10 * CREDIT
