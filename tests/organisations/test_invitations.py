"""Sending invitations: to whom, as what, how many, again and not any more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.models import Mail, Message
from apps.organisations.models import AuditEvent, Invitation, Membership
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.organisations.services import (
    InvitationOver,
    invitation_find,
    invitation_resend,
    invitation_revoke,
    invitation_send,
)
from apps.organisations.services.invitations import MAILS_A_DAY, OPEN_MAXIMUM, SENDS_MAXIMUM
from tests.organisations.people import by, invitation_token, invited, member
from tests.world import World

PAGE = "/o/acme/members/invite/"


def test_an_admin_invites_and_the_mail_brings_the_link(world: World, drain: Callable[[], int]) -> None:
    form = {"email": "Nina@Boreal.example", "role": "developer"}
    assert world.client(world.adam).post(PAGE, form).url == "/o/acme/members/"
    drain()
    sent = outbox.outbox[0]
    assert (sent.to, sent.subject) == (["nina@boreal.example"], "Adam invites you to Acme on Nosana Web")
    assert "/invitations/" in str(sent.body)
    assert "nina@boreal.example" in world.client(world.olga).get("/o/acme/members/").content.decode()


def test_no_row_gives_the_link_away(world: World, drain: Callable[[], int]) -> None:
    token = invitation_token(invited(world.olga))
    rows = [*Invitation.objects.values(), *Mail.objects.values(), *Message.objects.values()]
    assert token not in str(rows + [*AuditEvent.objects.values()])
    drain()
    assert token in str(outbox.outbox[0].body)
    assert Mail.objects.get().text == ""


def test_nobody_invites_above_their_own_role_and_an_owner_is_never_invited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (world.olga, world.adam):
        with pytest.raises(Conflict, match="one owner"):
            invited(person, role="owner")
    with pytest.raises(Denied):
        invited(world.mia, role="viewer")
    # No role may more than an admin today; should one, no admin gives it.
    less = ROLE_PERMISSIONS[Role.ADMIN] - {Permission.BILLING_MANAGE}
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.ADMIN, less)
    with pytest.raises(Denied, match="as billing"):
        invited(world.adam, role="billing")
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "x" * 300 + "@b.example", "a@b.example\x00", "a b@c.example"]
)
def test_what_is_no_address_is_refused_with_a_sentence(world: World, email: str) -> None:
    with pytest.raises(AppError, match="address"):
        invited(world.olga, email)
    assert world.client(world.olga).post(PAGE, {"email": email, "role": "viewer"}).status_code == 422
    assert not Mail.objects.exists()


def test_a_member_or_an_invited_address_is_not_invited_again(world: World) -> None:
    with pytest.raises(Conflict, match="is a member of Acme already"):
        invited(world.olga, "MIA@acme.example")
    invited(world.olga)
    with pytest.raises(Conflict, match="open invitation"):
        invited(world.adam, "NINA@boreal.example")
    assert Invitation.objects.count() == Mail.objects.count() == 1


def test_an_expired_invitation_makes_room_for_a_new_one(world: World) -> None:
    old = invited(world.olga, now=timezone.now() - timedelta(days=8))
    assert invited(world.olga).pk != old.pk


def test_a_new_link_ends_the_old_one(world: World) -> None:
    invitation = invited(world.olga)
    first = invitation_token(invitation)
    again = invitation_resend(**by(world.adam), invitation_id=invitation.pk)
    assert invitation_find(token=invitation_token(again), now=timezone.now()).pk == invitation.pk
    with pytest.raises(InvitationOver, match="newer link"):
        invitation_find(token=first, now=timezone.now())


def test_sending_again_is_limited(world: World) -> None:
    invitation = invited(world.olga)
    for _ in range(SENDS_MAXIMUM - 1):
        invitation_resend(**by(world.olga), invitation_id=invitation.pk)
    with pytest.raises(Conflict, match="was sent 5 times"):
        invitation_resend(**by(world.olga), invitation_id=invitation.pk)


def test_a_revoked_invitation_opens_nothing_and_a_repeat_changes_nothing(world: World) -> None:
    invitation = invited(world.olga)
    olga = world.client(world.olga)
    for _ in range(2):
        assert olga.post(f"/o/acme/invitations/{invitation.pk}/revoke/").status_code == 302
    assert AuditEvent.objects.filter(act="invitation.revoked").count() == 1
    with pytest.raises(InvitationOver, match="taken back"):
        invitation_find(token=invitation_token(invitation), now=timezone.now())
    with pytest.raises(Conflict, match="send a new one"):
        invitation_resend(**by(world.olga), invitation_id=invitation.pk)


def test_an_invitation_of_another_organisation_is_not_found(world: World) -> None:
    foreign = invited(world.xena)
    for act in (invitation_resend, invitation_revoke):
        with pytest.raises(NotFound):
            act(**by(world.olga), invitation_id=foreign.pk)
    foreign.refresh_from_db()
    assert (foreign.sends, foreign.revoked_at) == (1, None)


def test_open_invitations_and_mails_a_day_are_limited(world: World) -> None:
    now = timezone.now()
    for number in range(OPEN_MAXIMUM):
        invited(world.olga, f"n{number}@boreal.example", now=now)
    with pytest.raises(Conflict, match="100 open invitations"):
        invited(world.olga, now=now)
    Invitation.objects.update(revoked_at=now, sends=MAILS_A_DAY // OPEN_MAXIMUM)
    with pytest.raises(AppError, match="within a day") as refusal:
        invited(world.olga, now=now)
    assert refusal.value.status == 429
    assert invited(world.olga, now=now + timedelta(days=1, minutes=1)).pk


def test_projects_may_be_given_with_the_place_to_roles_that_can_be_limited(world: World) -> None:
    invitation = invited(world.olga, projects={world.project.pk: Role.VIEWER})
    assert (invitation.role, invitation.projects) == ("developer", {str(world.project.pk): "viewer"})
    with pytest.raises(Conflict, match="Only developers and viewers"):
        invited(world.olga, "b@c.example", "billing", projects={world.project.pk: Role.VIEWER})
    with pytest.raises(NotFound):
        invited(world.olga, "b@c.example", projects={world.other.projects.get().pk: Role.VIEWER})


@pytest.mark.parametrize(("role", "inside"), [("viewer", Role.DEVELOPER), ("developer", Role.ADMIN)])
def test_a_role_in_a_project_narrows_and_never_widens(world: World, role: str, inside: Role) -> None:
    with pytest.raises(AppError, match="in a project|In a project"):
        invited(world.olga, role=role, projects={world.project.pk: inside})
    assert not Invitation.objects.exists()


def test_the_page_asks_for_a_role_in_each_project(world: World) -> None:
    olga, lab = world.client(world.olga), world.acme.projects.create(name="Lab", slug="lab")
    assert f'name="project-{lab.pk}"' in olga.get(PAGE).content.decode()
    form = {"email": "nina@boreal.example", "role": "developer", f"project-{lab.pk}": "viewer"}
    assert olga.post(PAGE, form).status_code == 302
    assert Invitation.objects.get().projects == {str(lab.pk): "viewer"}


def test_a_project_that_was_archived_meanwhile_widens_nothing(world: World) -> None:
    lab = world.acme.projects.create(name="Lab", slug="lab", archived_at=timezone.now())
    form = {"email": "nina@boreal.example", "role": "developer", f"project-{lab.pk}": "viewer"}
    answer = world.client(world.olga).post(PAGE, form)
    assert (answer.status_code, "not there any more" in answer.content.decode()) == (422, True)
    assert not Invitation.objects.exists()


def test_an_admin_who_lost_the_role_meanwhile_invites_nobody(world: World) -> None:
    adam = by(world.adam)
    Membership.objects.filter(user=world.adam).update(role="billing")
    with pytest.raises(Denied):
        invitation_send(**adam, email="a@b.example", role="viewer")
    assert not Invitation.objects.exists()


def test_inviting_takes_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acting = by(world.olga)
    assert member(world.olga).role == "owner"
    with django_assert_num_queries(19):
        invitation_send(**acting, email="a@b.example", role="viewer")
