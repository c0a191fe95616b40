"""The audit sees where billing's rows and the books differ."""

from django.db import transaction
from django.db.models import F

from apps.billing.audit import Mismatch, mismatches
from apps.billing.models import Hold, HoldLot, Lot, Settlement
from apps.billing.services import hold_settle
from tests.billing.money import CREDIT, NOW, grant, hold
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
