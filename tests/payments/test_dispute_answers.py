"""Disputes from the staff's side: the row, the evidence, the answer, and what refunds have to do with them."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.models import Reversal
from apps.billing.selectors import wallet
from apps.core.errors import Conflict
from apps.core.models import Mail
from apps.ledger.selectors import balance
from apps.organisations.models import AuditEvent
from apps.organisations.services import Actor
from apps.payments import services
from apps.payments.models import Dispute, Refund, TopUp
from apps.payments.services.answers import AnswerInvalid
from apps.users.models import User
from tests.checkout import Checkout
from tests.payments.topups import TopUps, handled

LIST = "/admin/payments/dispute/"


@pytest.fixture
def sam(db: None) -> User:
    return User.objects.create_superuser("sam@nosana-web.example")


@pytest.fixture
def staff(sam: User) -> Client:
    client = Client()
    client.force_login(sam)
    return client


@pytest.fixture
def dispute(disputed: TopUp, checkout: Checkout) -> Dispute:
    """A dispute that we have heard of."""
    handled(checkout.events_of(disputed.payment_intent or "", "charge.dispute.created")[-1])
    return Dispute.objects.select_related("topup__quote", "topup__user", "organisation").get()


def actor(user: User) -> Actor:
    return Actor(kind=AuditEvent.Kind.STAFF, user=user)


def answer(dispute: Dispute, user: User, words: str = "winning_evidence", **later: float) -> Dispute:
    return services.dispute_answer(
        dispute_id=dispute.id, statement=words, actor=actor(user), now=timezone.now() + timedelta(**later)
    )


def test_a_dispute_has_its_deadline_and_waits_for_an_answer(dispute: Dispute, staff: Client) -> None:
    assert (dispute.status, dispute.evidence) == ("needs_response", "none")
    assert dispute.due_at is not None
    assert dispute.due_at > timezone.now() + timedelta(days=6)
    listed = staff.get(LIST, {"answer": "waits"}).content.decode()
    assert dispute.dispute_id in listed
    assert "Taken back; our answer is awaited" in listed
    assert AuditEvent.objects.filter(act="dispute.opened").count() == 1


def test_the_evidence_is_one_file_with_all_that_speaks_for_the_payment(
    dispute: Dispute, staff: Client, drain: Any
) -> None:
    drain()
    response = staff.get(f"{LIST}{dispute.id}/evidence.zip")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = set(archive.namelist())
        assert {"evidence.pdf", "terms.csv", "activity.csv", "ledger.csv", "usage.csv", "jobs.csv"} <= names
        assert any(name.startswith("invoice-") for name in names)
        assert archive.read("evidence.pdf").startswith(b"%PDF")
        assert "settled by transaction" in archive.read("jobs.csv").decode()


def test_an_answer_is_handed_in_once_and_may_win(
    dispute: Dispute, sam: User, checkout: Checkout, drain: Any
) -> None:
    for _ in range(2):
        answer(dispute, sam)
    drain()
    dispute.refresh_from_db()
    assert (dispute.evidence, dispute.status, dispute.submitted_by) == ("submitted", "won", sam)
    told = checkout.dispute(dispute.topup.payment_intent or "")
    assert told["evidence_details"]["submission_count"] == 1
    assert told["evidence"]["service_documentation"].startswith("file_")
    assert told["evidence"]["receipt"].startswith("file_")
    handled(checkout.events_of(dispute.topup.payment_intent or "", "charge.dispute.closed")[-1])
    assert wallet(dispute.organisation_id).available_micro == dispute.topup.quote.credits_micro
    with pytest.raises(Conflict, match="one answer"):
        answer(dispute, sam, "Once more, please.")


def test_losing_evidence_loses(dispute: Dispute, sam: User, staff: Client, checkout: Checkout, drain: Any) -> None:
    answer(dispute, sam, "losing_evidence")
    drain()
    handled(checkout.events_of(dispute.topup.payment_intent or "", "charge.dispute.closed")[-1])
    assert Reversal.objects.get().state == "done"
    page = staff.get(f"{LIST}{dispute.id}/change/").content.decode()
    assert "Lost: the bank keeps the money. Our answer was handed in by" in page
    assert "the bank decides" not in page


def test_a_crash_after_it_was_handed_in_hands_nothing_in_again(
    dispute: Dispute, sam: User, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(dispute, sam, "A statement that decides nothing.")

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("apps.payments.services.answers._end", die)
        with pytest.raises(SystemExit):
            services.answer_send(dispute_id=dispute.id, now=timezone.now())
    services.answer_send(dispute_id=dispute.id, now=timezone.now())
    dispute.refresh_from_db()
    assert (dispute.evidence, dispute.status) == ("submitted", "under_review")


@pytest.mark.parametrize("words", ["", "short"])
def test_an_answer_has_words(dispute: Dispute, sam: User, words: str) -> None:
    with pytest.raises(AnswerInvalid):
        answer(dispute, sam, words)


def test_after_the_deadline_there_is_no_answer(dispute: Dispute, sam: User) -> None:
    with pytest.raises(Conflict, match="deadline"):
        answer(dispute, sam, days=8)


def test_staff_answer_on_the_disputes_page(dispute: Dispute, staff: Client) -> None:
    url = f"{LIST}{dispute.id}/change/"
    assert "Say in 10 to" in staff.post(url, {"statement": "x"}).content.decode()
    assert staff.post(url, {"statement": "The customer used every credit."}).status_code == 302
    dispute.refresh_from_db()
    assert (dispute.evidence, dispute.statement) == ("wanted", "The customer used every credit.")


def test_those_who_may_only_look_answer_nothing(dispute: Dispute) -> None:
    client = Client()
    client.force_login(User.objects.create_user("viewer@nosana-web.example", is_staff=True))
    assert client.get(f"{LIST}{dispute.id}/evidence.zip").status_code == 403
    assert client.post(f"{LIST}{dispute.id}/change/", {"statement": "Not mine to say."}).status_code == 403


def test_an_inquiry_is_told_and_freezes_nothing(topups: TopUps, checkout: Checkout) -> None:
    topup = topups.opened()
    checkout.pay(topup.checkout_url, "4000000000001976")
    handled(checkout.events(topup.id)["checkout.session.completed"])
    topup.refresh_from_db()
    for _ in range(2):
        handled(checkout.events_of(topup.payment_intent or "", "charge.dispute.created")[-1])
    assert Dispute.objects.get().status == "warning_needs_response"
    assert not Reversal.objects.exists()
    assert {mail.subject for mail in Mail.objects.filter(key__startswith="inquiry:")} == {
        "A bank asks about a top-up of Acme"
    }


def test_all_of_a_payment_may_be_disputed_after_a_part_was_refunded(
    credited: TopUp, checkout: Checkout, sam: User
) -> None:
    charge = checkout.refund(credited.payment_intent or "", 4_000)["charge"]
    checkout.dispute_open(charge, amount=12_100)
    event = checkout.events_of(credited.payment_intent or "", "charge.dispute.created")[-1]
    assert handled(event).parked_reason == ""
    reversals = {row.kind: row for row in Reversal.objects.all()}
    assert (reversals["refund"].gross_minor, reversals["refund"].state) == (4_000, "done")
    assert (reversals["dispute"].gross_minor, reversals["dispute"].excess_minor) == (8_100, 4_000)
    assert balance("disputed:EUR") == 12_100


def test_a_refund_that_was_not_sent_ends_when_its_payment_is_disputed(
    credited: TopUp, checkout: Checkout, sam: User
) -> None:
    refund = services.refund_want(
        topup_id=credited.id, gross_minor=4_000, reason="Asked for", actor=actor(sam), now=timezone.now()
    )
    charge = checkout.refund(credited.payment_intent or "", 1_000)["charge"]
    checkout.dispute_open(charge, amount=11_100)
    handled(checkout.events_of(credited.payment_intent or "", "charge.dispute.created")[-1])
    refund.refresh_from_db()
    assert (refund.state, Reversal.objects.get(key=refund.key).state) == ("failed", "undone")
    assert Reversal.objects.get(kind="dispute").gross_minor == 11_100
    services.refund_send(refund_id=refund.id, now=timezone.now())
    assert Refund.objects.filter(state="succeeded").count() == 1
