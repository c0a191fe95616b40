"""Refunds that we make: wanted once, sent once, booked once, whatever dies or is told twice."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from apps.billing.errors import ReversalRefused
from apps.billing.models import CreditNoteDue, Reversal
from apps.billing.selectors import wallet
from apps.billing.services import hold_settle
from apps.core.errors import Conflict, NotFound
from apps.core.models import Mail, Message
from apps.core.wiring import announce
from apps.ledger.selectors import balance
from apps.organisations.models import Approval, AuditEvent
from apps.organisations.services import Actor, approval_decide
from apps.organisations.services.approvals import NobodyToApprove
from apps.payments import services
from apps.payments.models import Refund, TopUp
from apps.payments.services.refunding import RefundInvalid
from apps.payments.sweeps import refunds_sweep
from apps.users.models import User
from tests.billing.money import CREDIT, hold
from tests.checkout import Checkout
from tests.ledger.threads import at_once
from tests.payments.topups import TopUps, handled

WHY = "The customer asked for it"


@pytest.fixture
def staff(db: None) -> list[User]:
    """Two people of the platform."""
    return [User.objects.create_superuser(f"{name}@nosana-web.example") for name in ("sam", "sue")]


def actor(user: User) -> Actor:
    return Actor(kind=AuditEvent.Kind.STAFF, user=user)


def start(topup: TopUp, user: User, gross: int | None = None) -> Refund | Approval:
    return services.refund_start(
        topup_id=topup.id, gross_minor=gross, reason=WHY, actor=actor(user), now=timezone.now()
    )


def wanted(topup: TopUp, user: User, gross: int | None = None) -> Refund:
    made = start(topup, user, gross)
    assert isinstance(made, Refund)
    return made


def send(refund: Refund, **later: float) -> Refund:
    services.refund_send(refund_id=refund.id, now=timezone.now() + timedelta(**later))
    refund.refresh_from_db()
    return refund


def spend(topup: TopUp, credits: int) -> None:
    now = timezone.now()
    hold(topup.organisation, credits, source="job:1:1", now=now)
    hold_settle(source="job:1:1", network_micro=credits * CREDIT, platform_fee_micro=0, seconds=1, now=now)


def paid_with(topups: TopUps, checkout: Checkout, card: str) -> TopUp:
    topup = topups.opened()
    checkout.pay(topup.checkout_url, card)
    handled(checkout.events(topup.id)["checkout.session.completed"])
    topup.refresh_from_db()
    return topup


def test_all_that_is_unspent_goes_back_by_default(
    credited: TopUp, checkout: Checkout, staff: list[User], drain: Any
) -> None:
    refund = wanted(credited, staff[0])
    assert (wallet(credited.organisation_id).available_micro, refund.gross_minor) == (0, 12_100)
    assert checkout.refunds(credited.payment_intent or "") == []  # nothing is sent in the transaction
    drain()
    refund.refresh_from_db()
    assert (refund.state, Reversal.objects.get().state, CreditNoteDue.objects.count()) == ("succeeded", "done", 1)
    (made,) = checkout.refunds(credited.payment_intent or "")
    assert (made["amount"], made["metadata"]["refund_id"]) == (12_100, str(refund.id))
    subjects = set(Mail.objects.values_list("subject", flat=True))
    assert "€121.00 go back to Acme" in subjects
    assert any("credit note" in subject.lower() for subject in subjects)
    acts = list(AuditEvent.objects.filter(subject=refund.key).order_by("id").values_list("act", flat=True))
    assert acts == ["refund.wanted", "refund.sent"]


def test_after_spending_the_unspent_share_goes_back_at_the_lots_own_price(
    credited: TopUp, staff: list[User]
) -> None:
    spend(credited, 100)
    refund = send(wanted(credited, staff[0]))
    left = credited.quote.credits_micro - 100 * CREDIT
    assert refund.gross_minor == 12_100 * left // credited.quote.credits_micro
    # in whole cents the unspent share is a little less than the credits: what is left is worth less than one cent
    assert wallet(credited.organisation_id).available_micro < credited.quote.credits_micro // 12_100


def test_parts_may_go_back_until_nothing_is_left(credited: TopUp, staff: list[User]) -> None:
    for _ in range(2):
        send(wanted(credited, staff[0], 4_000))
    send(wanted(credited, staff[0]))
    with pytest.raises(RefundInvalid, match="unspent"):
        start(credited, staff[0])
    assert sum(Refund.objects.values_list("gross_minor", flat=True)) == 12_100
    assert wallet(credited.organisation_id).available_micro == 0


@pytest.mark.parametrize("gross", [0, -5])
def test_nothing_is_no_refund(credited: TopUp, staff: list[User], gross: int) -> None:
    with pytest.raises(RefundInvalid, match="above 0"):
        start(credited, staff[0], gross)


@pytest.mark.parametrize("why", ["", "no", "x" * 201])
def test_a_refund_says_why(credited: TopUp, staff: list[User], why: str) -> None:
    with pytest.raises(RefundInvalid, match="3 to 200"):
        services.refund_start(
            topup_id=credited.id, gross_minor=None, reason=why, actor=actor(staff[0]), now=timezone.now()
        )


def test_only_a_paid_topup_is_refunded(opened: TopUp, staff: list[User]) -> None:
    for topup_id in (opened.id, uuid.uuid4()):
        with pytest.raises(NotFound):
            services.refund_start(
                topup_id=topup_id, gross_minor=None, reason=WHY, actor=actor(staff[0]), now=timezone.now()
            )


def test_more_than_is_unspent_needs_a_second_person_of_the_platform(
    credited: TopUp, checkout: Checkout, staff: list[User], drain: Any
) -> None:
    spend(credited, 200)
    approval = start(credited, staff[0], 12_100)
    assert isinstance(approval, Approval)
    assert not Refund.objects.exists()
    now = timezone.now()
    with pytest.raises(Exception, match="your own request"):
        approval_decide(approval_id=approval.id, approve=True, staff=staff[0], actor=actor(staff[0]), now=now)
    done = approval_decide(approval_id=approval.id, approve=True, staff=staff[1], actor=actor(staff[1]), now=now)
    refund = Refund.objects.get()
    assert (done.state, done.outcome) == ("done", refund.key)
    assert checkout.refunds(credited.payment_intent or "") == []
    drain()
    refund.refresh_from_db()
    assert (refund.state, Reversal.objects.get().spent_micro) == ("succeeded", 200 * CREDIT)


def test_alone_nobody_gives_more_than_is_unspent(credited: TopUp, staff: list[User]) -> None:
    spend(credited, 200)
    staff[1].delete()
    with pytest.raises(NobodyToApprove):
        start(credited, staff[0], 12_100)
    with pytest.raises(ReversalRefused, match="At most"):
        services.refund_want(
            topup_id=credited.id, gross_minor=12_100, reason=WHY, actor=actor(staff[0]), now=timezone.now()
        )
    assert not Refund.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_members_of_staff_at_once_give_back_once(credited: TopUp, staff: list[User]) -> None:
    outcomes = at_once(2, lambda index: start(credited, staff[index]).state)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(refusal) for refusal in refused] in ([ReversalRefused], [RefundInvalid])
    assert (Refund.objects.count(), Reversal.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_refund_sent_by_many_workers_at_once_is_made_once(
    credited: TopUp, checkout: Checkout, staff: list[User]
) -> None:
    refund = wanted(credited, staff[0], 5_000)
    at_once(6, lambda _: services.refund_send(refund_id=refund.id, now=timezone.now()))
    for _ in range(2):  # whoever met a twin under way tries again, as its message does
        send(refund)
    assert (refund.state, len(checkout.refunds(credited.payment_intent or ""))) == ("succeeded", 1)
    assert Reversal.objects.get().gross_minor == 5_000


def test_a_crash_between_stripes_answer_and_our_row_changes_nothing(
    credited: TopUp, checkout: Checkout, staff: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = wanted(credited, staff[0])

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("apps.payments.services.refunding.refund_apply", die)
        with pytest.raises(SystemExit):
            send(refund)
    assert (Refund.objects.get().state, Reversal.objects.get().state) == ("wanted", "open")
    send(refund)
    assert (refund.state, len(checkout.refunds(credited.payment_intent or ""))) == ("succeeded", 1)
    assert Reversal.objects.get().state == "done"


def test_an_answer_that_was_lost_is_got_again_with_the_key(
    credited: TopUp, checkout: Checkout, staff: list[User]
) -> None:
    refund = wanted(credited, staff[0])
    checkout.faults(lose_answers=1)
    assert send(refund).state == "succeeded"
    assert len(checkout.refunds(credited.payment_intent or "")) == 1


def test_stripes_own_news_may_come_before_our_answer(
    credited: TopUp, checkout: Checkout, staff: list[User]
) -> None:
    refund = wanted(credited, staff[0])
    made = services.refunding._create(refund)
    handled(checkout.events_about(made.id, "refund.created")[0])
    refund.refresh_from_db()
    assert (refund.state, refund.stripe_refund_id) == ("succeeded", made.id)
    send(refund)
    assert Refund.objects.count() == 1


def test_after_a_day_a_refund_is_only_looked_up(credited: TopUp, checkout: Checkout, staff: list[User]) -> None:
    refund = wanted(credited, staff[0])
    made = services.refunding._create(refund)
    Refund.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    assert (send(refund).state, refund.stripe_refund_id) == ("succeeded", made.id)
    assert len(checkout.refunds(credited.payment_intent or "")) == 1


def test_one_that_is_not_there_after_a_day_waits_for_a_person(
    credited: TopUp, checkout: Checkout, staff: list[User]
) -> None:
    refund = wanted(credited, staff[0])
    with pytest.raises(Conflict, match="waits for a person"):
        services.refund_give_up(refund_id=refund.id, actor=actor(staff[0]), now=timezone.now())
    Refund.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    assert "no such refund" in send(refund).parked_reason
    assert checkout.refunds(credited.payment_intent or "") == []
    given_up = services.refund_give_up(refund_id=refund.id, actor=actor(staff[0]), now=timezone.now())
    assert (given_up.state, Reversal.objects.get().state) == ("failed", "undone")
    assert wallet(credited.organisation_id).available_micro == credited.quote.credits_micro


def test_what_stripe_refuses_frees_the_credits(disputed: TopUp, staff: list[User]) -> None:
    refund = wanted(disputed, staff[0])  # we have not heard of the dispute yet
    assert (send(refund).state, "charged back" in refund.failure) == ("failed", True)
    assert wallet(disputed.organisation_id).available_micro == disputed.quote.credits_micro
    assert not Mail.objects.filter(key__startswith="refund:").exists()


def test_the_sweep_sends_what_an_interruption_left(credited: TopUp, staff: list[User]) -> None:
    refund = wanted(credited, staff[0])
    Message.objects.all().delete()
    assert refunds_sweep(now=timezone.now()) == 0
    Refund.objects.update(created_at=F("created_at") - timedelta(minutes=11))
    assert refunds_sweep(now=timezone.now()) == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded"


def test_a_refund_that_breaks_the_sweep_stops_no_other(
    topups: TopUps, checkout: Checkout, credited: TopUp, staff: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = wanted(credited, staff[0]), wanted(paid_with(topups, checkout, "4242424242424242"), staff[0])
    Refund.objects.update(created_at=F("created_at") - timedelta(minutes=11))

    def sent(*, refund_id: uuid.UUID, now: datetime) -> None:
        if refund_id == broken.id:
            raise ValueError("an answer of Stripe's that nobody foresaw")
        services.refund_send(refund_id=refund_id, now=now)

    monkeypatch.setattr("apps.payments.sweeps.refund_send", sent)
    assert refunds_sweep(now=timezone.now()) == 2
    other.refresh_from_db()
    assert other.state == "succeeded"


def test_a_refund_on_its_way_is_booked_and_told_and_then_arrives(
    topups: TopUps, checkout: Checkout, staff: list[User]
) -> None:
    topup = paid_with(topups, checkout, "4000000000007726")
    refund = send(wanted(topup, staff[0]))
    assert (refund.state, Reversal.objects.get().state) == ("pending", "done")
    checkout.settle_refund(refund.stripe_refund_id or "", "succeeded")
    handled(checkout.events_about(refund.stripe_refund_id or "", "refund.updated")[-1])
    handled(checkout.events_about(refund.stripe_refund_id or "", "refund.created")[-1])
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert Mail.objects.filter(key__startswith="refund:").count() == 1


def test_a_refund_that_bounces_is_owed_until_it_is_paid_another_way(
    topups: TopUps, checkout: Checkout, staff: list[User]
) -> None:
    topup = paid_with(topups, checkout, "4000000000005126")
    refund = send(wanted(topup, staff[0]))
    checkout.settle_refund(refund.stripe_refund_id or "", "failed")
    for kind in ("refund.failed", "refund.created", "refund.updated"):
        handled(checkout.events_about(refund.stripe_refund_id or "", kind)[-1])
    refund.refresh_from_db()
    assert (refund.state, refund.owed, balance("refunds-due:EUR")) == ("failed", True, -12_100)
    assert Mail.objects.filter(subject="A refund to Acme did not arrive").exists()
    with pytest.raises(RefundInvalid):
        services.refund_pay(refund_id=refund.id, reference=" ", actor=actor(staff[0]), now=timezone.now())
    for _ in range(2):
        services.refund_pay(refund_id=refund.id, reference="SEPA 77", actor=actor(staff[0]), now=timezone.now())
    assert (balance("refunds-due:EUR"), balance("bank:EUR")) == (0, -12_100)
    with pytest.raises(Conflict, match="Nothing of this refund is owed"):
        services.refund_pay(refund_id=refund.id, reference="again", actor=actor(staff[0]), now=timezone.now())


def test_a_refund_made_at_stripe_gets_a_row_and_takes_no_reservation_of_ours(
    credited: TopUp, checkout: Checkout, staff: list[User]
) -> None:
    ours = wanted(credited, staff[0], 4_000)
    checkout.refund(credited.payment_intent or "", 4_000)
    handled(checkout.events_of(credited.payment_intent or "", "refund.created")[-1])
    foreign = Refund.objects.exclude(id=ours.id).get()
    assert (foreign.reason, foreign.state, foreign.made_by) == ("Made at Stripe", "succeeded", None)
    assert Reversal.objects.get(key=ours.key).state == "open"
    assert send(ours).state == "succeeded"
    assert sum(Reversal.objects.filter(state="done").values_list("gross_minor", flat=True)) == 8_000


def test_vat_that_is_owed_goes_back_once_and_takes_no_credits(
    credited: TopUp, checkout: Checkout, drain: Any
) -> None:
    for _ in range(2):
        announce("billing.vat_refund_due", topup_id=str(credited.id), currency="EUR", minor=2_100)
    drain()
    refund = Refund.objects.get()
    assert (refund.kind, refund.state, refund.gross_minor) == ("vat", "succeeded", 2_100)
    assert (balance("refunds-due:EUR"), Reversal.objects.exists()) == (2_100, False)
    assert len(checkout.refunds(credited.payment_intent or "")) == 1
    assert "VAT of that top-up" in Mail.objects.get(key__startswith="refund:").text
    assert wallet(credited.organisation_id).available_micro == credited.quote.credits_micro
    handled(checkout.events_of(credited.payment_intent or "", "charge.refunded")[-1])
    assert not Reversal.objects.exists()
