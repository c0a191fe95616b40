"""Staff make and withdraw vouchers, and confirm prices that jumped."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.billing.models import Jump, Lot, Voucher
from apps.billing.services import voucher_redeem
from apps.organisations.services import Actor
from apps.users.models import User
from tests.billing.money import CREDIT, member
from tests.world import World

VOUCHERS, JUMPS = "/admin/billing/voucher/", "/admin/billing/jump/"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@nosana-web.example"))
    return client


def make(staff: Client, **more: str) -> str:
    """Send the form and return the page that follows."""
    tomorrow = timezone.now() + timedelta(days=1)
    body = {
        "credits": "12.5",
        "limit": "2",
        "expires_at_0": tomorrow.strftime("%Y-%m-%d"),
        "expires_at_1": "12:00:00",
        "credit_days": "30",
        "reason": "fair in Berlin",
        "code": "",
        **more,
    }
    return staff.post(VOUCHERS + "add/", body, follow=True).content.decode()


def test_staff_make_a_voucher_and_read_its_code_once(staff: Client, world: World) -> None:
    found = re.search(r"The code is ([A-Z0-9-]+)\.", make(staff))
    assert found
    assert found[1] not in staff.get(VOUCHERS).content.decode()
    voucher = Voucher.objects.get()
    assert (voucher.micro, voucher.limit, voucher.reason) == (12_500_000, 2, "fair in Berlin")
    assert str(voucher.created_by) == "staff@nosana-web.example"
    membership = member(world.acme, world.bea)
    voucher_redeem(membership=membership, code=found[1], actor=Actor.system(), now=timezone.now())
    assert Lot.objects.get().remaining_micro == 12_500_000


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("credits", "0", "positive amount"),
        ("limit", "0", "at least once"),
        ("expires_at_0", "2020-01-01", "expired already"),
        ("reason", "", "required"),
        ("code", "short", "8 to 40 letters"),
    ],
)
def test_a_voucher_that_makes_no_sense_is_not_made(staff: Client, field: str, value: str, sentence: str) -> None:
    assert sentence in make(staff, **{field: value})
    assert not Voucher.objects.exists()


def test_staff_withdraw_a_voucher(staff: Client) -> None:
    make(staff)
    voucher = Voucher.objects.get()
    staff.post(VOUCHERS, {"action": "withdraw", "_selected_action": [str(voucher.pk)]})
    voucher.refresh_from_db()
    assert voucher.withdrawn_at is not None


def test_staff_confirm_a_jump_once_and_their_name_is_kept(staff: Client) -> None:
    jump = Jump.objects.create(before_nano=CREDIT, after_nano=2 * CREDIT, source="pyth", opened_at=timezone.now())
    body = {"action": "confirm", "_selected_action": [str(jump.pk)]}
    assert "is confirmed" in staff.post(JUMPS, body, follow=True).content.decode()
    assert "ended already" in staff.post(JUMPS, body, follow=True).content.decode()
    jump.refresh_from_db()
    assert str(jump.confirmed_by) == "staff@nosana-web.example"


def test_staff_read_above_the_rates_what_is_not_sold(staff: Client) -> None:
    assert "NOS has never been priced in EUR" in staff.get("/admin/billing/rate/").content.decode()
    assert staff.get("/admin/billing/reading/").status_code == 200


def test_customers_do_not_get_there(world: World) -> None:
    assert world.client(world.olga).get(VOUCHERS).status_code == 302
