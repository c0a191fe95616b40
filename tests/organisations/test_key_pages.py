"""Pages of projects and keys."""

import re
import uuid
from typing import Any

import pytest
from django.utils import timezone

from apps.organisations.models import ApiKey, Project
from apps.organisations.roles import Permission, Role
from tests.organisations.keys import check, key_make, limit, member
from tests.world import World

KEYS = "/o/acme/keys/"
TOKEN = re.compile(r"nos_sandbox_\w{55}")


def wanted(**changes: Any) -> dict[str, Any]:
    given = {"name": "CI", "scopes": ["jobs.view", "jobs.launch"], "life": "90", "submission_key": uuid.uuid4()}
    return given | changes


def test_a_key_is_shown_once_and_works(world: World) -> None:
    mia = world.client(world.mia)
    answer = mia.post(f"{KEYS}new/", wanted(project="default", networks="203.0.113.0/24\n2001:db8::1"))
    token = TOKEN.search(answer.content.decode())
    assert token
    assert "no-store" in answer["Cache-Control"]
    key = check(token[0])
    assert (key.project_id, key.allowed_networks) == (world.project.pk, ["203.0.113.0/24", "2001:db8::1/128"])
    assert key.expires_at is not None
    page = mia.get(KEYS).content.decode()
    assert key.prefix in page
    assert not TOKEN.search(page)


def test_two_presses_make_one_key_and_the_second_does_not_show_it(world: World) -> None:
    mia, form = world.client(world.mia), wanted()
    assert mia.post(f"{KEYS}new/", form).status_code == 200
    again = mia.post(f"{KEYS}new/", form, follow=True)
    assert "made its key already" in again.content.decode()
    assert not TOKEN.search(again.content.decode())
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Give the key a name"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["billing.manage"]}, "not one of the available choices"),
        ({"project": "nowhere"}, "not one of the available choices"),
        ({"networks": "example.com"}, "“example.com” is not a network"),
        ({"submission_key": "x"}, ""),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(world: World, changes: dict[str, Any], sentence: str) -> None:
    answer = world.client(world.mia).post(f"{KEYS}new/", wanted(**({"name": "Nightly"} | changes)))
    assert answer.status_code in (400, 422)
    assert sentence in answer.content.decode()
    assert "Nightly" in answer.content.decode() or "name" in changes
    assert not ApiKey.objects.exists()


def test_only_admins_are_offered_service_keys(world: World) -> None:
    assert 'name="kind"' not in world.client(world.mia).get(f"{KEYS}new/").content.decode()
    assert 'value="service"' in world.client(world.adam).get(f"{KEYS}new/").content.decode()
    world.client(world.mia).post(f"{KEYS}new/", wanted(kind="service"))
    assert ApiKey.objects.get().kind == "personal"


def test_a_developer_sees_their_own_keys_and_an_admin_everybodys(world: World) -> None:
    key_make(world.adam, name="Robot", kind="service")
    key_make(world.mia, name="Laptop")
    mine, all_of_them = (world.client(user).get(KEYS).content.decode() for user in (world.mia, world.adam))
    assert "Laptop" in mine
    assert "Robot" not in mine
    assert "Laptop" in all_of_them
    assert "Robot" in all_of_them


def test_the_list_takes_a_fixed_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        key_make(world.mia)
    adam = world.client(world.adam)
    with django_assert_num_queries(7):
        adam.get(KEYS)


def test_a_key_is_rotated_and_revoked_from_the_list(world: World) -> None:
    mia, old = world.client(world.mia), key_make(world.mia)
    answer = mia.post(f"{KEYS}{old.key.pk}/rotate/", {"overlap": "24", "submission_key": uuid.uuid4()})
    new = TOKEN.search(answer.content.decode())
    assert new
    assert check(new[0]).name == check(old.token).name
    assert "Replaced" in mia.get(KEYS).content.decode()
    assert "Its next request is refused" in mia.get(f"{KEYS}{old.key.pk}/revoke/").content.decode()
    assert ApiKey.objects.filter(revoked_at=None).count() == 2
    mia.post(f"{KEYS}{old.key.pk}/revoke/")
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_others_keys_have_no_pages_for_members(world: World) -> None:
    theirs = key_make(world.adam).key
    for page in ("rotate", "revoke"):
        assert world.client(world.mia).get(f"{KEYS}{theirs.pk}/{page}/").status_code == 404
        assert world.client(world.mia).post(f"{KEYS}{theirs.pk}/{page}/").status_code == 404
    assert ApiKey.objects.get().revoked_at is None


