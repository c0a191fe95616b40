"""Project roles narrow, never widen; scopes of keys narrow further."""

from itertools import product
from uuid import uuid4

import pytest

from apps.core.errors import Denied
from apps.organisations.models import Membership, Project, ProjectMembership
from apps.organisations.reach import LIMITED_KEEPS, Reach, reach_of_role
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.organisations.selectors import membership_get
from tests.world import World

P = Permission
HERE, THERE = uuid4(), uuid4()


@pytest.mark.parametrize(("role", "inside"), list(product(Role, [Role.DEVELOPER, Role.VIEWER])))
def test_a_project_role_never_widens_a_role(role: Role, inside: Role) -> None:
    limited = reach_of_role(role, {HERE: inside})
    for permission in P:
        assert not limited.may(permission, HERE) or permission in ROLE_PERMISSIONS[role]
        assert not limited.may(permission, THERE) or permission in LIMITED_KEEPS


def test_in_a_project_the_lesser_of_both_roles_counts() -> None:
    reach = reach_of_role(Role.DEVELOPER, {HERE: Role.DEVELOPER, THERE: Role.VIEWER})
    assert reach.may(P.JOBS_LAUNCH, HERE)
    assert not reach.may(P.JOBS_LAUNCH, THERE)
    assert reach.projects_where(P.JOBS_VIEW) == {HERE, THERE}
    assert not reach_of_role(Role.VIEWER, {HERE: Role.DEVELOPER}).may(P.JOBS_LAUNCH, HERE)


def test_a_limited_admin_administers_nothing() -> None:
    reach = reach_of_role(Role.ADMIN, {HERE: Role.DEVELOPER})
    assert reach.everywhere == LIMITED_KEEPS
    assert reach.may(P.JOBS_LAUNCH, HERE)


def test_limited_to_no_project_is_not_everywhere() -> None:
    reach = reach_of_role(Role.DEVELOPER, {})
    assert not reach.may(P.JOBS_VIEW)
    assert reach.projects_where(P.JOBS_VIEW) == frozenset()


@pytest.mark.parametrize(
    "whole", [reach_of_role(role) for role in Role] + [reach_of_role(Role.OWNER, {HERE: Role.VIEWER})]
)
@pytest.mark.parametrize("project_id", [None, HERE, THERE])
def test_scopes_and_projects_of_a_key_never_widen(whole: Reach, project_id: object) -> None:
    narrow = whole.narrowed(frozenset(P), project_id)  # type: ignore[arg-type]
    for permission, where in product(P, [HERE, THERE, uuid4()]):
        assert not narrow.may(permission, where) or whole.may(permission, where)
    assert not any(whole.narrowed([], project_id).may(p, HERE) for p in P)  # type: ignore[arg-type]


def test_a_limited_member_comes_with_the_projects_in_one_query(
    world: World, django_assert_num_queries: object
) -> None:
    secret = Project.objects.create(organisation=world.acme, name="Secret", slug="secret")
    mia = Membership.objects.get(user=world.mia)
    Membership.objects.filter(pk=mia.pk).update(limited=True)
    ProjectMembership.objects.create(membership=mia, project=world.project, role=Role.DEVELOPER)
    with django_assert_num_queries(1):
        found = membership_get(world.mia, "acme", P.JOBS_LAUNCH)
        assert found.may(P.JOBS_LAUNCH, world.project.pk)
        assert not found.may(P.JOBS_VIEW, secret.pk)
    with pytest.raises(Denied, match="limited to some projects"):
        found.require(P.JOBS_LAUNCH, secret.pk)
    assert Membership.objects.get(pk=mia.pk).reach == found.reach


def test_a_limited_member_without_projects_is_shown_none(world: World) -> None:
    Membership.objects.filter(user=world.mia).update(limited=True)
    assert membership_get(world.mia, "acme", P.ORGANISATION_VIEW).reach.projects == {}
    with pytest.raises(Denied):
        membership_get(world.mia, "acme", P.JOBS_VIEW)
