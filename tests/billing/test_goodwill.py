"""Goodwill: staff give credits, and above the platform's limit a second person approves."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from apps.billing import chart
from apps.billing.models import Goodwill, Lot
from apps.billing.services import goodwill_give
from apps.core.errors import AppError, Denied, KeyReused
from apps.core.models import Mail
from apps.ledger.models import Account, Transfer
from apps.notifications.models import Event
from apps.notifications.words import notice_words
from apps.organisations.models import Approval, AuditEvent
from apps.organisations.models.organisations import Closed
from apps.organisations.services import Actor, approval_decide
from apps.organisations.services.approvals import NobodyToApprove
from apps.users.models import User
from tests.billing.money import CREDIT, NOW
from tests.ledger.threads import at_once
from tests.world import World

PAGE, APPROVALS = "/admin/billing/goodwill/", "/admin/organisations/approval/"


@pytest.fixture(autouse=True)
def _limit(settings: Any) -> None:
    settings.GOODWILL_LIMIT_CREDITS = 100


def staff_make(name: str, *rights: str) -> User:
    user = User.objects.create_user(f"{name}@nosana-web.example", name=name.capitalize(), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


@pytest.fixture
def sam(db: None) -> User:
    return staff_make("sam", "add_goodwill", "view_goodwill", "change_approval", "view_approval")


@pytest.fixture
def tim(db: None) -> User:
    return staff_make(
        "tim", "add_goodwill", "view_goodwill", "change_approval", "view_approval", "view_organisation"
    )


def give(world: World, by: User, credits: int, **more: Any) -> Goodwill:
    facts: dict[str, Any] = {
        "goodwill_id": uuid.uuid4(),
        "organisation_id": world.acme.pk,
        "micro": credits * CREDIT,
        "credit_days": 30,
        "reason": "A node was slow",
        "actor": Actor(kind="staff", user=by),
        "now": NOW,
    }
    return goodwill_give(**(facts | more))


def decide(goodwill: Goodwill, by: User, *, approve: bool = True) -> Approval:
    assert goodwill.approval_id
    actor = Actor(kind="staff", user=by)
    return approval_decide(approval_id=goodwill.approval_id, approve=approve, staff=by, actor=actor, now=NOW)


def available(world: World) -> int:
    return sum(Account.objects.filter(code=chart.available(world.acme.pk)).values_list("balance", flat=True))


def test_a_little_is_given_at_once_and_once_from_promotions(world: World, sam: User) -> None:
    facts = {"goodwill_id": uuid.uuid4()}
    first, again = (give(world, sam, 40, **facts) for _ in range(2))
    assert (first, available(world)) == (again, 40 * CREDIT)
    lot = Lot.objects.get()
    assert (lot.kind, lot.expires_at) == ("promotional", NOW + timedelta(days=30))
    legs = Transfer.objects.get().entries.values_list("account__code", "amount")
    assert (chart.PROMOTIONS, -40 * CREDIT) in list(legs)
    event = AuditEvent.objects.get(act="goodwill.given")
    assert (event.user, event.actor_kind, event.after["micro"]) == (sam, "staff", 40 * CREDIT)
    (told,) = Event.objects.filter(type="goodwill.given")
    assert notice_words(told)[0] == "Our staff gave you 40.00 credits"
    kept = str(event.after) + str(event.detail.content) + str(told.data)
    assert "slow" not in kept  # colleagues' words are not the customer's
    with pytest.raises(KeyReused):
        give(world, sam, 41, **facts)


def test_much_waits_for_a_colleague_who_is_asked_by_mail(world: World, sam: User, tim: User) -> None:
    goodwill = give(world, sam, 101)
    assert (goodwill.state, available(world)) == ("waiting", 0)
    assert Mail.objects.get().to == "tim@nosana-web.example"
    with pytest.raises(Denied, match="your own request"):
        decide(goodwill, sam)
    assert available(world) == 0
    done = decide(goodwill, tim)
    assert (done.state, done.outcome, available(world)) == ("done", f"goodwill:{goodwill.pk}", 101 * CREDIT)
    with pytest.raises(AppError, match="has approved this already"):
        decide(goodwill, tim)
    assert available(world) == 101 * CREDIT
    goodwill.refresh_from_db()
    assert goodwill.state == "given"


def test_many_little_gifts_lead_not_around_the_limit(world: World, sam: User, tim: User) -> None:
    assert give(world, sam, 60).lot
    assert give(world, sam, 40).lot
    assert give(world, sam, 1).lot is None
    assert give(world, tim, 1).lot  # another person has a limit of their own
    assert give(world, sam, 1, organisation_id=world.other.pk).lot
    assert give(world, sam, 100, now=NOW + timedelta(days=31)).lot


def test_denied_it_is_never_given(world: World, sam: User, tim: User) -> None:
    goodwill = give(world, sam, 200)
    assert decide(goodwill, tim, approve=False).state == "denied"
    goodwill.refresh_from_db()
    assert (goodwill.state, available(world)) == ("denied", 0)


def test_who_lost_the_right_meanwhile_gives_nothing(world: World, sam: User, tim: User) -> None:
    goodwill = give(world, sam, 200)
    sam.user_permissions.clear()
    assert decide(goodwill, tim).state == "failed"
    assert available(world) == 0


def test_an_organisation_that_closed_gets_nothing(world: World, sam: User, tim: User) -> None:
    goodwill = give(world, sam, 200)
    world.acme.closed_at = NOW
    world.acme.save()
    assert decide(goodwill, tim).state == "failed"
    with pytest.raises(Closed):
        give(world, sam, 1)
    assert available(world) == 0


def test_nobody_gives_without_the_right_or_much_without_a_colleague(world: World, sam: User) -> None:
    for nobody in (world.olga, staff_make("una")):
        nobody.is_superuser = False
        with pytest.raises(Denied):
            give(world, nobody, 1)
    User.objects.filter(is_staff=True).exclude(pk=sam.pk).delete()
    with pytest.raises(NobodyToApprove):
        give(world, sam, 101)
    assert not Goodwill.objects.exists()


@pytest.mark.parametrize(
    "more", [{"micro": 0}, {"micro": -1}, {"micro": 10**30}, {"credit_days": 0}, {"reason": " "}]
)
def test_what_makes_no_sense_is_refused(world: World, sam: User, more: dict[str, Any]) -> None:
    with pytest.raises(AppError):
        give(world, sam, 1, **more)
    assert not Goodwill.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_gifts_at_once_count_each_other(world: World, sam: User, tim: User) -> None:
    def act(_: int) -> bool:
        with transaction.atomic():
            return give(world, sam, 60).lot is not None

    assert sorted(at_once(2, act)) == [False, True]


def form(staff: Client, **more: str) -> str:
    body = {
        "organisation": "acme",
        "credits": "12.5",
        "credit_days": "",
        "reason": "A node was slow",
        "submission": str(uuid.uuid4()),
        **more,
    }
    return staff.post(PAGE + "add/", body, follow=True).content.decode()


def test_staff_give_by_page_and_a_colleague_decides_there(world: World, sam: User, tim: User) -> None:
    sams, tims, again = world.client(sam), world.client(tim), str(uuid.uuid4())
    for _ in range(2):
        assert "12.50 credits are given: Acme has them now" in form(sams, submission=again)
    link = re.search(
        r'href="([^"]*goodwill/add/[^"]*)"', tims.get(f"/admin/organisation/{world.acme.pk}/").content.decode()
    )
    assert link is not None
    assert 'value="acme"' in tims.get(link[1]).content.decode()
    assert available(world) == 12_500_000
    assert "Nothing is given yet" in form(sams, credits="500")
    body = {"action": "approve", "_selected_action": str(Approval.objects.get().pk)}
    assert "somebody else must decide" in sams.post(APPROVALS, body, follow=True).content.decode()
    assert "Approved" in tims.post(APPROVALS, body, follow=True).content.decode()
    assert available(world) == 512_500_000


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("organisation", "nowhere", "no organisation of this address"), ("credits", "0", "positive amount"),
     ("reason", "", "required"), ("submission", "x", "valid UUID")],
)  # fmt: skip
def test_a_form_that_makes_no_sense_gives_nothing(
    world: World, sam: User, field: str, value: str, sentence: str
) -> None:
    assert sentence in form(world.client(sam), **{field: value})
    assert not Goodwill.objects.exists()


def test_customers_and_staff_without_the_right_do_not_get_there(world: World) -> None:
    assert world.client(world.olga).get(PAGE + "add/").status_code == 302
    assert world.client(staff_make("una")).get(PAGE + "add/").status_code == 403
