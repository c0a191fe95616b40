"""Closing an organisation: what stands against it, and that nothing in it changes afterwards."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, Denied
from apps.jobs.services import job_stop
from apps.organisations.models import AuditEvent, Closed, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import InvitationOver, StillOpen, invitation_find, organisation_close
from tests.billing.money import grant, topup
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.people import by, invitation_token, invited, member
from tests.world import World

PAGE = "/o/acme/settings/close/"


def closed(world: World) -> Organisation:
    return organisation_close(**by(world.olga), confirmation="Acme")


def test_the_owner_closes_it_and_everything_can_still_be_read(world: World) -> None:
    olga = world.client(world.olga)
    assert olga.post(PAGE, {"confirmation": "Acme"}).url == "/o/acme/settings/"
    for path in ("", "jobs/", "settings/", "members/", "billing/", "billing/invoices/"):
        assert olga.get(f"/o/acme/{path}").status_code == 200, path
    assert AuditEvent.objects.get(act="organisation.closed").user_id == world.olga.pk


def test_every_writing_act_in_a_closed_organisation_is_refused_with_a_sentence(world: World) -> None:
    closed(world)
    reading = {"organisation.view", "audit.view", "balance.view", "billing.view", "jobs.view"}
    olga = member(world.olga)
    for permission in Permission:
        assert olga.may(permission) is (permission.value in reading), permission
        if permission.value not in reading:
            with pytest.raises(Closed, match="Acme was closed on"):
                olga.require(permission)
    with pytest.raises(Denied):  # a role that never could is told so
        member(world.victor).require(Permission.JOBS_LAUNCH)
    answer = world.client(world.olga).post("/o/acme/jobs/new/", {})
    assert answer.status_code == 409
    assert "it can be read, but not changed" in answer.content.decode()


def test_a_running_job_and_its_hold_stand_against_closing(world: World) -> None:
    credits_give(world.acme)
    job = job_make(member(world.mia), markets_make()[0])
    olga = world.client(world.olga)
    page = olga.get(PAGE).content.decode()
    assert "1 job has not ended" in page
    assert "credits are reserved" in page
    answer = olga.post(PAGE, {"confirmation": "Acme"})
    assert answer.status_code == 409
    with pytest.raises(StillOpen, match="cannot be closed yet"):
        closed(world)
    assert Organisation.objects.get(slug="acme").closed_at is None
    assert job_stop(membership=member(world.mia), job=job, now=timezone.now())


def test_credits_that_were_paid_for_are_said_to_be_refundable_and_do_not_block(world: World) -> None:
    topup(world.acme)
    grant(world.acme, 5)
    page = world.client(world.olga).get(PAGE).content.decode()
    assert "They can be refunded at what they cost" in page
    assert "5.00 credits that were given end unused" in page
    assert closed(world).closed_at is not None


@pytest.mark.parametrize(("who", "typed", "error"), [("adam", "Acme", Denied), ("olga", "Acm", AppError)])
def test_only_the_owner_closes_and_types_the_name(
    world: World, who: str, typed: str, error: type[AppError]
) -> None:
    with pytest.raises(error):
        organisation_close(**by(getattr(world, who)), confirmation=typed)
    assert Organisation.objects.get(slug="acme").closed_at is None


def test_closing_twice_is_refused_and_told_once(world: World) -> None:
    closed(world)
    with pytest.raises(Closed):
        closed(world)
    assert AuditEvent.objects.filter(act="organisation.closed").count() == 1


def test_open_invitations_end_with_it(world: World) -> None:
    token = invitation_token(invited(world.olga))
    closed(world)
    with pytest.raises(InvitationOver):
        invitation_find(token=token, now=timezone.now())


def test_a_member_may_still_leave(world: World) -> None:
    closed(world)
    assert world.client(world.victor).post("/o/acme/settings/leave/").url == "/"


def test_closing_takes_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acting = by(world.olga)
    with django_assert_num_queries(14):
        organisation_close(**acting, confirmation="Acme")
