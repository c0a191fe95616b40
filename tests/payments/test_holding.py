"""A payment that Radar thinks risky waits for staff; its credits come once, or its money goes back."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django import Settings

from apps.billing.models import CreditNote, Invoice, InvoiceDue, Lot
from apps.billing.selectors import wallet
from apps.core.errors import AppError, Conflict, Denied
from apps.core.models import Mail
from apps.ledger.models import Account, Entry
from apps.organisations.models import Approval, AuditEvent, Organisation
from apps.organisations.services import Actor, approval_decide
from apps.payments.models import Refund, TopUp
from apps.payments.selectors import held_minor
from apps.payments.services import auto_top_up, topup_release, topup_return
from apps.users.models import User
from tests.payments.automatic import Automatic
from tests.payments.topups import TopUps, handled, state

pytestmark = pytest.mark.django_db
COMPLETED, RISKY, RISKIEST = "checkout.session.completed", "4000000000009235", "4000000000004954"


def pay(topups: TopUps, card: str = RISKY) -> TopUp:
    """Return a top-up that was paid with that card, and of which we have heard."""
    topup = topups.opened()
    topups.checkout.pay(topup.checkout_url, card)
    handled(topups.checkout.events(topup.id)[COMPLETED])
    topup.refresh_from_db()
    return topup


@pytest.fixture
def held(topups: TopUps) -> TopUp:
    return pay(topups)


@pytest.fixture
def sam() -> User:
    return User.objects.create_superuser("sam@nosana-web.example", name="Sam")


def acts(user: User) -> dict[str, Any]:
    return {"reason": "Looked at it", "actor": Actor(kind="staff", user=user), "now": timezone.now()}


def credits(topup: TopUp) -> int:
    return wallet(topup.organisation_id).available_micro


@pytest.mark.parametrize(("card", "level"), [(RISKY, "elevated (68 of 99)"), (RISKIEST, "highest (91 of 99)")])
def test_a_risky_payment_is_held_before_its_credits(topups: TopUps, card: str, level: str) -> None:
    topup = pay(topups, card)
    assert topup.state == "held"
    assert topup.held_reason == f"Radar rates the risk of this payment as {level}."
    assert (credits(topup), Lot.objects.count(), InvoiceDue.objects.count()) == (0, 0, 0)
    assert held_minor() == {"EUR": 12_100}
    told = Mail.objects.filter(key__startswith=f"topup:{topup.id}:").order_by("key").values_list("to", flat=True)
    assert list(told) == ["operations@nosana-web.example", "olga@acme.example"]


def test_what_is_paid_while_the_organisation_is_frozen_waits_for_a_person(topups: TopUps) -> None:
    topup = topups.opened()
    Organisation.objects.update(frozen_at=timezone.now())
    topups.checkout.pay(topup.checkout_url, "4242424242424242")
    handled(topups.checkout.events(topup.id)[COMPLETED])
    assert state(topup) == "held"
    assert Lot.objects.count() == 0
    assert auto_top_up(organisation_id=topup.organisation_id, now=timezone.now()) is None


def test_a_card_of_many_organisations_is_held(topups: TopUps, settings: Settings) -> None:
    first = pay(topups, "4242424242424242")
    assert first.state == "paid"
    for number in range(2):
        other = type(first.organisation).objects.create(name=f"Other {number}", slug=f"other-{number}")
        quote = topups.quote()
        TopUp.objects.create(
            organisation=other, user=topups.world.xena, quote=quote, fingerprint=first.fingerprint
        )
    second = pay(topups, "4242424242424242")
    assert (second.state, second.held_reason) == (
        "held",
        "The same card was used for 3 organisations within a day.",
    )


def test_released_its_credits_come_once(held: TopUp, sam: User) -> None:
    topup_release(topup_id=held.pk, **acts(sam))
    assert (state(held), credits(held)) == ("paid", held.quote.credits_micro)
    assert (held.released_by_id, InvoiceDue.objects.count(), held_minor()) == (sam.pk, 1, {})
    assert AuditEvent.objects.get(act="topup.released").actor_kind == "staff"
    with pytest.raises(Conflict, match="somebody decided before"):
        topup_release(topup_id=held.pk, **acts(sam))
    assert credits(held) == held.quote.credits_micro


def test_news_of_a_held_payment_neither_credit_it_nor_tell_again(held: TopUp, topups: TopUps) -> None:
    mails = Mail.objects.count()
    handled(topups.checkout.events(held.id)[COMPLETED] | {"id": "evt_again"})
    assert (state(held), credits(held), Mail.objects.count()) == ("held", 0, mails)


def test_sent_back_its_credits_can_never_be_spent(held: TopUp, sam: User) -> None:
    refund = topup_return(topup_id=held.pk, **acts(sam))
    assert (state(held), credits(held), refund.gross_minor) == ("paid", 0, 12_100)
    assert AuditEvent.objects.filter(act="topup.returned").count() == 1
    with pytest.raises(Conflict):
        topup_return(topup_id=held.pk, **acts(sam))
    assert Refund.objects.count() == 1
    assert not Invoice.objects.exists()  # it is numbered later, as ever, with its credit note


def test_sent_back_it_has_an_invoice_and_a_credit_note_of_all_of_it_and_owes_no_vat(
    held: TopUp, sam: User, drain: Callable[[], int]
) -> None:
    topup_return(topup_id=held.pk, **acts(sam))
    drain()
    invoice, note = Invoice.objects.get(), CreditNote.objects.get()
    assert note.invoice == invoice
    assert [(one.net_minor, one.vat_minor, one.total_minor) for one in (invoice, note)] == [
        (10_000, 2_100, 12_100)
    ] * 2
    assert Refund.objects.get().state == "succeeded"
    vat = Account.objects.get(code="vat:EUR")
    assert Entry.objects.filter(account=vat).aggregate(due=Sum("amount"))["due"] == 0


def test_a_large_payment_takes_two(held: TopUp, sam: User, settings: Settings) -> None:
    settings.TOPUP_STAFF_ALONE_MINOR = 9_999
    sue = User.objects.create_superuser("sue@nosana-web.example", name="Sue")
    asked = topup_release(topup_id=held.pk, **acts(sam))
    assert isinstance(asked, Approval)
    assert (state(held), credits(held)) == ("held", 0)
    decide = {"approval_id": asked.pk, "approve": True, "now": timezone.now()}
    with pytest.raises(Denied):
        approval_decide(actor=Actor.person(sam), staff=sam, **decide)
    approval_decide(actor=Actor(kind="staff", user=sue), staff=sue, **decide)
    assert (state(held), credits(held)) == ("paid", held.quote.credits_micro)


def test_a_dispute_of_a_held_payment_is_booked_like_any_other(topups: TopUps, held: TopUp) -> None:
    charge = topups.checkout.intents(held.id)[0]["latest_charge"]
    dispute = topups.checkout.dispute_open(charge, amount=12_100)
    handled(topups.checkout.events_about(dispute["id"], "charge.dispute.created")[0])
    assert (state(held), credits(held)) == ("paid", 0)


@pytest.mark.parametrize("act", [topup_release, topup_return])
def test_only_staff_with_the_right_and_a_reason_decide(held: TopUp, sam: User, act: Any) -> None:
    helper = User.objects.create_user("helper@nosana-web.example", is_staff=True)
    for person in (helper, held.user):
        with pytest.raises(Denied):
            act(topup_id=held.pk, **acts(person))
    with pytest.raises(AppError, match="Say why"):
        act(topup_id=held.pk, **acts(sam) | {"reason": "  "})
    with pytest.raises(AppError, match="no such top-up"):
        act(topup_id=uuid.uuid4(), **acts(sam))
    assert (state(held), credits(held)) == ("held", 0)


def test_the_pages_tell_the_customer_and_let_staff_decide(topups: TopUps, held: TopUp, sam: User) -> None:
    page = topups.world.client(topups.world.olga).get(f"/o/acme/billing/top-ups/{held.pk}/")
    if page.status_code == 404:
        page = topups.world.client(topups.world.olga).get(held_path(held))
    assert "one of us looks at it" in page.content.decode()
    client = topups.world.client(sam)
    form = {"action": "release", "_selected_action": str(held.pk), "reason": "Called them"}
    answer = client.post("/admin/payments/topup/", form, follow=True)
    assert "is released" in answer.content.decode()
    assert state(held) == "paid"


def held_path(topup: TopUp) -> str:
    from apps.payments.services import topup_path  # noqa: PLC0415

    return topup_path(topup)


def test_while_one_is_held_no_other_begins_by_itself(automatic: Automatic) -> None:
    rule = automatic.rule()
    quote = automatic.topups.quote()
    facts = {"state": "held", "held_reason": "x", "payment_intent": "pi_held", "paid_at": timezone.now()}
    TopUp.objects.create(
        organisation=quote.organisation,
        user=automatic.world.olga,
        quote=quote,
        automatic=True,
        card=rule.card,
        closed_at=timezone.now(),
        **facts,
    )
    assert auto_top_up(organisation_id=quote.organisation_id, now=timezone.now()) is None
