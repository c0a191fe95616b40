"""Vouchers: who may redeem them, how often, and how long one may guess."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from apps.billing.errors import AmountInvalid, TooManyGuesses, VoucherRefused
from apps.billing.models import Lot, Voucher
from apps.billing.selectors import wallet
from apps.billing.services import voucher_make, voucher_redeem, voucher_withdraw
from apps.core.errors import AppError, Conflict, Denied
from apps.organisations.models import AuditEvent, Organisation
from apps.organisations.services import Actor
from apps.users.models import User
from tests.billing.money import CREDIT, NOW, member
from tests.world import World

WEEK = timedelta(days=7)


def made(world: World, **wishes: Any) -> str:
    """Make a voucher of 25 credits and return its code."""
    facts = {"micro": 25 * CREDIT, "limit": 1, "expires_at": NOW + WEEK, "reason": "fair in Berlin", **wishes}
    return voucher_make(staff_id=world.olga.pk, now=NOW, **facts)[1]


def redeem(
    world: World, code: str, *, by: User | None = None, at: Organisation | None = None, address: str = ""
) -> Lot:
    membership = member(at or world.acme, by or world.bea)
    actor = Actor(kind="person", user=membership.user, address=address)
    return voucher_redeem(membership=membership, code=code, actor=actor, now=NOW)


def test_a_voucher_brings_its_credits_as_a_lot_that_expires(world: World) -> None:
    lot = redeem(world, made(world, credit_days=30))
    assert (lot.kind, lot.remaining_micro, lot.expires_at) == ("voucher", 25 * CREDIT, NOW + timedelta(days=30))
    assert wallet(world.acme.id).available_micro == 25 * CREDIT
    assert AuditEvent.objects.filter(organisation=world.acme, act="voucher.redeemed").count() == 1


def test_a_code_is_read_as_people_type_it(world: World) -> None:
    code = made(world, code="Welcome-2026")
    assert code == "WELC-OME2-026"
    assert redeem(world, " welcome 2026 ").remaining_micro == 25 * CREDIT


def test_the_code_itself_is_kept_nowhere(world: World) -> None:
    code = made(world)
    (row,) = Voucher.objects.values()
    assert len(code) == 19
    assert code.replace("-", "") not in str(row)
    assert row["hint"] == code[:4]


def test_an_organisation_redeems_a_voucher_once(world: World) -> None:
    code = made(world, limit=5)
    redeem(world, code)
    with pytest.raises(VoucherRefused, match="Acme redeemed this voucher on 2 November 2026; it works once"):
        redeem(world, code, by=world.olga)
    redeem(world, code, by=world.xena, at=world.other)
    assert Voucher.objects.get().used == 2


@pytest.mark.parametrize("state", ["used up", "expired", "withdrawn"])
def test_a_voucher_that_is_over_says_why(world: World, state: str) -> None:
    code = made(world)
    if state == "used up":
        redeem(world, code, by=world.xena, at=world.other)
    if state == "expired":
        Voucher.objects.update(expires_at=NOW)
    if state == "withdrawn":
        voucher_withdraw(voucher=Voucher.objects.get(), now=NOW)
    sentence = {"used up": "as often as it can", "expired": "until 2 November", "withdrawn": "was withdrawn"}[
        state
    ]
    with pytest.raises(VoucherRefused, match=sentence):
        redeem(world, code)
    assert wallet(world.acme.id).available_micro == 0


def test_those_who_may_not_manage_billing_redeem_nothing(world: World) -> None:
    code = made(world)
    for person in (world.mia, world.victor):
        with pytest.raises(Denied):
            redeem(world, code, by=person)
    assert Voucher.objects.get().used == 0


@pytest.mark.parametrize("code", ["", "\0", "🎟" * 300, "x" * 10_000, "\ud800", "'; --"])
def test_what_is_no_code_gets_a_sentence(world: World, code: str) -> None:
    with pytest.raises(VoucherRefused, match="typing errors"):
        redeem(world, code)


def test_guessing_ends_after_ten_codes_for_organisation_person_and_address(world: World) -> None:
    for number in range(10):
        with pytest.raises(VoucherRefused):
            redeem(world, f"GUESS{number:04}", address="192.0.2.1")
    good = made(world)
    for by, at, address in (
        (world.olga, world.acme, "192.0.2.2"),  # the same organisation
        (world.xena, world.other, "192.0.2.1"),  # the same address
    ):
        with pytest.raises(TooManyGuesses, match="in an hour"):
            redeem(world, good, by=by, at=at, address=address)
    assert redeem(world, good, by=world.xena, at=world.other, address="192.0.2.9").remaining_micro == 25 * CREDIT


@pytest.mark.parametrize(
    ("wishes", "error", "sentence"),
    [
        ({"micro": 0}, AmountInvalid, "positive amount"),
        ({"micro": 10**18}, AmountInvalid, "positive amount"),
        ({"limit": 0}, AmountInvalid, "at least once"),
        ({"credit_days": 0}, AmountInvalid, "at least a day"),
        ({"expires_at": NOW}, AppError, "expired already"),
        ({"reason": " "}, AppError, "Say why"),
        ({"code": "short"}, AppError, "8 to 40 letters"),
        ({"code": "WELCOME\0!"}, AppError, "8 to 40 letters"),
    ],
)
def test_a_voucher_that_makes_no_sense_is_not_made(
    world: World, wishes: dict[str, Any], error: type[AppError], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        made(world, **wishes)
    assert not Voucher.objects.exists()


def test_a_wished_code_is_given_once(world: World) -> None:
    made(world, code="WELCOME2026")
    with pytest.raises(Conflict, match="choose another"):
        made(world, code="welcome-2026")


def test_redeeming_takes_a_known_number_of_queries(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    redeem(world, made(world), by=world.xena, at=world.other)
    code, membership = made(world), member(world.acme, world.bea)
    with django_assert_num_queries(19):
        voucher_redeem(membership=membership, code=code, actor=Actor.system(), now=NOW)
