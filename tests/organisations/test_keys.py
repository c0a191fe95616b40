"""API keys: shown once, never more than their maker, dead as soon as they should be."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.organisations.errors import Unauthenticated
from apps.organisations.models import ApiKey, AuditEvent, Grant, Membership, Organisation, Project
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import api_keys_of
from apps.organisations.services import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    api_key_used,
    keys_of_member_revoke,
    member_remove,
)
from tests.organisations.keys import actor, check, grant, key_make, limit, member
from tests.world import World

DAY = timedelta(days=1)


def test_a_key_is_shown_once_and_kept_as_a_digest(world: World) -> None:
    new = key_make(world.mia)
    assert new.token.startswith(f"nos_sandbox_{new.key.prefix}")
    assert new.key.digest == hashlib.sha256(new.token.encode()).hexdigest()
    row = str(ApiKey.objects.filter(pk=new.key.pk).values().get())
    assert new.token.removeprefix(f"nos_sandbox_{new.key.prefix}") not in row


def test_a_key_opens_what_its_scopes_say_and_nothing_else(world: World) -> None:
    found = Grant.of_key(check(key_make(world.mia, "jobs.view").token))
    assert found.may(Permission.JOBS_VIEW)
    with pytest.raises(Denied, match="lacks the scope jobs.launch, which it takes to launch jobs"):
        found.require(Permission.JOBS_LAUNCH)


@pytest.mark.parametrize("scope", ["billing.view", "members.manage", "keys.manage_all"])
def test_nobody_gives_a_key_what_they_may_not(world: World, scope: str) -> None:
    with pytest.raises(Denied, match="Your role here is developer"):
        key_make(world.mia, scope)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("person", ["bea", "victor"])
def test_roles_without_keys_make_none(world: World, person: str) -> None:
    with pytest.raises(Denied, match="API keys"):
        key_make(getattr(world, person), "jobs.view")
    assert not ApiKey.objects.exists()


def test_only_owners_and_admins_make_service_keys(world: World) -> None:
    assert key_make(world.adam, kind="service").key.member is None
    with pytest.raises(Denied, match="service keys"):
        key_make(world.mia, kind="service")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "1 to 80"),
        ({"name": "a\x00b"}, "printable"),
        ({"name": "n" * 81}, "1 to 80"),
        ({"kind": "robot"}, "neither"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["jobs.fly"]}, "jobs.fly"),
        ({"scopes": ["organisation.close"]}, "no scope of a key"),
        ({"networks": ["10.0.0.1/8"]}, "host bits"),
        ({"networks": ["example.com"]}, "not a network"),
        ({"networks": [f"10.0.0.{n}" for n in range(60)]}, "50 networks"),
        ({"expires_at": timezone.now() - DAY}, "in the future"),
        ({"expires_at": timezone.now() + 4000 * DAY}, "ten years"),
    ],
)
def test_bad_keys_are_refused_with_a_sentence_at_their_field(
    world: World, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence) as refusal:
        key_make(world.adam, **({"now": timezone.now()} | changes))
    assert set(refusal.value.fields) == set(changes)
    assert not ApiKey.objects.exists()


def test_a_project_key_has_no_scope_of_the_whole_organisation(world: World) -> None:
    with pytest.raises(AppError, match="billing.view is about the whole organisation"):
        key_make(world.olga, "billing.view", project=world.project)


def test_a_project_key_reaches_its_project_only(world: World) -> None:
    other = Project.objects.create(organisation=world.acme, name="Other", slug="other")
    found = Grant.of_key(check(key_make(world.mia, project=world.project).token))
    assert found.may(Permission.JOBS_LAUNCH, world.project.pk)
    with pytest.raises(Denied, match="limited to one project"):
        found.require(Permission.JOBS_LAUNCH, other.pk)


def test_a_project_of_another_organisation_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        key_make(world.mia, project=world.other.projects.get())


def test_an_archived_project_takes_no_new_key_and_its_keys_are_not_rotated(world: World) -> None:
    old = key_make(world.mia, project=world.project)
    Project.objects.update(archived_at=timezone.now())
    with pytest.raises(Conflict, match="archived"):
        key_make(world.mia, project=world.project)
    with pytest.raises(Conflict, match="archived"):
        rotate(world, old.key)
    assert check(old.token).project_id == world.project.pk


def rotate(world: World, key: ApiKey, overlap: timedelta = DAY, **changes: Any) -> Any:
    given = {"grant": grant(world.mia), "actor": actor(world.mia), "now": timezone.now()}
    return api_key_rotate(**(given | changes), key_id=key.pk, overlap=overlap)


def test_after_a_rotation_both_keys_work_until_the_overlap_ends(world: World) -> None:
    old = key_make(world.mia, networks=["203.0.113.0/24"])
    new = rotate(world, old.key)
    assert check(old.token) == old.key
    assert check(new.token).scopes == old.key.scopes
    assert new.key.allowed_networks == ["203.0.113.0/24"]
    with pytest.raises(Unauthenticated, match="expired"):
        check(old.token, now=timezone.now() + DAY)
    assert check(new.token, now=timezone.now() + DAY)


def test_a_rotation_without_overlap_ends_the_old_key_at_once(world: World) -> None:
    old = key_make(world.mia)
    rotate(world, old.key, timedelta())
    with pytest.raises(Unauthenticated, match="expired"):
        check(old.token)


def test_a_rotated_key_lives_as_long_anew_and_the_old_one_never_longer(world: World) -> None:
    old = key_make(world.mia, expires_at=timezone.now() + timedelta(hours=2))
    new = rotate(world, old.key)
    assert timedelta(hours=1, minutes=59) < new.key.expires_at - timezone.now() <= timedelta(hours=2)
    with pytest.raises(Unauthenticated, match="expired"):
        check(old.token, now=timezone.now() + timedelta(hours=3))


def test_a_key_is_rotated_once_and_a_dead_one_never(world: World) -> None:
    old = key_make(world.mia)
    new = rotate(world, old.key)
    with pytest.raises(Conflict, match="rotated already"):
        rotate(world, old.key)
    api_key_revoke(grant=grant(world.mia), key_id=new.key.pk, actor=actor(world.mia), now=timezone.now())
    with pytest.raises(Conflict, match="no longer works"):
        rotate(world, new.key)
    assert ApiKey.objects.count() == 2


def test_an_admin_cannot_take_over_a_member_by_rotating_their_key(world: World) -> None:
    old = key_make(world.mia)
    with pytest.raises(Conflict, match="Only its own member"):
        rotate(world, old.key, grant=grant(world.adam))
    assert ApiKey.objects.count() == 1


def test_an_overlap_of_a_year_is_refused(world: World) -> None:
    with pytest.raises(AppError, match="0 to 30 days"):
        rotate(world, key_make(world.mia).key, 365 * DAY)


def revoke(world: World, key: ApiKey, by: Any) -> ApiKey:
    return api_key_revoke(grant=grant(by), key_id=key.pk, actor=actor(by), now=timezone.now())


def test_a_revoked_key_is_refused_at_once_and_a_repeat_changes_nothing(world: World) -> None:
    new = key_make(world.mia)
    check(new.token)
    first = revoke(world, new.key, world.adam).revoked_at
    with pytest.raises(Unauthenticated, match="“CI” was revoked"):
        check(new.token)
    assert revoke(world, new.key, world.mia).revoked_at == first


def test_others_keys_are_not_found_by_members_and_seen_by_admins(world: World) -> None:
    new = key_make(world.adam)
    with pytest.raises(NotFound):
        revoke(world, new.key, world.mia)
    with pytest.raises(NotFound):
        revoke(world, new.key, world.xena)
    with pytest.raises(Denied):
        revoke(world, new.key, world.victor)
    assert check(new.token)
    assert list(api_keys_of(grant(world.olga))) == [new.key]


def test_a_personal_key_never_may_more_than_its_member_may_now(world: World) -> None:
    new = key_make(world.mia)
    Membership.objects.filter(user=world.mia).update(role=Role.VIEWER)
    found = Grant.of_key(check(new.token))
    assert found.may(Permission.JOBS_VIEW)
    with pytest.raises(Denied, match="Your role here is viewer"):
        found.require(Permission.JOBS_LAUNCH)


def test_a_personal_key_follows_its_member_into_a_project(world: World) -> None:
    new = key_make(world.mia)
    other = Project.objects.create(organisation=world.acme, name="Other", slug="other")
    limit(world.mia, default=Role.VIEWER)
    found = Grant.of_key(check(new.token))
    assert found.reach.projects_where(Permission.JOBS_VIEW) == {world.project.pk}
    assert not found.may(Permission.JOBS_LAUNCH)
    assert not found.may(Permission.JOBS_VIEW, other.pk)


def test_a_personal_key_ends_with_the_membership_even_if_nobody_revokes_it(world: World) -> None:
    new = key_make(world.mia)
    member(world.mia).delete()
    with pytest.raises(Unauthenticated, match="has left"):
        check(new.token)


def test_the_keys_of_a_member_are_revoked_together_and_service_keys_stay(world: World) -> None:
    mine, service = key_make(world.adam), key_make(world.adam, kind="service")
    given = {"membership": member(world.adam), "actor": actor(world.olga), "now": timezone.now()}
    assert (keys_of_member_revoke(**given), keys_of_member_revoke(**given)) == (1, 0)
    with pytest.raises(Unauthenticated, match="revoked"):
        check(mine.token)
    assert check(service.token)


def test_the_key_of_a_closed_account_opens_nothing(world: World) -> None:
    new = key_make(world.mia)
    world.mia.is_active = False
    world.mia.save()
    with pytest.raises(Unauthenticated, match="is closed"):
        check(new.token)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"), "key_unknown"),
        (lambda token: token.replace("sandbox", "live"), "key_elsewhere"),
        (lambda token: token[:30], "key_malformed"),
        (lambda token: token + "\x00", "key_malformed"),
        (lambda token: "é" * 67, "key_malformed"),
    ],
)
def test_other_texts_are_refused_each_with_its_reason(world: World, change: Any, code: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        check(change(key_make(world.mia).token))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("address", "welcome"),
    [("203.0.113.77", True), ("2001:db8::5", True), ("203.0.114.1", False), ("2001:db9::5", False), ("", False)],
)
def test_a_key_with_networks_is_used_from_them_only(world: World, address: str, welcome: bool) -> None:
    new = key_make(world.mia, networks=["203.0.113.0/24", "2001:db8::/32"])
    if welcome:
        assert check(new.token, address=address)
    else:
        with pytest.raises(Denied, match="may not be used from the address"):
            check(new.token, address=address)


def test_a_check_is_one_query_for_every_sort_of_key(world: World, django_assert_num_queries: Any) -> None:
    limit(world.mia, default=Role.DEVELOPER)
    for new in (key_make(world.mia, project=world.project), key_make(world.adam, kind="service")):
        with django_assert_num_queries(1):
            assert Grant.of_key(check(new.token)).may(Permission.JOBS_VIEW)


def test_use_is_noted_at_most_once_a_minute(world: World, django_assert_num_queries: Any) -> None:
    key, now = key_make(world.mia).key, timezone.now()
    assert api_key_used(key=key, now=now)
    assert not api_key_used(key=key, now=now + timedelta(seconds=59))  # another process read the row before
    key.refresh_from_db()
    with django_assert_num_queries(0):
        assert not api_key_used(key=key, now=now + timedelta(seconds=59))
    assert api_key_used(key=key, now=now + timedelta(seconds=60))


def test_a_key_can_make_only_lesser_keys(world: World) -> None:
    parent = key_make(world.adam, "keys.manage", "jobs.view", kind="service").key
    by_key = {"name": "child", "grant": Grant.of_key(parent), "actor": actor(world.adam), "now": timezone.now()}
    with pytest.raises(Denied, match="no member"):
        api_key_create(**by_key, scopes=["jobs.view"])
    with pytest.raises(Denied, match="lacks the scope keys.manage_all"):
        api_key_create(**by_key, scopes=["jobs.view"], kind="service")
    personal = Grant.of_key(key_make(world.mia, "keys.manage", "jobs.view").key)
    with pytest.raises(Denied, match="lacks the scope jobs.launch"):
        api_key_create(**(by_key | {"grant": personal}), scopes=["jobs.launch"])


def test_a_key_made_while_the_maker_is_removed_is_refused(world: World) -> None:
    before = grant(world.mia)
    member(world.mia).delete()
    with pytest.raises(Denied, match="has just ended"):
        key_make(world.mia, grant=before)


def test_the_database_knows_the_sorts_of_keys(world: World) -> None:
    key = key_make(world.mia).key
    with pytest.raises(IntegrityError, match="api_key_service_has_no_member"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(kind="service")


def test_a_member_who_is_removed_takes_their_keys_along(world: World) -> None:
    mine = key_make(world.mia)
    given = {"membership": member(world.adam), "actor": actor(world.adam), "now": timezone.now()}
    member_remove(**given, member_id=member(world.mia).pk)
    with pytest.raises(Unauthenticated, match="was revoked"):
        check(mine.token)
    assert AuditEvent.objects.filter(act="key.revoked", subject=f"key:{mine.key.pk}").count() == 1


def test_a_key_of_a_closed_organisation_reads_and_changes_nothing(world: World) -> None:
    service = key_make(world.olga, "jobs.view", "projects.manage", kind="service")
    Organisation.objects.filter(pk=world.acme.pk).update(closed_at=timezone.now())
    found = Grant.of_key(check(service.token))
    assert found.may(Permission.JOBS_VIEW)
    with pytest.raises(Conflict, match="was closed on"):
        found.require(Permission.PROJECTS_MANAGE)
