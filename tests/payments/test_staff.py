"""Staff see what is parked, and may try it again."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.models import Message
from apps.organisations.models import Approval, Organisation
from apps.payments.models import Refund, StripeCustomer, StripeEvent, TopUp, TopUpRule
from apps.users.models import User
from tests.billing.money import hold
from tests.checkout import Checkout
from tests.payments.automatic import Automatic
from tests.payments.topups import handled


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@nosana-web.example"))
    return client


@pytest.fixture
def parked(paid: TopUp, checkout: Checkout, settings: Any) -> StripeEvent:
    """An event that came to the wrong environment."""
    settings.ENVIRONMENT = "staging"
    return handled(checkout.events(paid.id)["checkout.session.completed"])


def test_staff_find_the_parked_event_and_handle_it_again(staff: Client, parked: StripeEvent) -> None:
    url = "/admin/payments/stripeevent/?parked=yes"
    assert parked.event_id in staff.get(url).content.decode()
    Message.objects.all().delete()
    staff.post(url, {"action": "handle_again", "_selected_action": [str(parked.id)]})
    assert Message.objects.get().payload == {"event_id": parked.event_id}
    assert parked.event_id not in staff.get(url).content.decode()


def test_staff_let_stripe_be_asked_about_a_parked_topup_again(staff: Client, opened: TopUp) -> None:
    TopUp.objects.update(parked_reason="Odd.")
    url = "/admin/payments/topup/?parked=yes"
    assert str(opened.id) in staff.get(url).content.decode()
    staff.post(url, {"action": "ask_again", "_selected_action": [str(opened.id)]})
    assert not TopUp.objects.exclude(parked_reason="").exists()


@pytest.mark.parametrize("model", ["stripeevent", "topup"])
def test_nobody_edits_these_rows_by_hand(staff: Client, model: str) -> None:
    assert staff.get(f"/admin/payments/{model}/add/").status_code == 403


def test_members_do_not_get_in(topups: Any) -> None:
    assert topups.world.client(topups.world.olga).get("/admin/payments/topup/").status_code == 302


REFUNDS = "/admin/payments/refund/"


def form(paid: TopUp, **changes: str) -> dict[str, str]:
    """Return the refund form filled in."""
    return {"topup": str(paid.id), "amount": "", "reason": "Asked for", "submission": str(uuid.uuid4())} | changes


def test_staff_refund_a_topup_by_the_form_once(staff: Client, credited: TopUp) -> None:
    url = "/admin/payments/topup/"
    leads = staff.post(url, {"action": "refund", "_selected_action": [str(credited.id)]})
    assert leads.headers["location"] == f"{REFUNDS}add/?topup={credited.id}"
    page = " ".join(staff.get(leads.headers["location"]).content.decode().split())
    assert "<dt>Unspent, with VAT</dt><dd>€121.00</dd>" in page
    filled = form(credited, amount="40.00")
    for _ in range(2):
        assert staff.post(f"{REFUNDS}add/", filled).status_code == 302
    refund = Refund.objects.get()
    assert (str(refund.id), refund.gross_minor, refund.reason) == (filled["submission"], 4_000, "Asked for")
    assert "€40.00" in staff.get(REFUNDS).content.decode()
    assert staff.get(f"{REFUNDS}{refund.id}/change/").status_code == 200


def test_a_refund_beyond_what_is_unspent_leads_to_the_approvals(staff: Client, credited: TopUp) -> None:
    User.objects.create_superuser("second@nosana-web.example")
    hold(credited.organisation, 200, source="job:1:1", now=timezone.now())
    answer = staff.post(f"{REFUNDS}add/", form(credited, amount="121.00"))
    assert answer.headers["location"] == "/admin/organisations/approval/"
    assert (Approval.objects.get().kind, Refund.objects.count()) == ("refund", 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"reason": ""}, "required"), ({"amount": "900"}, "is left"), ({"topup": str(uuid.uuid4())}, "no such paid")],
)
def test_a_wrong_refund_is_said_on_the_form(
    staff: Client, credited: TopUp, changes: dict[str, str], words: str
) -> None:
    User.objects.create_superuser("second@nosana-web.example")
    answer = staff.post(f"{REFUNDS}add/", form(credited, **changes))
    assert (answer.status_code, Refund.objects.count(), Approval.objects.count()) == (200, 0, 0)
    assert words in answer.content.decode()


def test_staff_note_that_a_bounced_refund_was_paid_another_way(staff: Client, credited: TopUp) -> None:
    staff.post(f"{REFUNDS}add/", form(credited))
    Refund.objects.update(state="failed", bounced=True, stripe_refund_id="re_x")
    chosen = {"action": "paid_another_way", "_selected_action": [str(Refund.objects.get().id)]}
    staff.post(REFUNDS, chosen | {"reference": ""})
    assert Refund.objects.get().repaid_at is None
    staff.post(REFUNDS, chosen | {"reference": "SEPA 5"})
    assert Refund.objects.get().repaid_reference == "SEPA 5"


# cards, rules, customers


@pytest.mark.parametrize(
    ("model", "found", "unknown", "shows"),
    [
        ("card", "4242", "9999", ["Visa •••• 4242", "12/2034", "dashboard.stripe.com/test/payment_methods/pm_"]),
        ("topuprule", "acme", "xenon", ["below 50.00 credits", "€100.00", "€500.00", "Visa •••• 4242"]),
        ("stripecustomer", "olga@acme", "xena@", ["dashboard.stripe.com/test/customers/cus_"]),
    ],
)
def test_staff_find_them_and_change_nothing(
    staff: Client, automatic: Automatic, model: str, found: str, unknown: str, shows: list[str]
) -> None:
    automatic.charged()
    url = f"/admin/payments/{model}/"
    page = staff.get(url, {"q": found}).content.decode()
    assert [words for words in shows if words not in page] == []
    assert not any(words in staff.get(url, {"q": unknown}).content.decode() for words in shows)
    links = set(re.findall(r'href="(/admin/payments/[^"]*\?[^"]*exact=[^"]*)"', page))
    assert links
    for link in links:
        assert "0 results" not in staff.get(link.replace("&amp;", "&"), follow=False).content.decode()
    assert staff.get(f"{url}add/").status_code == 403


@pytest.mark.parametrize("model", ["card", "topuprule", "stripecustomer", "topup"])
def test_a_list_costs_the_same_however_long_it_is(
    staff: Client, automatic: Automatic, model: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    automatic.charged()
    url = f"/admin/payments/{model}/"
    staff.get(url)
    with CaptureQueriesContext(connection) as one:
        staff.get(url)
    for number in range(3):
        automatic.card()
        topup = automatic.topups.opened()
        organisation = Organisation.objects.create(name=f"More {number}", slug=f"more-{number}")
        facts = {"asked_at": timezone.now(), "name": "More", "email": "more@acme.example"}
        StripeCustomer.objects.create(organisation=organisation, **facts)
        rule = TopUpRule.objects.get(organisation=automatic.world.acme)
        rule.pk, rule.id, rule.organisation = None, uuid.uuid4(), organisation
        rule.save(force_insert=True)
    assert topup.state
    with django_assert_num_queries(len(one)):
        staff.get(url)


def test_members_do_not_see_the_lists(automatic: Automatic) -> None:
    for model in ("card", "topuprule", "stripecustomer"):
        assert automatic.world.client(automatic.world.olga).get(f"/admin/payments/{model}/").status_code == 302
