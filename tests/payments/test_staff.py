"""Staff see what is parked, and may try it again."""

from typing import Any

import pytest
from django.test import Client

from apps.core.models import Message
from apps.payments.models import StripeEvent, TopUp
from apps.users.models import User
from tests.checkout import Checkout
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
