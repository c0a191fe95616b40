"""Acts on people at once: real threads, real commits."""

import uuid

import pytest
from django.utils import timezone

from apps.core.errors import AppError
from apps.organisations.models import AuditEvent, Closed, Invitation, Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.services import (
    Actor,
    StillOpen,
    invitation_accept,
    invitation_sign_up,
    member_leave,
    member_remove,
    organisation_close,
    organisation_create,
    ownership_transfer,
)
from apps.users.models import User
from tests.console.scene import credits_give, job_make, markets_make
from tests.ledger.threads import at_once
from tests.organisations.people import by, invitation_token, invited, member
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return World.build()


def owners(world: World) -> list[str]:
    rows = Membership.objects.filter(organisation=world.acme, role=Role.OWNER)
    return list(rows.values_list("user__name", flat=True))


def test_of_eight_presses_on_one_link_one_joins(world: World) -> None:
    token = invitation_token(invited(world.olga, world.xena.email))
    actor = Actor.person(world.xena)

    def accept(index: int) -> Membership:
        return invitation_accept(token=token, user=world.xena, actor=actor, now=timezone.now())

    results = at_once(8, accept)
    assert sum(isinstance(result, Membership) for result in results) == 1
    assert sum(isinstance(result, AppError) for result in results) == 7
    assert AuditEvent.objects.filter(act="member.joined").count() == 1


def test_of_four_presses_at_once_one_organisation_is_made(world: World) -> None:
    actor = Actor.person(world.mia)

    def create(index: int) -> Organisation:
        return organisation_create(user=world.mia, name="Boreal", actor=actor, now=timezone.now())

    assert len({result.pk for result in at_once(4, create)}) == 1
    assert Organisation.objects.filter(name="Boreal").count() == 1


def test_of_eight_who_sign_up_by_one_link_one_account_is_made(world: World) -> None:
    token = invitation_token(invited(world.olga))

    def sign_up(index: int) -> Membership:
        actor = Actor(kind="person")
        return invitation_sign_up(token=token, name="N", password=PASSWORD, actor=actor, now=timezone.now())

    results = at_once(8, sign_up)
    assert sum(isinstance(result, Membership) for result in results) == 1
    assert sum(isinstance(result, AppError) for result in results) == 7
    assert User.objects.filter(email="nina@boreal.example").count() == 1


def test_of_four_handovers_at_once_one_happens(world: World) -> None:
    heirs = [member(user).pk for user in (world.adam, world.bea, world.mia, world.victor)]
    acts = [by(world.olga) for _ in heirs]
    results = at_once(4, lambda n: ownership_transfer(**acts[n], member_id=heirs[n], confirmation="Acme"))
    done = [result for result in results if isinstance(result, Membership)]
    assert len(done) == 1
    assert owners(world) == [done[0].user.name]
    assert member(world.olga).role == Role.ADMIN


def test_an_heir_who_leaves_meanwhile_leaves_no_organisation_without_an_owner(world: World) -> None:
    for _ in range(5):
        owner, heir = member(User.objects.get(name=owners(world)[0])), member(world.mia, world.acme)
        hand, go = by(owner.user), by(world.mia)
        results = at_once(
            2,
            lambda n, hand=hand, go=go, heir=heir: (  # type: ignore[misc]
                ownership_transfer(**hand, member_id=heir.pk, confirmation="Acme") if n else member_leave(**go)
            ),
        )
        assert len(owners(world)) == 1
        assert sum(isinstance(result, AppError) for result in results) == 1
        if not Membership.objects.filter(user=world.mia).exists():
            Membership.objects.create(organisation=world.acme, user=world.mia, role=Role.DEVELOPER)
        else:
            ownership_transfer(**by(world.mia), member_id=member(world.olga).pk, confirmation="Acme")


def test_two_admins_who_remove_each_other_do_not_both_succeed(world: World) -> None:
    Membership.objects.filter(user=world.bea).update(role=Role.ADMIN)
    pairs = [(by(world.adam), member(world.bea).pk), (by(world.bea), member(world.adam).pk)]
    results = at_once(2, lambda n: member_remove(**pairs[n][0], member_id=pairs[n][1]))
    assert sum(isinstance(result, Membership) for result in results) == 1


def test_of_eight_invitations_to_one_address_one_is_sent(world: World) -> None:
    results = at_once(8, lambda n: invited(world.olga))
    assert sum(isinstance(result, Invitation) for result in results) == 1
    assert Invitation.objects.count() == 1


def test_no_job_slips_into_an_organisation_that_is_closing(world: World) -> None:
    credits_give(world.acme)
    market, mia, olga = markets_make()[0], member(world.mia), by(world.olga)

    def act(index: int) -> object:
        if index == 0:
            return organisation_close(**olga, confirmation="Acme")
        return job_make(mia, market, submission_key=str(uuid.uuid4()))

    results = at_once(4, act)
    closed = Organisation.objects.get(slug="acme").closed_at is not None
    jobs = world.acme.jobs.count()
    assert closed == (jobs == 0)
    assert (
        all(isinstance(result, Closed) for result in results[1:]) if closed else isinstance(results[0], StillOpen)
    )
