"""The audit sees where billing's rows and the books differ."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from apps.billing.audit import Mismatch, mismatches
from apps.billing.models import Hold, HoldLot, Lot, LotTake, Reversal, Settlement, Voucher
from apps.billing.services import (
    Purse,
    credits_move,
    dispute_open,
    hold_settle,
    voucher_make,
    voucher_redeem,
)
from apps.organisations.services import Actor
from tests.billing.money import CREDIT, NOW, grant, hold, member, topup
from tests.world import World


def test_the_audit_finds_nothing_when_all_is_well(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    hold(world.acme, 20, source="job:2:1")
    hold_settle(source="job:1:1", network_micro=5 * CREDIT, seconds=1, now=NOW)
    assert mismatches() == []


def test_the_audit_tells_which_figures_differ_and_by_how_much(world: World) -> None:
    lot = grant(world.acme, 100)
    hold(world.acme, 30)
    with transaction.atomic():
        Lot.objects.update(remaining_micro=F("remaining_micro") - 1)
        found = mismatches()
        transaction.set_rollback(True)
    assert [(m.subject, m.rows_micro, m.books_micro) for m in found] == [
        (f"org:{world.acme.id}:available", 69_999_999, 70_000_000),
        (f"lot {lot.id}", 30_000_000, 30_000_001),
    ]


def test_the_audit_sees_a_hold_that_ended_in_the_rows_only(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    with transaction.atomic():
        Hold.objects.update(state="released", ended_at=NOW, counted_micro=0)
        (found,) = mismatches()
        transaction.set_rollback(True)
    assert isinstance(found, Mismatch)
    assert (found.subject, found.rows_micro, found.books_micro) == (f"org:{world.acme.id}:held", 0, 30_000_000)


def test_the_audit_sees_a_settlement_that_its_lots_did_not_pay(world: World) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30)
    hold_settle(source="job:1:1", network_micro=5 * CREDIT, seconds=1, now=NOW)
    with transaction.atomic():
        HoldLot.objects.update(released_micro=F("released_micro") - 1)
        subjects = [found.subject for found in mismatches()]
        transaction.set_rollback(True)
    assert subjects[-1] == "hold job:1:1"
    assert Settlement.objects.get().cost_micro == 5_250_000


@pytest.mark.parametrize(
    ("break_it", "subject"),
    [
        (lambda: Lot.objects.exclude(project=None).update(remaining_micro=1), ":pot:"),
        (lambda: Reversal.objects.update(state="undone", ended_at=NOW), ":frozen"),
        (
            lambda: Reversal.objects.update(
                spent_micro=F("spent_micro") + 1, credits_micro=F("credits_micro") + 1
            ),
            ":owed",
        ),
        (lambda: LotTake.objects.filter(reason="reversed").update(amount_micro=1), "dispute dp"),
        (lambda: LotTake.objects.filter(reason="moved").update(amount_micro=1), "transfer move:"),
        (lambda: Voucher.objects.update(used=0), "voucher "),
    ],
)
def test_the_audit_sees_every_kind_of_row_that_tells_another_story(
    world: World, break_it: Callable[[], object], subject: str
) -> None:
    topup(world.acme)
    hold(world.acme, 100)
    credits_move(
        source=Purse(world.acme),
        target=Purse(world.acme, world.project),
        membership=member(world.acme, world.olga),
        micro=20 * CREDIT,
        key="m",
        actor=Actor.system(),
        now=NOW,
    )
    dispute_open(topup_id="t1", gross_minor=12_100, key="dp", reason="x", now=NOW)
    grant(world.acme, 20)
    _, code = voucher_make(
        staff_id=world.olga.pk, micro=CREDIT, limit=2, expires_at=NOW + timedelta(1), reason="x", now=NOW
    )
    voucher_redeem(membership=member(world.acme, world.olga), code=code, actor=Actor.system(), now=NOW)
    assert mismatches() == []
    with transaction.atomic():
        break_it()
        subjects = [found.subject for found in mismatches()]
        transaction.set_rollback(True)
    assert [found for found in subjects if subject in found]
