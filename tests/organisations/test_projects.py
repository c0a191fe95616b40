"""Projects: made, changed, archived, and members limited to them."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.organisations.models import AuditEvent, Membership, Project
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import project_default, project_get, projects_of
from apps.organisations.services import (
    member_limit,
    ownership_transfer,
    project_archive,
    project_create,
    project_lock,
    project_unarchive,
    project_update,
)
from tests.organisations.keys import actor, grant, limit, member
from tests.world import World


def make(world: World, name: str = "Lab", **changes: Any) -> Project:
    given = {"grant": grant(world.adam), "actor": actor(world.adam), "now": timezone.now()}
    return project_create(**(given | changes), name=name)


def by(user: Any) -> dict[str, Any]:
    return {"grant": grant(user), "actor": actor(user), "now": timezone.now()}


def acts() -> list[str]:
    return list(
        AuditEvent.objects.filter(act__regex="project|limited").order_by("id").values_list("act", flat=True)
    )


def test_a_project_gets_an_address_that_stays(world: World) -> None:
    project = make(world, "Vision & Speech", labels={"team": "research/vision"})
    renamed = project_update(**by(world.adam), project=project, name="Vision")
    assert (renamed.slug, renamed.name, renamed.labels) == ("vision-speech", "Vision", {"team": "research/vision"})
    assert make(world, "Vision Speech").slug == "vision-speech-2"
    assert make(world, "分析").slug == "project"
    assert acts() == ["project.created", "project.changed", "project.created", "project.created"]


@pytest.mark.parametrize("person", ["bea", "mia", "victor"])
def test_only_owners_and_admins_change_projects(world: World, person: str) -> None:
    user = getattr(world, person)
    with pytest.raises(Denied, match="takes the role owner or admin"):
        make(world, **by(user))
    for act in (project_update, project_archive, project_unarchive):
        with pytest.raises(Denied):
            act(**by(user), project=world.project)
    assert list(Project.objects.filter(organisation=world.acme).values_list("archived_at", flat=True)) == [None]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "1 to 80"),
        ({"name": "!!!"}, "letter or digit"),
        ({"name": "a\x00"}, "printable"),
        ({"labels": {"Team": "x"}}, "“Team” is no label"),
        ({"labels": {"team": "x" * 64}}, "at most 63"),
        ({"labels": {"team": "a\nb"}}, "printable"),
        ({"labels": {f"l{n}": "x" for n in range(21)}}, "20 labels"),
    ],
)
def test_bad_names_and_labels_are_refused(world: World, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence) as refusal:
        make(world, **({"name": "Lab"} | changes))
    assert set(refusal.value.fields) == set(changes)
    assert acts() == []


def test_a_repeat_changes_and_records_nothing(world: World) -> None:
    lab = make(world)
    for _ in range(2):
        project_update(**by(world.adam), project=lab, name="Lab", labels={})
        project_archive(**by(world.adam), project=lab)
    for _ in range(2):
        project_unarchive(**by(world.adam), project=lab)
    assert acts() == ["project.created", "project.archived", "project.unarchived"]


def test_a_project_of_another_organisation_is_not_found(world: World) -> None:
    foreign = world.other.projects.get()
    for act in (project_update, project_archive, project_unarchive):
        with pytest.raises(NotFound):
            act(**by(world.adam), project=foreign)


def test_an_archived_project_is_seen_and_takes_nothing_new(world: World) -> None:
    lab = make(world)
    project_archive(**by(world.adam), project=world.project)
    assert project_get(grant(world.mia), "default").archived_at is not None
    assert project_default(grant(world.mia), Permission.JOBS_LAUNCH) == lab
    with pytest.raises(Conflict, match="“Default” is archived"):
        project_lock(grant(world.mia), world.project.pk)


def test_the_last_live_project_stays(world: World) -> None:
    with pytest.raises(Conflict, match="last live project"):
        project_archive(**by(world.adam), project=world.project)


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_archive_the_last_two_projects_at_once(world: World) -> None:
    lab, gate, refusals = make(world), Barrier(2), []

    def archive(project: Project) -> None:
        gate.wait()
        try:
            project_archive(**by(world.adam), project=project)
        except Conflict as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=archive, args=[project]) for project in (lab, world.project)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refusals) == 1
    assert Project.objects.filter(organisation=world.acme, archived_at=None).count() == 1


def test_a_limited_member_sees_only_their_projects(world: World) -> None:
    lab = make(world)
    member_limit(**by(world.adam), member_id=member(world.mia).pk, projects={lab.pk: Role.VIEWER})
    mia = grant(world.mia)
    assert list(projects_of(mia)) == [lab]
    with pytest.raises(NotFound):
        project_get(mia, "default")
    with pytest.raises(Conflict, match="no live project here in which you may launch jobs"):
        project_default(mia, Permission.JOBS_LAUNCH)


def test_a_limit_is_set_anew_lifted_and_recorded_once_each(world: World) -> None:
    mia = member(world.mia).pk
    for _ in range(2):
        member_limit(**by(world.adam), member_id=mia, projects={world.project.pk: Role.DEVELOPER})
    for _ in range(2):
        member_limit(**by(world.adam), member_id=mia, projects={})
    assert not member(world.mia).may(Permission.JOBS_VIEW)
    for _ in range(2):
        member_limit(**by(world.adam), member_id=mia, projects=None)
    assert member(world.mia).may(Permission.JOBS_LAUNCH)
    assert acts() == ["member.limited"] * 3


def test_limits_know_their_bounds(world: World) -> None:
    limits = {"projects": {world.project.pk: Role.VIEWER}}
    with pytest.raises(Denied, match="takes the role owner or admin"):
        member_limit(**by(world.mia), member_id=member(world.victor).pk, **limits)
    with pytest.raises(Conflict, match="The owner"):
        member_limit(**by(world.adam), member_id=member(world.olga).pk, **limits)
    with pytest.raises(Denied, match="their own limits"):
        member_limit(**by(world.adam), member_id=member(world.adam).pk, **limits)
    with pytest.raises(NotFound):
        member_limit(**by(world.adam), member_id=member(world.xena).pk, **limits)
    with pytest.raises(NotFound):
        member_limit(
            **by(world.adam), member_id=member(world.mia).pk, projects={world.other.projects.get().pk: Role.VIEWER}
        )
    with pytest.raises(AppError, match="developer or viewer"):
        member_limit(**by(world.adam), member_id=member(world.mia).pk, projects={world.project.pk: Role.ADMIN})
    assert not Membership.objects.filter(limited=True).exists()
    assert acts() == []


def test_a_limited_admin_manages_nothing_any_more(world: World) -> None:
    limit(world.adam, default=Role.DEVELOPER)
    with pytest.raises(Denied, match="limited to some projects"):
        make(world)


def test_a_limited_member_who_becomes_the_owner_is_limited_no_more(world: World) -> None:
    limit(world.mia, default=Role.VIEWER)
    ownership_transfer(
        membership=member(world.olga),
        member_id=member(world.mia).pk,
        confirmation="Acme",
        actor=actor(world.olga),
        now=timezone.now(),
    )
    assert member(world.mia).may(Permission.ORGANISATION_CLOSE)
    assert not member(world.mia).project_memberships.exists()
