"""Roles, and that finding an organisation is the permission check."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from apps.core.errors import AppError, Denied, NotFound
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.organisations.selectors import membership_get, project_default, project_get
from tests.organisations.keys import grant
from tests.world import World, organisation_make

MATRIX = """
                    owner  admin  billing  developer  viewer
organisation.view       x      x        x          x       x
organisation.edit       x      x        .          .       .
organisation.close      x      .        .          .       .
members.manage          x      x        .          .       .
audit.view              x      x        .          .       .
approvals.decide        x      x        .          .       .
projects.manage         x      x        .          .       .
keys.manage             x      x        .          x       .
keys.manage_all         x      x        .          .       .
webhooks.manage         x      x        .          .       .
balance.view            x      x        x          x       x
billing.view            x      x        x          .       .
billing.manage          x      x        x          .       .
caps.manage             x      x        x          .       .
jobs.view               x      x        x          x       x
jobs.launch             x      x        .          x       .
jobs.stop               x      x        .          x       .
"""


def test_the_matrix_is_as_it_was_agreed() -> None:
    rows = [line.split() for line in MATRIX.strip().splitlines()[1:]]
    assert {row[0] for row in rows} == set(Permission.values)
    for name, *marks in rows:
        allowed = ["x" if Permission(name) in ROLE_PERMISSIONS[role] else "." for role in Role]
        assert allowed == marks, name


def test_an_outsider_learns_nothing_and_a_member_reads_a_sentence(world: World) -> None:
    assert membership_get(world.mia, "acme", Permission.JOBS_LAUNCH).organisation == world.acme
    for stranger in (world.xena, AnonymousUser()):
        with pytest.raises(NotFound):
            membership_get(stranger, "acme", Permission.ORGANISATION_VIEW)
    with pytest.raises(
        Denied, match="Your role here is viewer; to launch jobs it takes the role owner, admin or dev"
    ):
        membership_get(world.victor, "acme", Permission.JOBS_LAUNCH)


def test_an_organisation_has_exactly_one_owner(world: World) -> None:
    with pytest.raises(IntegrityError, match="membership_one_owner"), transaction.atomic():
        Membership.objects.filter(user=world.adam).update(role=Role.OWNER)


def test_a_role_that_does_not_exist_is_refused_by_the_database(world: World) -> None:
    with pytest.raises(IntegrityError, match="membership_role_known"), transaction.atomic():
        Membership.objects.filter(user=world.adam).update(role="emperor")


def test_two_organisations_of_one_name_get_addresses_of_their_own(world: World) -> None:
    assert [organisation_make(one, "Acmé").slug for one in (world.xena, world.mia)] == ["acme-2", "acme-3"]
    assert organisation_make(world.xena, "New").slug == "new-2"


def test_a_name_without_letters_is_refused_and_nothing_is_made(world: World) -> None:
    before = Organisation.objects.count()
    with pytest.raises(AppError, match="letter or digit"):
        organisation_make(world.xena, "!!!")
    assert Organisation.objects.count() == before


def test_a_project_of_another_organisation_is_not_found(world: World) -> None:
    mia = grant(world.mia)
    assert project_get(mia, "default") == project_default(mia, Permission.JOBS_LAUNCH) == world.project
    world.other.projects.update(slug="secret")
    with pytest.raises(NotFound, match="secret"):
        project_get(mia, "secret")
