"""The simulator itself: a few small worlds, played again, and proof that it sees what it looks for."""

from collections.abc import Iterator

import psycopg
import pytest

from apps.ledger.services import accounts
from tests.simulation import steps
from tests.simulation.rogue import crimes_plan, let_loose
from tests.simulation.runner import Outcome, Run
from tests.simulation.scheduler import Scheduler
from tests.simulation.worker import own_world
from tests.simulation.world import Place, empty

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

ORG = "(SELECT id FROM ledger_account WHERE code LIKE 'org:%:{}' AND balance > 0 LIMIT 1)"
# What breaks each promise, behind the back of every guard.
BREACHES = {
    "1": "UPDATE ledger_entry SET amount = amount + 1 WHERE id = (SELECT max(id) FROM ledger_entry)",
    "2": "UPDATE ledger_account SET floor = balance + 1 WHERE id = " + ORG.format("available"),
    "3": "UPDATE billing_lot SET granted_micro = granted_micro + 1 WHERE topup_id IS NOT NULL",
    "4": "UPDATE billing_hold SET amount_micro = amount_micro + 1 WHERE state = 'open'",
    "5": "UPDATE billing_hold SET state = 'released' WHERE state = 'settled'",
    "6": "UPDATE billing_settlement SET cost_micro = cost_micro + 1",
    "7": "UPDATE ledger_transfer SET details = '{\"source\": \"x\"}' WHERE reason = 'settlement'",
    "8": "UPDATE ledger_account SET currency = 'EUR' WHERE code = 'network:spend'",
    "9": "UPDATE ledger_account SET balance = balance + 1 WHERE id = " + ORG.format("available"),
    "10": "UPDATE ledger_account SET code = replace(code, split_part(code, ':', 2), gen_random_uuid()::text) "
          "WHERE id = " + ORG.format("held"),
    "11": "UPDATE billing_invoice SET sequence = sequence + 9",
}  # fmt: skip


@pytest.fixture
def stage() -> Iterator[tuple[Scheduler, psycopg.Connection, list[Place]]]:
    with own_world(actors=4, free=False) as made:
        yield made
    empty()


def play(stage: tuple[Scheduler, psycopg.Connection, list[Place]], seed: int, operations: int) -> Outcome:
    scheduler, monitor, places = stage
    return Run(seed=seed, places=places, scheduler=scheduler, monitor=monitor).play(operations)


def breakable(monitor: psycopg.Connection, breach: str) -> bool:
    """Whether the worlds played so far left a row that the breach would change."""
    table, _, change = breach.removeprefix("UPDATE ").partition(" SET ")
    _, _, condition = change.partition(" WHERE ")
    found = monitor.execute(f"SELECT 1 FROM {table} WHERE {condition or 'true'} LIMIT 1").fetchone()
    return found is not None


def test_small_worlds_play_without_a_violation(stage) -> None:
    outcomes = [play(stage, seed, 150) for seed in range(3)]
    assert [outcome.violations for outcome in outcomes] == [[], [], []]
    assert sum(outcome.crashes for outcome in outcomes) > 0
    assert sum(outcome.repeats for outcome in outcomes) > 0


def test_a_seed_plays_the_same_way_again(stage) -> None:
    first, again = play(stage, 4, 80), play(stage, 4, 80)
    assert first.trace == again.trace


def test_whatever_breaks_a_promise_is_seen_by_the_question_after_each_act(stage) -> None:
    _, monitor, _ = stage
    worlds = iter(range(7, 20))  # ids are chance, and with them who waits for whom: a world may end without a hold
    while not all(breakable(monitor, breach) for breach in BREACHES.values()):
        assert play(stage, next(worlds), 400).violations == []
    assert steps.asked(monitor, after=0, paid={})[1] == []
    seen = {}
    for number, breach in BREACHES.items():
        with monitor.transaction(force_rollback=True):
            monitor.execute("SET LOCAL session_replication_role = replica")
            for check in (
                "ledger_account_floor",
                "hold_adds_up",
                "settlement_adds_up",
                "hold_counted",
                "hold_ends_once",
            ):
                table = monitor.execute(
                    "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", [check]
                ).fetchone()
                monitor.execute(f"ALTER TABLE {table[0]} DROP CONSTRAINT {check}")
            assert monitor.execute(breach).rowcount, f"nothing to break promise {number} with"
            seen[number] = {wrong.split()[0] for wrong in steps.asked(monitor, after=0, paid={})[1]}
    assert {number for number in BREACHES if number not in seen[number]} == set()


def test_a_lock_that_is_gone_is_found(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "LOCK", accounts.LOCK.replace("FOR NO KEY UPDATE", ""))
    assert any(play(stage, seed, 300).violations for seed in range(6))
    empty()


def test_each_guard_refuses_its_own_crime_and_one_that_is_gone_is_found(stage) -> None:
    _, monitor, _ = stage
    assert play(stage, 25, 300).violations == []
    crimes = crimes_plan(monitor)
    assert let_loose(monitor, crimes) == []
    with monitor.transaction(force_rollback=True):
        monitor.execute("ALTER TABLE billing_lot DROP CONSTRAINT lot_within_grant")
        monitor.execute("DROP TRIGGER ledger_entry_append_only ON ledger_entry")
        gone = let_loose(monitor, crimes)
    assert {one.split()[0] for one in gone} == {"check:lot_within_grant", "trigger:ledger_entry_append_only"}
