"""The REST frame and its first endpoints: keys and sessions alike, strict, repeatable, refused with a sentence."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.models import IdempotencyKey
from apps.organisations.models import ApiKey, AuditEvent, Membership, Organisation, Project
from apps.organisations.roles import Role
from tests.organisations.keys import key_make, limit, member
from tests.organisations.programs import ACME, Program, refused
from tests.world import World


@pytest.fixture
def adam(world: World) -> Program:
    """A program with everything an admin may."""
    return Program(
        key_make(
            world.adam, "organisation.view", "organisation.edit", "projects.manage", "keys.manage", "jobs.view"
        ).token
    )


@pytest.fixture
def mia(world: World) -> Program:
    """A program with what a developer may."""
    return Program(key_make(world.mia, "organisation.view", "keys.manage", "jobs.view").token)


def test_members_and_keys_are_narrowed(world: World, adam: Program) -> None:
    assert [row["name"] for row in adam.get(f"{ACME}/members", role="viewer").json()["items"]] == ["Victor"]
    ended = key_make(world.adam, "organisation.view").key
    type(ended).objects.filter(pk=ended.pk).update(revoked_at=timezone.now())
    live = {row["id"] for row in adam.get(f"{ACME}/keys", live="true").json()["items"]}
    gone = {row["id"] for row in adam.get(f"{ACME}/keys", live="false").json()["items"]}
    assert (len(live), gone) == (1, {str(ended.pk)})
    assert adam.get(f"{ACME}/keys", kind="service", live="true").json()["items"] == []


def test_a_key_learns_what_it_is_good_for(world: World) -> None:
    body = Program(key_make(world.mia, project=world.project).token).get("/api/v1/whoami").json()
    assert body["environment"] == "sandbox"
    assert body["user"]["email"] == "mia@acme.example"
    (acme,) = body["organisations"]
    assert acme["projects"] == {str(world.project.pk): ["jobs.launch", "jobs.view"]}
    assert "digest" not in json.dumps(body)


def test_a_signed_in_person_uses_the_same_addresses(world: World) -> None:
    body = world.client(world.victor).get("/api/v1/whoami").json()
    assert (body["key"], body["organisations"][0]["role"]) == (None, "viewer")


def test_a_service_key_has_no_person(world: World) -> None:
    program = Program(key_make(world.olga, "organisation.view", "projects.manage", kind="service").token)
    assert program.get("/api/v1/whoami").json()["user"] is None
    assert program.post(f"{ACME}/projects", {"name": "Nightly"}).status_code == 201
    event = AuditEvent.objects.get(act="project.created")
    assert (event.actor_kind, event.user_id, event.api_key_id) == ("key", None, ApiKey.objects.get().pk)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("Bearer nos_sandbox_" + "a" * 55, "key_unknown"),
        ("Bearer nos_live_" + "a" * 55, "key_elsewhere"),
        ("Bearer", "key_malformed"),
        ("Basic bWlhOnNlY3JldA==", "key_malformed"),
        ("Token abc", "key_malformed"),
    ],
)
def test_nobody_known_gets_401_with_a_sentence_and_the_challenge(
    world: World, header: str | None, code: str
) -> None:
    answer = Client(headers={"Authorization": header} if header else {}).get(f"{ACME}/projects")
    refused(answer, 401, code)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_key_revoked_between_two_requests_is_refused_by_the_second(world: World) -> None:
    new = key_make(world.mia, "organisation.view")
    program = Program(new.token)
    assert program.get(ACME).status_code == 200
    assert (
        world.client(world.adam).post(f"{ACME}/keys/{new.key.pk}/revoke", {}, "application/json").status_code
        == 200
    )
    refused(program.get(ACME), 401, "key_revoked", "“CI” was revoked")


def test_an_expired_key_is_refused(world: World) -> None:
    new = key_make(world.mia, "organisation.view", expires_at=timezone.now() + timedelta(hours=1))
    ApiKey.objects.update(expires_at=timezone.now())
    refused(Program(new.token).get(ACME), 401, "key_expired", "make a new one")


def test_a_key_ends_with_its_membership_on_the_next_request(world: World, mia: Program) -> None:
    member(world.mia).delete()
    refused(mia.get(ACME), 401, "key_without_member")


def test_a_role_changed_between_two_requests_counts_for_the_second(world: World, mia: Program) -> None:
    assert mia.get(f"{ACME}/keys").status_code == 200
    Membership.objects.filter(user=world.mia).update(role=Role.VIEWER)
    refused(mia.get(f"{ACME}/keys"), 403, "denied", "Your role here is viewer")


def test_a_scope_that_is_missing_is_named(world: World) -> None:
    refused(Program(key_make(world.mia, "jobs.view").token).get(ACME), 403, "denied", "scope organisation.view")


def test_a_key_opens_no_other_organisation(world: World, mia: Program) -> None:
    refused(mia.get("/api/v1/organisations/xenon"), 404, "not_found")
    refused(mia.get("/api/v1/organisations/nowhere"), 404, "not_found")
    assert [one["slug"] for one in mia.get("/api/v1/organisations").json()["items"]] == ["acme"]


def test_a_member_of_two_organisations_keeps_their_keys_apart(world: World, mia: Program) -> None:
    Membership.objects.create(organisation=world.other, user=world.mia, role=Role.ADMIN)
    refused(mia.get("/api/v1/organisations/xenon"), 404, "not_found")


@pytest.mark.parametrize(
    ("forwarded", "remote", "welcome"),
    [
        ("203.0.113.9", "10.0.0.1", True),
        ("203.0.113.9, 198.51.100.1", "10.0.0.1", False),  # what the caller wrote is not believed
        ("203.0.113.9", "198.51.100.1", False),  # past the proxy
        ("", "203.0.113.9", True),
    ],
)
def test_networks_are_held_against_the_address_the_trusted_proxy_saw(
    world: World, settings: Any, forwarded: str, remote: str, welcome: bool
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    token = key_make(world.mia, "organisation.view", networks=["203.0.113.0/24"]).token
    answer = Program(token, **({"X-Forwarded-For": forwarded} if forwarded else {})).client.get(
        ACME, REMOTE_ADDR=remote
    )
    if welcome:
        assert answer.status_code == 200
    else:
        refused(answer, 403, "key_address")


def test_use_is_noted_once_a_minute(world: World, mia: Program) -> None:
    mia.get(ACME)
    used = ApiKey.objects.get().last_used_at
    mia.get(ACME)
    assert ApiKey.objects.get().last_used_at == used is not None


def test_a_request_with_a_key_adds_one_query(world: World, mia: Program, django_assert_num_queries: Any) -> None:
    mia.get(ACME)
    with django_assert_num_queries(1):
        mia.get(ACME)
    with django_assert_num_queries(2):
        mia.get(f"{ACME}/projects")
    with django_assert_num_queries(2):
        mia.get(f"{ACME}/keys")


def test_members_take_a_fixed_number_of_queries(
    world: World, mia: Program, django_assert_num_queries: Any
) -> None:
    limit(world.victor, default=Role.VIEWER)
    mia.get(ACME)
    with django_assert_num_queries(4):
        items = mia.get(f"{ACME}/members").json()["items"]
    assert [item["projects"] for item in items if item["limited"]] == [{"default": "viewer"}]


def test_the_organisation_is_changed_by_the_rules_of_the_page(world: World, adam: Program) -> None:
    answer = adam.send("PATCH", ACME, {"legal_name": "Acme B.V.", "vat_id": "NL 0000.99998 B57"})
    assert (answer.json()["legal_name"], answer.json()["vat_id"]) == ("Acme B.V.", "NL000099998B57")
    bad = adam.send("PATCH", ACME, {"vat_id": "NL1"})
    refused(bad, 400, "invalid", "not a valid VAT id")
    assert list(bad.json()["fields"]) == ["vat_id"]
    assert Organisation.objects.get(slug="acme").vat_id == "NL000099998B57"


def test_the_owner_of_a_session_needs_the_csrf_token_and_a_key_does_not(world: World, adam: Program) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.adam)
    refused(
        browser.post(f"{ACME}/projects", {"name": "Mine"}, "application/json"), 403, "permission_denied", "CSRF"
    )
    adam.client.handler.enforce_csrf_checks = True
    assert adam.post(f"{ACME}/projects", {"name": "Mine"}).status_code == 201


def test_a_repeat_with_the_same_key_makes_nothing_twice(world: World, adam: Program) -> None:
    first, again = (adam.post(f"{ACME}/projects", {"name": "Lab"}, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json() == again.json()
    assert Project.objects.filter(organisation=world.acme).count() == 2
    other = adam.post(f"{ACME}/projects", {"name": "Other"}, **{"Idempotency-Key": "k1"})
    refused(other, 409, "key_reused")


def test_a_repeat_under_another_callers_key_is_an_act_of_its_own(world: World, adam: Program) -> None:
    other = Program(key_make(world.olga, "projects.manage").token)
    slugs = [
        one.post(f"{ACME}/projects", {"name": "Lab"}, **{"Idempotency-Key": "k1"}).json()["slug"]
        for one in (adam, other)
    ]
    assert slugs == ["lab", "lab-2"]


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "é"])
def test_a_bad_idempotency_key_is_refused(world: World, adam: Program, key: str) -> None:
    answer = adam.client.post(f"{ACME}/projects", {"name": "Lab"}, "application/json", HTTP_IDEMPOTENCY_KEY=key)
    refused(answer, 400, "idempotency_key_invalid")
    assert Project.objects.filter(organisation=world.acme).count() == 1


def test_a_key_is_answered_once_and_never_kept(world: World, mia: Program) -> None:
    wanted = {"name": "Deploy", "scopes": ["jobs.view"], "networks": ["127.0.0.1"], "project": "default"}
    first, again = (mia.post(f"{ACME}/keys", wanted, **{"Idempotency-Key": "k1"}) for _ in range(2))
    token = first.json()["key"]
    assert Program(token).get("/api/v1/whoami").status_code == 200
    assert again.json() == first.json() | {"key": None}
    assert first.json()["networks"] == ["127.0.0.1/32"]
    assert token not in str(IdempotencyKey.objects.values_list("result", flat=True).get())
    assert ApiKey.objects.filter(name="Deploy").count() == 1


def test_a_key_is_rotated_by_the_api(world: World, mia: Program) -> None:
    made = mia.post(f"{ACME}/keys", {"name": "Deploy", "scopes": ["jobs.view"]}).json()
    new = mia.post(f"{ACME}/keys/{made['id']}/rotate", {"overlap_hours": 0}).json()
    refused(Program(made["key"]).get("/api/v1/whoami"), 401, "key_expired")
    assert Program(new["key"]).get("/api/v1/whoami").json()["key"]["name"] == "Deploy"
    assert mia.get(f"{ACME}/keys/{made['id']}").json()["successor"] == new["id"]


def test_a_member_sees_and_ends_only_keys_of_their_own(world: World, mia: Program, adam: Program) -> None:
    theirs = ApiKey.objects.get(member__user=world.adam)
    assert [one["member"] for one in mia.get(f"{ACME}/keys").json()["items"]] == ["mia@acme.example"]
    refused(mia.post(f"{ACME}/keys/{theirs.pk}/revoke", {}), 404, "not_found")
    assert ApiKey.objects.get(pk=theirs.pk).revoked_at is None


def test_projects_are_named_labelled_and_archived(world: World, adam: Program) -> None:
    made = adam.post(f"{ACME}/projects", {"name": "Lab", "labels": {"team": "vision"}}).json()
    assert (made["slug"], made["labels"], made["archived_at"]) == ("lab", {"team": "vision"}, None)
    changed = adam.send(
        "PATCH", f"{ACME}/projects/lab", {"name": "Laboratory", "labels": {}, "archived": True}
    ).json()
    assert (changed["slug"], changed["name"], changed["labels"]) == ("lab", "Laboratory", {})
    assert [one["slug"] for one in adam.get(f"{ACME}/projects", archived="true").json()["items"]] == ["lab"]
    refused(
        adam.post(f"{ACME}/keys", {"name": "n", "scopes": ["jobs.view"], "project": "lab"}),
        409,
        "project_archived",
    )


def test_a_change_that_is_half_wrong_changes_nothing(world: World, adam: Program) -> None:
    answer = adam.send("PATCH", f"{ACME}/projects/default", {"name": "Renamed", "archived": True})
    refused(answer, 409, "conflict", "last live project")
    assert Project.objects.get(pk=world.project.pk).name == "Default"


def test_pages_join_without_gap_or_repeat(world: World, adam: Program) -> None:
    for n in range(5):
        adam.post(f"{ACME}/projects", {"name": f"p{n}"})
    seen, cursor = [], ""
    while True:
        page = adam.get(f"{ACME}/projects", limit="2", **({"cursor": cursor} if cursor else {})).json()
        seen += [one["slug"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["default", "p0", "p1", "p2", "p3", "p4"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limti": "5"}, "limti"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "YQ"}, "cursor"),
        ({"archived": "maybe"}, "archived"),
    ],
)
def test_bad_questions_are_refused_by_name(world: World, mia: Program, query: dict[str, str], field: str) -> None:
    answer = mia.get(f"{ACME}/projects", **query)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 400),
        ("[]", 400),
        ("null", 400),
        ('"Lab"', 400),
        (DEEP, 400),
        ('{"name": NaN}', 400),
        (b'{"name": "\xff"}', 400),
        ('{"name": "a\\u0000b"}', 400),
        ('{"name": "\\ud800"}', 400),
        ('{"labels": {"\\u0000": "x"}, "name": "x"}', 400),
        ('{"name": 5}', 400),
        ('{"name": null}', 400),
        ('{"name": ["Lab"]}', 400),
        ('{"name": ""}', 400),
        ('{"name": "..."}', 400),
        ('{"name": "Lab", "colour": "red"}', 400),
        ('{"name": "Lab", "labels": []}', 400),
        ('{"name": "Lab", "labels": {"A b": "c"}}', 400),
        ('{"name": "Lab", "labels": {"a": 1}}', 400),
        ('{"name": "' + "x" * 81 + '"}', 400),
        ('{"name": ' + "9" * 5000 + "}", 400),
        ('{"name": "' + "x" * 1_100_000 + '"}', 413),
    ],
)
def test_bad_bodies_are_refused_and_nothing_is_made(world: World, adam: Program, body: Any, status: int) -> None:
    answer = adam.post(f"{ACME}/projects", body)
    assert answer.status_code == status, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert Project.objects.filter(organisation=world.acme).count() == 1


def test_an_unknown_field_is_named(world: World, adam: Program) -> None:
    answer = adam.post(f"{ACME}/projects", {"name": "Lab", "colour": "red"})
    assert answer.json()["fields"] == {
        "colour": ["There is no such field here; remove it, or compare its spelling with the reference."]
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", ACME, 405), ("GET", "/api/v1/nowhere", 404), ("GET", f"{ACME}/projects/nowhere", 404)],
)
def test_even_lost_programs_get_problems(world: World, adam: Program, method: str, path: str, status: int) -> None:
    answer = adam.send(method, path, "")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_is_no_body(world: World, adam: Program) -> None:
    answer = adam.client.post(f"{ACME}/projects", {"name": "Lab"})
    refused(answer, 415, "unsupported_media_type")
