"""Roles given and taken, members removed and leaving, and the one owner."""

from collections.abc import Callable

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.organisations.models import AuditEvent, Grant, Invitation, Membership
from apps.organisations.services import (
    Actor,
    api_key_create,
    member_leave,
    member_remove,
    member_role_change,
    ownership_transfer,
)
from apps.users.models import User
from tests.organisations.people import by, invited, member
from tests.world import World

PAGE = "/o/acme/members/"


def role(user: User) -> str | None:
    found = Membership.objects.filter(user=user, organisation__slug="acme").first()
    return found.role if found else None


def acts() -> list[str]:
    """Return what the trail says happened after Acme was made."""
    return list(
        AuditEvent.objects.exclude(act="organisation.created").order_by("id").values_list("act", flat=True)
    )


def test_a_new_role_holds_from_the_next_request_on(world: World) -> None:
    victor = world.client(world.victor)
    assert victor.get("/o/acme/jobs/new/").status_code == 403
    path = f"{PAGE}{member(world.victor).pk}/role/"
    assert world.client(world.adam).post(path, {"role": "developer"}).url == PAGE
    assert victor.get("/o/acme/jobs/new/").status_code == 200
    event = AuditEvent.objects.get(act="member.role_changed")
    assert (event.before, event.after) == ({"role": "viewer"}, {"role": "developer"})


def test_the_role_somebody_has_already_changes_nothing(world: World) -> None:
    member_role_change(**by(world.olga), member_id=member(world.mia).pk, role="developer")
    assert acts() == []


@pytest.mark.parametrize("wanted", ["owner", "emperor", "", "viewer\x00"])
def test_the_owners_role_and_unknown_ones_cannot_be_given(world: World, wanted: str) -> None:
    with pytest.raises(Conflict):
        member_role_change(**by(world.olga), member_id=member(world.mia).pk, role=wanted)
    assert role(world.mia) == "developer"


def test_nobody_changes_or_removes_the_owner(world: World) -> None:
    owner = member(world.olga).pk
    for act in (
        lambda: member_role_change(**by(world.adam), member_id=owner, role="viewer"),
        lambda: member_remove(**by(world.adam), member_id=owner),
    ):
        with pytest.raises(Conflict, match="Olga owns Acme"):
            act()
    assert role(world.olga) == "owner"


def test_a_developer_changes_no_roles_and_a_member_elsewhere_is_not_found(world: World) -> None:
    with pytest.raises(Denied, match="invite, change and remove members"):
        member_role_change(**by(world.mia), member_id=member(world.victor).pk, role="viewer")
    with pytest.raises(NotFound):
        member_role_change(**by(world.olga), member_id=member(world.xena).pk, role="viewer")
    assert (role(world.victor), acts()) == ("viewer", [])


def test_a_role_that_was_taken_meanwhile_stops_an_act_that_had_begun(world: World) -> None:
    adam = by(world.adam)  # his request has found him an admin
    Membership.objects.filter(user=world.adam).update(role="viewer")
    with pytest.raises(Denied):
        member_remove(**adam, member_id=member(world.mia).pk)
    Membership.objects.filter(user=world.adam).delete()
    with pytest.raises(NotFound):
        member_remove(**adam, member_id=member(world.mia).pk)
    assert role(world.mia) == "developer"


def test_a_removed_member_finds_nothing_any_more(world: World) -> None:
    mia = world.client(world.mia)
    path = f"{PAGE}{member(world.mia).pk}/remove/"
    adam = world.client(world.adam)
    assert "Remove Mia from Acme?" in adam.get(path).content.decode()
    assert adam.post(path).url == PAGE
    assert mia.get("/o/acme/").status_code == 404
    assert adam.post(path).status_code == 404  # a repeat
    assert acts() == ["member.removed"]


