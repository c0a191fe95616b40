"""Approvals: somebody asks, somebody else decides, and the act is done in that very transaction or not at all."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission as Right
from django.db import IntegrityError, transaction

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.models import Mail
from apps.organisations.models import Approval, AuditEvent, Membership, Organisation, Project
from apps.organisations.roles import Role
from apps.organisations.services import (
    Actor,
    approval_decide,
    approval_limits_set,
    approval_request,
    approval_withdraw,
    approvals,
    approvals_expire,
)
from apps.users.models import User
from nosana_web import wiring
from tests.ledger.threads import at_once
from tests.organisations import gifts
from tests.organisations.trail import NOW
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _gifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wiring.PORTS, gifts.PORT, [gifts.HERE])
    monkeypatch.setitem(wiring.PORTS, "approvals.goodwill", [gifts.HERE])


def member(world: World, user: User) -> Membership:
    return Membership.objects.select_related("organisation", "user").get(user=user, organisation=world.acme)


def asked(world: World, by: User | None = None, **more: Any) -> Approval:
    """Let Mia ask for a gift of 10."""
    user = by or world.mia
    facts = {"price": 10, "slug": "gift", "lines": [["Gift", "a box"]], **more.pop("facts", {})}
    terms = {
        "kind": "gift",
        "subject": "gift:1",
        "amount_micro": 10,
        "worst_case": "It costs at most 10.",
        "reason": "Birthday",
        "requester": member(world, user),
        "deadline": NOW + DAY,
    }
    return approval_request(
        organisation_id=world.acme.pk, facts=facts, actor=Actor.person(user), now=NOW, **{**terms, **more}
    )


def decided(world: World, approval: Approval, by: User, *, approve: bool = True, **more: Any) -> Approval:
    membership = Membership.objects.get(user=by)
    more = {"now": NOW, "actor": Actor.person(by), "membership": membership, **more}
    return approval_decide(approval_id=approval.pk, approve=approve, **more)


def gift_made() -> bool:
    return Project.objects.filter(slug="gift").exists()


def acts() -> list[str]:
    return list(
        AuditEvent.objects.filter(act__startswith="approval.").order_by("id").values_list("act", flat=True)
    )


def test_a_request_is_told_to_all_who_may_decide_and_an_approval_does_the_act(world: World) -> None:
    approval = asked(world)
    assert set(Mail.objects.values_list("to", flat=True)) == {"olga@acme.example", "adam@acme.example"}
    assert "a box" in Mail.objects.get(to="adam@acme.example").text
    done = decided(world, approval, world.adam, note="Nice")
    assert (done.state, done.decided_by) == ("done", world.adam)
    assert done.outcome == f"project:{Project.objects.get(slug='gift').pk}"
    assert "Adam has approved" in Mail.objects.get(to="mia@acme.example").text
    assert acts() == ["approval.requested", "approval.approved"]


def test_a_denial_does_nothing(world: World) -> None:
    assert decided(world, asked(world), world.olga, approve=False).state == "denied"
    assert not gift_made()
    assert "denied your request" in Mail.objects.get(to="mia@acme.example").text


def test_nobody_approves_their_own(world: World) -> None:
    approval = asked(world, by=world.adam)
    assert set(Mail.objects.values_list("to", flat=True)) == {"olga@acme.example"}
    for approve in (True, False):
        with pytest.raises(Denied, match="your own request"):
            decided(world, approval, world.adam, approve=approve)
    with pytest.raises(IntegrityError, match="approval_not_by_its_requester"), transaction.atomic():
        Approval.objects.update(decided_by=world.adam)
    assert not gift_made()


@pytest.mark.parametrize("name", ["bea", "mia", "victor"])
def test_a_role_that_may_not_decide_is_told_so(world: World, name: str) -> None:
    approval = asked(world, by=world.adam)
    with pytest.raises(Denied, match="to approve what others ask for it takes the role owner or admin"):
        decided(world, approval, getattr(world, name))
    assert (Approval.objects.get().state, gift_made()) == ("open", False)


def test_an_outsider_finds_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        decided(world, asked(world), world.xena)
    assert not gift_made()


def test_a_role_that_was_taken_away_meanwhile_decides_nothing(world: World) -> None:
    approval, membership = asked(world), member(world, world.adam)
    Membership.objects.filter(pk=membership.pk).update(role=Role.VIEWER)
    with pytest.raises(Denied):
        decided(world, approval, world.adam, membership=membership)
    assert not gift_made()


def test_a_second_decision_is_told_of_the_first(world: World) -> None:
    approval = asked(world)
    decided(world, approval, world.adam)
    for approve in (True, False):
        with pytest.raises(Conflict, match="Adam has approved this already"):
            decided(world, approval, world.olga, approve=approve)
    assert Approval.objects.get().decided_by == world.adam


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_other_reads_a_sentence() -> None:
    world = World.build()
    approval = asked(world)
    people = [world.adam, world.olga]
    results = at_once(2, lambda index: decided(world, approval, people[index], approve=True))
    assert sorted(type(result).__name__ for result in results) == ["Approval", "Conflict"]
    assert Project.objects.filter(slug="gift").count() == 1


def test_after_the_deadline_nothing_is_decided(world: World) -> None:
    approval = asked(world)
    with pytest.raises(Conflict, match="deadline has passed"):
        decided(world, approval, world.adam, now=NOW + DAY)
    assert (Approval.objects.get().state, gift_made()) == ("expired", False)


def test_what_nobody_decides_expires_once_and_the_requester_is_told(world: World) -> None:
    asked(world)
    assert [approvals_expire(now=NOW + hours) for hours in (DAY / 2, DAY, DAY)] == [0, 1, 0]
    assert "Nobody decided" in Mail.objects.get(to="mia@acme.example").text
    assert acts() == ["approval.requested", "approval.expired"]


def test_a_request_that_cannot_expire_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = asked(world), asked(world, subject="gift:2")
    told = approvals.mails_told

    def broken(approval: Approval, *args: Any, **more: Any) -> None:
        if approval.pk == first.pk:
            raise RuntimeError("broke")
        told(approval, *args, **more)

    monkeypatch.setattr(approvals, "mails_told", broken)
    assert approvals_expire(now=NOW + DAY) == 1
    assert [Approval.objects.get(pk=one.pk).state for one in (first, second)] == ["open", "expired"]


def test_an_act_that_became_dearer_asks_again_and_nothing_is_half_done(world: World) -> None:
    approval = asked(world, facts={"price": 12})
    again = decided(world, approval, world.adam)
    assert (again.state, again.round, again.amount_micro) == ("open", 2, 12)
    assert again.refusal == "The gift became dearer."
    assert not gift_made()
    assert Mail.objects.filter(to="olga@acme.example").count() == 2
    with pytest.raises(Conflict, match="since you looked: It costs at most 12"):
        decided(world, approval, world.olga, round=1)
    assert decided(world, approval, world.olga, round=2).state == "done"
    assert acts() == ["approval.requested", "approval.asked_again", "approval.approved"]


def test_an_act_that_cannot_be_done_now_stays_open_with_its_sentence(world: World) -> None:
    again = decided(world, asked(world, facts={"poor": True}), world.adam)
    assert (again.state, again.refusal, again.round) == ("open", "The balance is gone; top up first.", 1)
    assert not gift_made()


def test_an_act_that_can_never_be_done_ends_the_request(world: World) -> None:
    failed = decided(world, asked(world, facts={"never": True}), world.adam)
    assert (failed.state, failed.refusal, gift_made()) == ("failed", "The shop has closed.", False)


def test_the_requester_withdraws_and_nobody_else_does(world: World) -> None:
    approval = asked(world)
    with pytest.raises(Conflict, match="Only Mia can withdraw"):
        approval_withdraw(
            approval_id=approval.pk, membership=member(world, world.adam), actor=Actor.system(), now=NOW
        )
    for _ in range(2):
        approval_withdraw(
            approval_id=approval.pk, membership=member(world, world.mia), actor=Actor.system(), now=NOW
        )
    with pytest.raises(Conflict, match="Mia has withdrawn"):
        decided(world, approval, world.adam)
    assert acts() == ["approval.requested", "approval.withdrawn"]


def test_the_same_open_request_is_one_and_another_about_it_waits(world: World) -> None:
    assert asked(world) == asked(world)
    assert Mail.objects.count() == 2
    with pytest.raises(Conflict, match="waiting for its approval"):
        asked(world, facts={"price": 11})


def test_without_anybody_to_approve_the_request_is_refused(world: World) -> None:
    Membership.objects.filter(user=world.adam).update(role=Role.VIEWER)
    with pytest.raises(AppError, match="nobody else here may give one"):
        asked(world, by=world.olga)
    assert not Approval.objects.exists()


def test_too_long_a_reason_is_refused(world: World) -> None:
    with pytest.raises(AppError, match="1001 characters"):
        asked(world, reason="x" * 1001)


def test_odd_characters_are_tidied(world: World) -> None:
    assert asked(world, reason="a\x00b\n\ud800 c").reason == "a b ? c"


def test_a_kind_without_an_act_is_a_mistake_of_ours(world: World) -> None:
    with pytest.raises(ValueError, match="no act"):
        asked(world, kind="moon")


def test_goodwill_is_decided_by_staff_alone(world: World) -> None:
    sam, tim = (User.objects.create_user(f"{name}@nosana-web.example", name=name, is_staff=True) for name in "st")
    tim.user_permissions.add(Right.objects.get(codename="change_approval"))
    approval = goodwill(world, sam)
    assert list(Mail.objects.values_list("to", flat=True)) == [tim.email]
    with pytest.raises(NotFound):
        decided(world, approval, world.olga)
    with pytest.raises(Denied, match="your own"):
        approval_decide(approval_id=approval.pk, staff=sam, approve=True, actor=Actor.person(sam), now=NOW)
    done = approval_decide(approval_id=approval.pk, staff=tim, approve=True, actor=Actor("staff", tim), now=NOW)
    assert done.state == "done"
    assert AuditEvent.objects.get(act="approval.approved").actor_kind == "staff"


def test_staff_decide_nothing_that_is_the_organisation_s(world: World) -> None:
    sam = User.objects.create_user("sam@nosana-web.example", is_staff=True)
    with pytest.raises(Denied, match="the organisation's own"):
        approval_decide(approval_id=asked(world).pk, staff=sam, approve=True, actor=Actor("staff", sam), now=NOW)


def goodwill(world: World, sam: User) -> Approval:
    """Let Sam of the platform ask for credits for Acme."""
    return approval_request(
        organisation_id=world.acme.pk,
        kind="goodwill",
        subject="goodwill:1",
        amount_micro=10,
        worst_case="Acme gets 10.",
        reason="",
        requester=None,
        facts={"price": 10, "slug": "gift"},
        deadline=NOW + DAY,
        actor=Actor("staff", sam),
        now=NOW,
    )


def limits(world: World, user: User, job: int | None, cap: int | None = None) -> Organisation:
    membership = member(world, user)
    return approval_limits_set(
        membership=membership, job_micro=job, cap_micro=cap, actor=Actor.person(user), now=NOW
    )


def test_limits_are_set_by_owners_and_admins_and_told_once(world: World) -> None:
    for _ in range(2):
        assert limits(world, world.adam, 5).approval_job_micro == 5
    event = AuditEvent.objects.get(act="approval.limits_set")
    assert (event.before, event.after) == ({"approval_job_micro": None}, {"approval_job_micro": 5})
    with pytest.raises(Denied):
        limits(world, world.bea, None)
    for wrong in (-1, 10**16):
        with pytest.raises(AppError, match="between 0 and"):
            limits(world, world.olga, wrong)
    assert Organisation.objects.get(pk=world.acme.pk).approval_job_micro == 5


def test_a_decision_takes_a_fixed_number_of_statements(world: World, django_assert_num_queries: Any) -> None:
    approval = asked(world)
    with django_assert_num_queries(20):
        decided(world, approval, world.adam)
