"""Refunds as customers see them, and asking for what is unspent."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.organisations.models import Approval, Membership
from apps.organisations.services import Actor, approval_decide
from apps.payments.models import Refund, TopUp
from apps.users.models import User
from tests.payments.test_refunds import spend
from tests.payments.topups import TopUps

URL = "/o/acme/billing/refunds/"


@pytest.fixture
def olga(topups: TopUps) -> Client:
    return topups.world.client(topups.world.olga)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("sam@nosana-web.example")


def test_unspent_credits_are_asked_back_once_and_go_back_when_staff_say_so(
    credited: TopUp, olga: Client, staff: User
) -> None:
    assert "€121.00" in olga.get(URL).content.decode()
    for _ in range(2):
        assert olga.post(f"{URL}{credited.id}/ask/", {"reason": "We are closing"}).status_code == 302
    approval = Approval.objects.get()
    assert "Asked for; we answer by mail" in olga.get(URL).content.decode()
    done = approval_decide(
        approval_id=approval.id, approve=True, staff=staff, actor=Actor.person(staff), now=timezone.now()
    )
    assert (done.state, Refund.objects.get().gross_minor) == ("done", 12_100)
    assert "To be sent" in olga.get(URL).content.decode()


def test_what_was_spent_meanwhile_does_not_go_back(credited: TopUp, olga: Client, staff: User) -> None:
    olga.post(f"{URL}{credited.id}/ask/", {"reason": "We are closing"})
    spend(credited, 100)
    done = approval_decide(
        approval_id=Approval.objects.get().id,
        approve=True,
        staff=staff,
        actor=Actor.person(staff),
        now=timezone.now(),
    )
    assert (done.state, Refund.objects.count()) == ("open", 0)
    assert "At most" in done.refusal


def test_a_request_says_why(credited: TopUp, olga: Client, staff: User) -> None:
    answer = olga.post(f"{URL}{credited.id}/ask/", {"reason": ""})
    assert (answer.status_code, Approval.objects.count()) == (400, 0)
    assert "3 to 200" in answer.content.decode()


def test_others_ask_for_nothing(credited: TopUp, topups: TopUps) -> None:
    outsider = Client()
    outsider.force_login(User.objects.create_user("eve@elsewhere.example"))
    assert outsider.get(URL).status_code == 404
    viewer = User.objects.create_user("vera@acme.example")
    Membership.objects.create(organisation=topups.world.acme, user=viewer, role="viewer")
    client = topups.world.client(viewer)
    assert client.post(f"{URL}{credited.id}/ask/", {"reason": "Please"}).status_code == 403
    assert not Approval.objects.exists()


def test_an_unpaid_topup_has_nothing_to_ask_for(opened: TopUp, olga: Client) -> None:
    assert "No refunds" in olga.get(URL).content.decode()
    assert olga.post(f"{URL}{opened.id}/ask/", {"reason": "Please"}).status_code == 404
