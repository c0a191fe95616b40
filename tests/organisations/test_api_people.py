"""Members, invitations, terms, limits and retention by the API: what the pages do, by the same rules."""

from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from apps.core.models import Mail
from apps.organisations.models import AuditEvent, Invitation, Membership, Organisation, TermsAcceptance
from apps.organisations.roles import Role
from apps.organisations.services.keys import SCOPES
from tests.organisations.keys import key_make, member
from tests.organisations.people import invited
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

INVITATIONS = f"{ACME}/invitations"


@pytest.fixture
def adam(world: World) -> Program:
    """A program with everything an admin may."""
    return Program(key_make(world.adam, *SCOPES).token)


@pytest.fixture
def service(world: World) -> Program:
    """A program with everything that belongs to nobody."""
    return Program(key_make(world.adam, *SCOPES, kind="service").token)


def one(world: World, who: str) -> str:
    return f"{ACME}/members/{member(getattr(world, who)).pk}"


def test_somebody_is_invited_with_a_role_in_a_project_and_a_repeat_invites_once(
    world: World, adam: Program
) -> None:
    wanted = {"email": "Nina@Boreal.example", "role": "developer", "projects": {"default": "viewer"}}
    first, again = (adam.post(INVITATIONS, wanted, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    told = first.json()
    assert (told["email"], told["projects"]) == ("nina@boreal.example", {"default": "viewer"})
    assert (told["state"], told["invited_by"]) == ("open", "adam@acme.example")
    assert Mail.objects.count() == Invitation.objects.count() == 1
    assert adam.get(INVITATIONS).json()["items"] == [told]
    assert adam.get(f"{INVITATIONS}/{told['id']}").json() == told


@pytest.mark.parametrize(
    ("wanted", "status", "words"),
    [
        ({"role": "viewer"}, 400, "email"),
        ({"email": "nobody", "role": "viewer"}, 422, "not an e-mail address"),
        ({"email": "a@b.example", "role": "chef"}, 409, "no role"),
        ({"email": "a@b.example", "role": "owner"}, 409, "one owner"),
        ({"email": "mia@acme.example", "role": "viewer"}, 409, "is a member"),
        (
            {"email": "a@b.example", "role": "viewer", "projects": {"default": "developer"}},
            422,
            "cannot be developer",
        ),
        ({"email": "a@b.example", "role": "viewer", "projects": {"secret": "viewer"}}, 404, "no project"),
        ({"email": "a@b.example", "role": "viewer", "projects": {"default": "chef"}}, 422, "developer or viewer"),
        ({"email": "a@b.example", "role": "viewer", "projects": {}}, 404, "choose from the list"),
        ({"email": "a@b.example", "role": "viewer", "projects": ["default"]}, 400, "projects"),
        ({"email": "a@b.example", "role": "admin", "projects": {"default": "viewer"}}, 409, "Only developers"),
    ],
)
def test_a_bad_invitation_is_refused_and_nobody_invited(
    world: World, adam: Program, wanted: dict[str, Any], status: int, words: str
) -> None:
    answer = adam.post(INVITATIONS, wanted)
    assert (answer.status_code, words in answer.content.decode()) == (status, True), answer.content
    assert not Invitation.objects.exists()


def test_a_table_invites_all_or_none(world: World, adam: Program) -> None:
    bad = adam.post(f"{INVITATIONS}/many", {"table": "ada@b.example,viewer\nmia@acme.example,viewer"})
    refused(bad, 422, "lines_invalid", "Nothing was sent")
    assert bad.json()["fields"] == {"line 2": ["mia@acme.example is a member already."]}
    good = adam.post(
        f"{INVITATIONS}/many", {"table": "ada@b.example,developer,default:viewer\ngrace@b.example,viewer"}
    )
    assert [item["projects"] for item in good.json()["items"]] == [{"default": "viewer"}, None]


def test_an_invitation_is_sent_again_and_taken_back(world: World, adam: Program) -> None:
    path = f"{INVITATIONS}/{invited(world.olga).pk}"
    assert adam.post(f"{path}/resend", {}).json()["sends"] == 2
    for _ in range(2):
        assert adam.post(f"{path}/revoke", {}).json()["state"] == "revoked"
    refused(adam.post(f"{path}/resend", {}), 409, "invitation_over")
    assert AuditEvent.objects.filter(act="invitation.revoked", api_key__isnull=False).count() == 1


def test_a_program_of_nobody_invites_nobody(world: World, service: Program) -> None:
    refused(service.post(INVITATIONS, {"email": "a@b.example", "role": "viewer"}), 403, "denied", "takes a member")
    assert not Invitation.objects.exists()


def test_a_role_changes_and_above_ones_own_or_of_the_owner_it_does_not(world: World, adam: Program) -> None:
    assert adam.send("PATCH", one(world, "victor"), {"role": "developer"}).json()["role"] == "developer"
    refused(adam.send("PATCH", one(world, "olga"), {"role": "viewer"}), 409, "one_owner")
    refused(adam.send("PATCH", one(world, "victor"), {"role": "chef"}), 409, "role_unknown")
    refused(adam.send("PATCH", f"{ACME}/members/{member(world.xena).pk}", {"role": "viewer"}), 404, "not_found")
    assert sorted(Membership.objects.filter(organisation=world.acme).values_list("role", flat=True)) == [
        "admin", "billing", "developer", "developer", "owner",
    ]  # fmt: skip


def test_a_member_is_limited_to_projects_and_freed(world: World, adam: Program) -> None:
    path = f"{one(world, 'mia')}/projects"
    assert adam.send("PUT", path, {"projects": {"default": "viewer"}}).json()["projects"] == {"default": "viewer"}
    assert not member(world.mia).may("jobs.launch")  # type: ignore[arg-type]
    refused(adam.send("PUT", path, {"projects": {"secret": "viewer"}}), 404, "not_found")
    refused(adam.send("PUT", path, {}), 400, "invalid")
    assert member(world.mia).limited
    assert adam.send("PUT", path, {"projects": None}).json()["projects"] is None
    assert member(world.mia).may("jobs.launch")  # type: ignore[arg-type]


def test_a_member_is_removed_once_and_their_keys_with_them(world: World, adam: Program) -> None:
    mia, path = Program(key_make(world.mia).token), one(world, "mia")
    assert adam.get(path).json()["email"] == "mia@acme.example"
    assert adam.post(f"{path}/remove", {}).json()["email"] == "mia@acme.example"
    refused(adam.post(f"{path}/remove", {}), 404, "not_found")
    assert mia.get("/api/v1/whoami").status_code == 401


def test_the_terms_are_accepted_by_version(world: World, adam: Program) -> None:
    TermsAcceptance.objects.all().delete()
    assert adam.get(f"{ACME}/terms").json()["accepted_by"] is None
    refused(adam.post(f"{ACME}/terms", {"version": "1999-01"}), 409, "terms_changed", "have changed")
    for _ in range(2):
        told = adam.post(f"{ACME}/terms", {"version": settings.TERMS_VERSION}).json()
        assert told["accepted_by"] == "adam@acme.example"
    assert TermsAcceptance.objects.count() == 1


def test_limits_of_approvals_and_the_retention_are_set(world: World, adam: Program) -> None:
    limits, kept = f"{ACME}/approval-limits", f"{ACME}/audit/retention"
    assert adam.send("PATCH", limits, {"approval_job_micro": 5_000_000}).json() == {
        "approval_job_micro": 5_000_000,
        "approval_cap_micro": None,
    }
    refused(adam.send("PATCH", limits, {"approval_job_micro": -1}), 400, "limit_out_of_range")
    assert adam.send("PUT", kept, {"days": 365}).json() == adam.get(kept).json() == {"days": 365}
    refused(adam.send("PUT", kept, {"days": 3}), 400, "retention_out_of_range")
    acme = Organisation.objects.get(pk=world.acme.pk)
    assert (acme.approval_job_micro, acme.audit_retention_days) == (5_000_000, 365)


def test_currency_and_time_zone_are_changed_as_on_the_page(world: World, adam: Program) -> None:
    changed = adam.send("PATCH", ACME, {"currency": "USD", "time_zone": "Europe/Amsterdam"}).json()
    assert (changed["currency"], changed["time_zone"]) == ("USD", "Europe/Amsterdam")
    assert adam.send("PATCH", ACME, {"time_zone": "Mars/Olympus"}).status_code == 400


def test_one_event_is_read(world: World, adam: Program) -> None:
    event = AuditEvent.objects.filter(organisation=world.acme).latest("id")
    assert adam.get(f"{ACME}/audit/{event.pk}").json()["act"] == event.act
    foreign = AuditEvent.objects.filter(organisation=world.other).latest("id")
    refused(adam.get(f"{ACME}/audit/{foreign.pk}"), 404, "not_found")


def test_invitations_take_a_fixed_number_of_queries(
    world: World, adam: Program, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        invited(world.olga, f"n{number}@b.example", projects={world.project.pk: Role.VIEWER})
    adam.get(ACME)
    with django_assert_num_queries(3):  # the key, the projects, the invitations
        adam.get(INVITATIONS)