def test_personal_keys_end_with_the_membership(world: World) -> None:
    new = api_key_create(
        grant=Grant.of_member(member(world.mia)),
        name="CI",
        scopes=["jobs.view"],
        actor=Actor.person(world.mia),
        now=timezone.now(),
    )
    asking = {"Authorization": f"Bearer {new.token}"}
    assert Client().get("/api/v1/whoami", headers=asking).status_code == 200
    member_remove(**by(world.adam), member_id=member(world.mia).pk)
    assert Client().get("/api/v1/whoami", headers=asking).status_code == 401
    assert acts() == ["key.created", "key.revoked", "member.removed"]


def test_invitations_end_with_the_right_to_send_them(world: World) -> None:
    admins, viewers = invited(world.adam, "a@b.example", "admin"), invited(world.olga, "c@d.example", "viewer")
    member_role_change(**by(world.olga), member_id=member(world.adam).pk, role="billing")
    states = dict(Invitation.objects.values_list("email", "revoked_at"))
    assert states[admins.email] is not None
    assert states[viewers.email] is None


def test_a_member_leaves_and_the_owner_is_told_to_hand_over_first(world: World) -> None:
    assert world.client(world.victor).post("/o/acme/settings/leave/").url == "/"
    assert role(world.victor) is None
    olga = world.client(world.olga)
    assert "hand it over first" in olga.get("/o/acme/settings/leave/").content.decode()
    answer = olga.post("/o/acme/settings/leave/")
    assert answer.status_code == 409
    assert "/o/acme/settings/owner/" in answer.content.decode()
    assert role(world.olga) == "owner"


def test_leaving_twice_is_leaving_once(world: World) -> None:
    victor = by(world.victor)
    member_leave(**victor)
    with pytest.raises(NotFound):
        member_leave(**victor)
    assert acts() == ["member.left"]


def test_the_owner_hands_over_and_both_are_told(world: World, drain: Callable[[], int]) -> None:
    form = {"member": member(world.mia).pk, "confirmation": " Acme "}
    assert world.client(world.olga).post("/o/acme/settings/owner/", form).url == PAGE
    assert (role(world.mia), role(world.olga)) == ("owner", "admin")
    drain()
    assert {sent.to[0]: sent.subject for sent in outbox.outbox} == {
        "mia@acme.example": "You own Acme now",
        "olga@acme.example": "Acme belongs to Mia now",
    }
    assert acts() == ["ownership.transferred"]


@pytest.mark.parametrize(
    ("who", "heir", "typed", "error"),
    [
        ("adam", "mia", "Acme", Denied),
        ("olga", "olga", "Acme", Conflict),
        ("olga", "xena", "Acme", NotFound),
        ("olga", "mia", "acme", AppError),
    ],
)
def test_only_the_owner_hands_over_to_a_member_and_types_the_name(
    world: World, who: str, heir: str, typed: str, error: type[AppError]
) -> None:
    with pytest.raises(error):
        ownership_transfer(
            **by(getattr(world, who)), member_id=member(getattr(world, heir)).pk, confirmation=typed
        )
    assert (role(world.olga), acts()) == ("owner", [])


def test_the_page_of_members_takes_the_same_queries_for_two_and_for_twenty(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    for number in range(20):
        user = User.objects.create_user(f"m{number}@acme.example")
        Membership.objects.create(organisation=world.acme, user=user, role="viewer")
        invited(world.olga, f"n{number}@acme.example")
    with django_assert_num_queries(8):
        olga.get(PAGE)


def test_changing_a_role_takes_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acting, mia = by(world.olga), member(world.mia).pk
    with django_assert_num_queries(9):  # savepoint twice, lock, actor, member, update, invitations, trail twice
        member_role_change(**acting, member_id=mia, role="viewer")


def test_signing_in_leads_to_the_organisation_one_was_in_last(world: World) -> None:
    Membership.objects.create(organisation=world.other, user=world.olga, role="viewer")
    world.client(world.olga).get("/o/xenon/")
    assert world.client(world.olga).get("/").url == "/o/xenon/"
