"""Following an invitation's link: once, in time, and only for whom it is."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import Conflict, NotFound
from apps.organisations.models import AuditEvent, Invitation, Membership
from apps.organisations.roles import Permission, Role
from apps.organisations.services import (
    Actor,
    InvitationOver,
    WrongAddress,
    invitation_accept,
    invitation_resend,
    invitation_sign_up,
)
from apps.users.models import User
from tests.organisations.people import by, invitation_token, invited, member
from tests.world import PASSWORD, World

NINA = {"name": "Nina", "password": PASSWORD}


def accept(token: str, user: User) -> Membership:
    return invitation_accept(token=token, user=user, actor=Actor.person(user), now=timezone.now())


def link(invitation: Invitation) -> str:
    return f"/invitations/{invitation_token(invitation)}/"


def test_a_newcomer_signs_up_by_the_link_and_is_in(world: World, client: Client) -> None:
    path = link(invited(world.olga))
    page = client.get(path).content.decode()
    assert "Olga invites" in page
    assert "Create account and join" in page
    assert client.post(path, NINA).url == "/o/acme/"
    assert client.get("/o/acme/").status_code == 200
    nina = User.objects.get(email="nina@boreal.example")
    assert (nina.name, member(nina).role, nina.check_password(PASSWORD)) == ("Nina", "developer", True)
    assert EmailAddress.objects.get(user=nina).verified
    assert AuditEvent.objects.get(act="member.joined").user_id == nina.pk


def test_opening_the_link_alone_uses_nothing_up(world: World, client: Client) -> None:
    invitation = invited(world.olga)
    for _ in range(3):
        assert client.get(link(invitation)).status_code == 200
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_somebody_with_an_account_signs_in_and_joins_by_one_press(world: World, client: Client) -> None:
    path = link(invited(world.olga, world.xena.email, "viewer"))
    page = client.get(path).content.decode()
    assert f"/accounts/login/?next={path.replace('/', '%2F')}" in page
    assert client.post(path, NINA).url.startswith("/accounts/login/")  # no second account of that address
    xena = world.client(world.xena)
    assert "Join Acme" in xena.get(path).content.decode()
    assert xena.post(path).url == "/o/acme/"
    assert member(world.xena, world.acme).role == "viewer"


def test_a_link_for_another_address_is_refused_with_a_sentence(world: World) -> None:
    path = link(invited(world.olga))
    xena = world.client(world.xena)
    assert "signed in as xena@acme.example" in xena.get(path).content.decode()
    answer = xena.post(path)
    assert answer.status_code == 409
    assert "for nina@boreal.example" in answer.content.decode()
    assert not Membership.objects.filter(user=world.xena, organisation=world.acme).exists()


def test_a_confirmed_second_address_counts_and_an_unconfirmed_one_does_not(world: World) -> None:
    token = invitation_token(invited(world.olga))
    second = EmailAddress.objects.create(user=world.xena, email="nina@boreal.example", verified=False)
    with pytest.raises(WrongAddress):
        accept(token, world.xena)
    second.verified = True
    second.save()
    assert accept(token, world.xena).organisation == world.acme


def test_a_link_works_once(world: World, client: Client) -> None:
    path = link(invited(world.olga))
    client.post(path, NINA)
    answer = Client().post(path, {"name": "Nobody", "password": PASSWORD})
    assert answer.status_code == 410
    assert "has been used" in answer.content.decode()
    Membership.objects.filter(user__email="nina@boreal.example").delete()
    with pytest.raises(InvitationOver):  # nor does it bring back whoever was removed since
        accept(path.split("/")[2], User.objects.get(email="nina@boreal.example"))


def test_a_link_expires(world: World, client: Client) -> None:
    path = link(invited(world.olga, now=timezone.now() - timedelta(days=7)))
    answer = client.post(path, NINA)
    assert answer.status_code == 410
    assert "ask Olga to send it again" in answer.content.decode()
    assert not User.objects.filter(email="nina@boreal.example").exists()


def test_a_link_that_is_forged_cut_or_another_ones_opens_nothing(world: World) -> None:
    token = invitation_token(invited(world.olga))
    other = invitation_token(invited(world.xena))
    for forged in (
        token[:-1],
        token + "x",
        "x",
        token.split(".")[0],
        f"{token.split('.')[0]}.{other.split('.')[1]}",
    ):
        assert Client().get(f"/invitations/{forged}/").status_code == 404


def test_a_member_keeps_their_role(world: World) -> None:
    invitation = invited(world.olga, "second@acme.example", "admin")
    EmailAddress.objects.create(user=world.victor, email="second@acme.example", verified=True)
    with pytest.raises(Conflict, match="member of Acme already"):
        accept(invitation_token(invitation), world.victor)
    assert member(world.victor).role == "viewer"


def test_a_weak_password_is_told_and_nothing_is_made(world: World, client: Client) -> None:
    answer = client.post(link(invited(world.olga)), {"name": "Nina", "password": "12345"})
    assert answer.status_code == 422
    assert "too short" in answer.content.decode()
    assert not User.objects.filter(email="nina@boreal.example").exists()


def test_the_place_comes_with_its_projects(world: World) -> None:
    token = invitation_token(invited(world.olga, world.xena.email, projects={world.project.pk: Role.VIEWER}))
    joined = accept(token, world.xena)
    assert joined.limited
    assert list(joined.project_memberships.values_list("project", "role")) == [(world.project.pk, "viewer")]
    assert not joined.may(Permission.JOBS_LAUNCH)


def test_the_newest_link_works_after_sending_again(world: World) -> None:
    invitation = invited(world.olga, world.xena.email)
    old = invitation_token(invitation)
    again = invitation_resend(**by(world.olga), invitation_id=invitation.pk)
    with pytest.raises(InvitationOver, match="newer link"):
        accept(old, world.xena)
    assert accept(invitation_token(again), world.xena).role == "developer"


def test_signing_up_under_an_address_that_was_taken_meanwhile_is_refused(world: World) -> None:
    token = invitation_token(invited(world.olga))
    User.objects.create_user("nina@boreal.example")
    with pytest.raises(Conflict, match="has an account already"):
        invitation_sign_up(
            token=token, name="N", password=PASSWORD, actor=Actor(kind="person"), now=timezone.now()
        )
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_to_nothing_known_is_not_found(world: World) -> None:
    token = invitation_token(invited(world.olga))
    Invitation.objects.all().delete()
    with pytest.raises(NotFound):
        accept(token, world.xena)


def test_accepting_takes_a_fixed_number_of_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = invitation_token(invited(world.olga, world.xena.email))
    with django_assert_num_queries(12):
        accept(token, world.xena)