def test_a_project_is_made_changed_archived_and_brought_back(world: World) -> None:
    adam = world.client(world.adam)
    made = adam.post("/o/acme/projects/new/", {"name": "Lab", "labels": "team = vision\n\ncost-centre=4711"})
    assert made.url == "/o/acme/projects/lab/"
    assert Project.objects.get(slug="lab").labels == {"team": "vision", "cost-centre": "4711"}
    assert "cost-centre=4711" in adam.get("/o/acme/projects/lab/edit/").content.decode()
    adam.post("/o/acme/projects/lab/edit/", {"name": "Vision", "labels": ""})
    adam.post("/o/acme/projects/lab/archive/")
    assert Project.objects.get(slug="lab").archived_at is not None
    page = adam.get("/o/acme/projects/lab/").content.decode()
    assert "It takes no new jobs and keys" in page
    adam.post("/o/acme/projects/lab/archive/", {"back": "1"})
    assert Project.objects.get(slug="lab", name="Vision").archived_at is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "labels": ""}, "Give the project a name."),
        ({"name": "!!!", "labels": ""}, "letter or digit"),
        ({"name": "Lab", "labels": "vision"}, "write name=value"),
        ({"name": "Lab", "labels": "a=1\na=2"}, "there twice"),
        ({"name": "Lab", "labels": "Team=x"}, "“Team” is no label"),
    ],
)
def test_bad_projects_are_told(world: World, form: dict[str, str], sentence: str) -> None:
    answer = world.client(world.adam).post("/o/acme/projects/new/", form)
    assert answer.status_code in (400, 422)
    assert sentence in answer.content.decode()
    assert Project.objects.filter(organisation=world.acme).count() == 1


def test_a_project_shows_its_keys_and_who_is_limited_to_it(world: World) -> None:
    key_make(world.mia, name="Deploy", project=world.project)
    key_make(world.mia, name="Elsewhere")
    limit(world.victor, default=Role.VIEWER)
    page = world.client(world.adam).get("/o/acme/projects/default/").content.decode()
    for shown in ("Deploy", "Victor", "Viewer here"):
        assert shown in page
    assert "Elsewhere" not in page
    assert "Archive" not in world.client(world.mia).get("/o/acme/projects/default/").content.decode()


def test_a_project_takes_a_fixed_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    adam = world.client(world.adam)
    with django_assert_num_queries(9):
        adam.get("/o/acme/projects/default/")


def test_a_limited_member_finds_only_their_projects(world: World) -> None:
    Project.objects.create(organisation=world.acme, name="Secret", slug="secret")
    limit(world.mia, default=Role.VIEWER)
    mia = world.client(world.mia)
    assert "Secret" not in mia.get("/o/acme/projects/").content.decode()
    assert mia.get("/o/acme/projects/secret/").status_code == 404


def test_an_admin_limits_a_member_on_a_page(world: World) -> None:
    adam, mia = world.client(world.adam), member(world.mia)
    url, field = f"/o/acme/members/{mia.pk}/projects/", f"project-{world.project.pk}"
    assert adam.post(url, {"reach": "some", field: "viewer"}).status_code == 302
    assert not member(world.mia).may(Permission.JOBS_LAUNCH)
    assert "checked" in adam.get(url).content.decode()
    assert adam.post(url, {"reach": "some", field: "owner"}).status_code == 422
    assert adam.post(url, {"reach": "all"}).status_code == 302
    assert member(world.mia).may(Permission.JOBS_LAUNCH)
    assert adam.get("/o/acme/members/99999999999999999999/projects/").status_code == 404


def test_a_revoked_key_says_so_in_the_list(world: World) -> None:
    key_make(world.mia)
    ApiKey.objects.update(revoked_at=timezone.now())
    page = world.client(world.mia).get(KEYS).content.decode()
    assert "Revoked" in page
    assert "/revoke/" not in page
