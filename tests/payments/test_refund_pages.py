"""Refunds as customers see them, and asking for what is unspent."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.billing.services import refund_looks, refund_offer
from apps.core.models import Mail
from apps.organisations.models import Approval, Membership
from apps.organisations.services import Actor, approval_decide
from apps.payments.models import Refund, TopUp
from apps.payments.models.disputes import STANDINGS
from apps.payments.services import refund_want
from apps.users.models import User
from tests.checkout import Checkout
from tests.payments.test_refunds import spend
from tests.payments.topups import TopUps, handled

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
    asked, told = (Mail.objects.get(key=f"approval:{done.pk}:{end}") for end in (f"1:{staff.pk}", "done"))
    assert f"/admin/organisations/approval/{done.pk}/change/" in asked.text
    assert told.text.count("Our team has approved") == 1
    assert staff.email not in told.text


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


def test_the_page_costs_the_same_however_much_can_go_back(
    topups: TopUps, checkout: Checkout, olga: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for many in (1, 4):
        while TopUp.objects.count() < many:
            topup = topups.paid()
            handled(checkout.events(topup.id)["checkout.session.completed"])
        refund = Refund(
            organisation=topups.world.acme, topup=topup, gross_minor=100, currency="EUR", reason="Twice"
        )
        refund.created_at, refund.stripe_refund_id, refund.state = timezone.now(), f"re_{many}", "succeeded"
        refund.save()
        olga.get(URL)
        with django_assert_num_queries(13):
            assert olga.get(URL).content.decode().count("Ask for it back") == many


def test_what_a_page_offers_is_what_can_be_refunded(topups: TopUps, checkout: Checkout, olga: Client) -> None:
    """Also when part of it is spent, or reserved for a refund."""
    made = [topups.paid() for _ in range(3)]
    for topup in made:
        handled(checkout.events(topup.id)["checkout.session.completed"])
    spend(made[0], 100)
    refund_want(topup_id=made[1].id, gross_minor=2_100, reason="Part", actor=Actor.system(), now=timezone.now())
    looks = refund_looks(topup_ids=[topup.id for topup in made])
    assert looks == {str(topup.id): refund_offer(topup_id=topup.id) for topup in made}
    assert looks[str(made[1].id)].gross_minor == 10_000


def test_a_dispute_is_shown_as_it_stands(
    disputed: TopUp, topups: TopUps, checkout: Checkout, olga: Client
) -> None:
    told = checkout.events_of(disputed.payment_intent or "", "charge.dispute.created")[-1]
    handled(told)
    page = olga.get(URL).content.decode()
    assert ("The bank says: fraudulent" in page, "we are answering" in page) == (True, True)
    checkout.decide(told["data"]["object"]["id"], "lost")
    handled(checkout.events_of(disputed.payment_intent or "", "charge.dispute.closed")[-1])
    assert "Lost: the bank keeps the money" in olga.get(URL).content.decode()


def test_every_word_of_stripe_for_a_dispute_has_ours() -> None:
    known = {"warning_closed", "warning_needs_response", "warning_under_review"}
    assert set(STANDINGS) == known | {"lost", "needs_response", "prevented", "under_review", "won"}
